"""What enters the engine and what comes back.

Rules of this file: values only. A delivery is one HTTP body or one message: it is answered when
every item of it is recorded. An arrival is one input of it; each item gets its own disposition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.change import Rejected, Suppressed, Transitioned, Unmatched
from interlock.interpreter.core.change_counting import BelowThreshold
from interlock.interpreter.core.event import Input

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Decision, Record


class Arrival(Struct, frozen=True, kw_only=True):
    """One input on its way to a decision.

    Attributes:
        actor: Principal or component that sent it; recorded.
        stream: The stream it is for, where that is known: a timer's, an outcome's, or the incident
            that a person addressed. None: to be found by id and correlation key.
        raw: The delivery's payload bytes, kept beside the journal under their SHA-256.
    """

    input: Input
    actor: str
    stream: str | None = None
    raw: bytes | None = None


class PutAside(Struct, frozen=True):
    """A member of a delivery that is no event: kept in quarantine with the reason."""

    actor: str
    reason: str
    raw: bytes
    index: int = 0


class EffectEnded(Struct, frozen=True):
    """An effect that is over and that no incident needs to hear of."""

    key: str
    status: str
    detail: str | None = None


Item = Arrival | PutAside | EffectEnded


class Answer(Struct, frozen=True, kw_only=True):
    """What became of an arrival, once it is recorded.

    Attributes:
        stream: Where it is recorded; None for what went to quarantine or had nothing to record.
        transitions: Those the incident made, in order.
        reason: Why it was not applied, where it was not.
    """

    disposition: str
    incident: str | None = None
    stream: str | None = None
    revision: int | None = None
    transitions: tuple[Transitioned, ...] = ()
    reason: str | None = None


class RefusedError(Exception):
    """The engine did not take a delivery; nothing of it is recorded and it may come again."""


class OverloadedError(RefusedError):
    """More waits already than may wait."""


class DrainingError(RefusedError):
    """The daemon is stopping."""


def answer_for(decision: Decision) -> Answer:
    """Return the answer that a decision gives once its records are committed."""
    if not decision.records:
        return Answer(disposition=decision.disposition)
    record = decision.records[0]
    incident = decision.incident.id if decision.incident is not None else None
    return Answer(
        disposition=decision.disposition,
        incident=incident,
        stream=record.stream,
        revision=record.revision,
        transitions=tuple(c for c in record.changes if isinstance(c, Transitioned)),
        reason=_reason(record) if decision.disposition != "applied" else None,
    )


_REASONED = Rejected | Suppressed | Unmatched | BelowThreshold


def _reason(record: Record) -> str | None:
    reasons = (c.reason for c in record.changes if isinstance(c, _REASONED))
    return next(reasons, None)
