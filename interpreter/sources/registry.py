"""Which normaliser reads which type of source, and the way from bytes to members.

Responsible for the table of source types; a new sender is one module and one line here. Pure:
bodies come in as bytes, and nothing here knows where from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from interlock.interpreter.sources.alertmanager import normalise_alertmanager
from interlock.interpreter.sources.cloudevents import normalise_cloudevents, structured
from interlock.interpreter.sources.cloudwatch import normalise_cloudwatch
from interlock.interpreter.sources.datadog import normalise_datadog
from interlock.interpreter.sources.delivery import Members, Problem, ProblemCode
from interlock.interpreter.sources.grafana import normalise_grafana
from interlock.interpreter.sources.ingest import normalise_event, normalise_ingest
from interlock.interpreter.sources.json_map import add_mapped, normalise_json
from interlock.interpreter.sources.otlp import normalise_otlp
from interlock.interpreter.sources.pagerduty import normalise_pagerduty
from interlock.interpreter.sources.pagerduty_events import normalise_pagerduty_events
from interlock.interpreter.sources.profile import SourceProfile
from interlock.interpreter.sources.sentry import normalise_sentry
from interlock.interpreter.sources.strict_json import decode_json
from interlock.schemas import source_maps

EVENT_BYTES_MAX: Final = 2**20
"""What a bare `POST /ingest` reads, in bytes."""

DELIVERY_BYTES_MAX: Final = 2**24
"""What a sender's delivery may hold, in bytes."""

MEDIA_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "cloudevents": frozenset(
        {"application/cloudevents+json", "application/cloudevents-batch+json"}
    ),
    "cloudwatch": frozenset({"text/plain"}),
}
"""What a type of source sends beside `application/json`. SNS says text/plain and sends JSON."""

_CLOUDEVENTS: Final = "cloudevents"

Normaliser = Callable[[Any, SourceProfile], Members | Problem]

NORMALISERS: Final[Mapping[str, Normaliser]] = {
    "alertmanager": normalise_alertmanager,
    "cloudevents": normalise_cloudevents,
    "cloudwatch": normalise_cloudwatch,
    "datadog": normalise_datadog,
    "grafana": normalise_grafana,
    "ingest": normalise_ingest,
    "json": normalise_json,
    "otlp": normalise_otlp,
    "pagerduty": normalise_pagerduty,
    "pagerduty-events": normalise_pagerduty_events,
    "sentry": normalise_sentry,
}
"""The senders we read by hand. The shipped maps are read as `json`, by their expressions."""


def read_event(data: bytes, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a bare `POST /ingest` body, or the problem with it."""
    body = decode_json(data, bytes_max=EVENT_BYTES_MAX)
    if isinstance(body, Problem):
        return body
    member = normalise_event(body, profile)
    return member if isinstance(member, Problem) else (member,)


def read_delivery(
    data: bytes,
    profile: SourceProfile,
    *,
    headers: Iterable[tuple[str, str]] = (),
    bytes_max: int = DELIVERY_BYTES_MAX,
) -> Members | Problem:
    """Return the members of what a sender sent, or the problem with all of it.

    `headers` are the request's: a CloudEvent may have its attributes there.
    """
    body = decode_json(data, bytes_max=bytes_max)
    if isinstance(body, Problem):
        return body
    return normalise(structured(headers, body) if profile.type == _CLOUDEVENTS else body, profile)


def normalise(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the members of a decoded body, by the source's type."""
    normaliser = NORMALISERS.get(profile.type)
    if normaliser is None and profile.type in source_maps():
        normaliser = normalise_json
    if normaliser is None:
        known = ", ".join(sorted({*NORMALISERS, *source_maps()}))
        detail = f"source {profile.name} is of type {profile.type}; this version reads only {known}"
        return Problem(ProblemCode.NOT_AN_EVENT, detail)
    members = normaliser(body, profile)
    if normaliser is normalise_json or not profile.is_mapped or isinstance(members, Problem):
        return members
    return tuple(add_mapped(member, profile, body) for member in members)
