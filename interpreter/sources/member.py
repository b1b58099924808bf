"""One member of a delivery, from what its normaliser read.

Responsible for the last step that all normalisers share: a payload in our words becomes an event,
and the sender's own object is kept beside it, whole. Never raises for a JSON value.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.sources.delivery import Normalised, Problem, ProblemCode
from interlock.interpreter.sources.fields import kind_of, shortened
from interlock.interpreter.sources.ingest import normalise_payload

if TYPE_CHECKING:
    from interlock.interpreter.sources.profile import SourceProfile

FIRING: Final = "alert.triggered"
RESOLVED: Final = "alert.resolved"
UPDATED: Final = "alert.updated"
"""Says more of an alert that fires (acknowledged, assigned); opens nothing."""


def make_member(
    type_: str,
    payload: dict[str, Any],
    alert: Any,
    profile: SourceProfile,
    *,
    index: int = 0,
    remarks: list[str] | None = None,
) -> Normalised:
    """Return the event of a payload in our words; `alert` is what the sender sent, to be kept.

    Members of the payload that are None count as not given.
    """
    given = {name: value for name, value in payload.items() if value is not None}
    member = normalise_payload(type_, given, profile, index)
    raw = encode(alert)
    event = replace(
        member.event,
        raw=hashlib.sha256(raw).hexdigest(),
        remarks=shortened([*(remarks or ()), *member.event.remarks]),
    )
    return Normalised(event, raw)


def no_event(detail: str, alert: Any, index: int = 0) -> Problem:
    """Return the problem with a member that is no event; it is put aside as it came."""
    return Problem(ProblemCode.NOT_AN_EVENT, detail, encode(alert), index)


def no_object(alert: Any, index: int = 0) -> Problem:
    """Return the problem with a member that is not even an object."""
    return no_event(f"an alert is a JSON object, this is {kind_of(alert)}", alert, index)


def no_delivery(detail: str) -> Problem:
    """Return the problem with a whole body."""
    return Problem(ProblemCode.NOT_AN_EVENT, detail)
