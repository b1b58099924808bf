"""Which normaliser reads which type of source, and the way from bytes to members.

Responsible for the table of source types; a new sender is one module and one line here. Pure:
bodies come in as bytes, and nothing here knows where from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from interlock.interpreter.sources.alertmanager import normalise_alertmanager
from interlock.interpreter.sources.delivery import Members, Problem, ProblemCode
from interlock.interpreter.sources.ingest import normalise_event, normalise_ingest
from interlock.interpreter.sources.json_map import normalise_json
from interlock.interpreter.sources.profile import SourceProfile
from interlock.interpreter.sources.strict_json import decode_json

EVENT_BYTES_MAX: Final = 2**20
"""What a bare `POST /ingest` reads, in bytes."""

DELIVERY_BYTES_MAX: Final = 2**24
"""What a sender's delivery may hold, in bytes."""

Normaliser = Callable[[Any, SourceProfile], Members | Problem]

NORMALISERS: Final[Mapping[str, Normaliser]] = {
    "alertmanager": normalise_alertmanager,
    "ingest": normalise_ingest,
    "json": normalise_json,
}


def read_event(data: bytes, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a bare `POST /ingest` body, or the problem with it."""
    body = decode_json(data, bytes_max=EVENT_BYTES_MAX)
    if isinstance(body, Problem):
        return body
    member = normalise_event(body, profile)
    return member if isinstance(member, Problem) else (member,)


def read_delivery(
    data: bytes, profile: SourceProfile, *, bytes_max: int = DELIVERY_BYTES_MAX
) -> Members | Problem:
    """Return the members of what a sender sent, or the problem with all of it."""
    body = decode_json(data, bytes_max=bytes_max)
    return body if isinstance(body, Problem) else normalise(body, profile)


def normalise(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the members of a decoded body, by the source's type."""
    normaliser = NORMALISERS.get(profile.type)
    if normaliser is None:
        known = ", ".join(sorted(NORMALISERS))
        detail = f"source {profile.name} is of type {profile.type}; this version reads only {known}"
        return Problem(ProblemCode.NOT_AN_EVENT, detail)
    return normaliser(body, profile)
