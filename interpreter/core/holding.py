"""Alerts that were suppressed and still fire: the state of a group's stream.

Rules of this file: a pure fold of the stream's records. An alert is held under its (source,
fingerprint) with all that is needed to route it again, and has a durable timer for that; a resolved
one is held no more. At most `HELD_MAX` alerts of a group are held; a group has one incident, so the
alert that opens it brings the others back as they repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.event import Event, EventInput, Instant, Suppressor, TimerInput
from interlock.interpreter.core.incident import member_key
from interlock.interpreter.core.record import Notify, Record
from interlock.interpreter.core.suppression import say_why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.core.event import Facts, Input

GROUP_PREFIX = "group/"
HELD_MAX = 500
RECHECK_NS = 6 * 3_600_000_000_000
"""How long at most until it is looked at again whether something is still suppressed.

Silences whose end is known are looked at then; this is for what ends otherwise: a rulebook without
the silence, a lost race between two nodes.
"""
HELD = "held/"
"""How the timers of held alerts are named, before the alert's name."""


class Held(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A suppressed alert: what it last said, when, and when it is routed again."""

    event: Event
    at: Instant
    by: Suppressor
    due: Instant


class Holding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fold of a group's stream: what is held, by `source/fingerprint`."""

    held: Mapping[str, Held] = {}

    @property
    def timers(self) -> dict[str, Instant]:
        """The deadlines of the timers it needs, by name."""
        return {HELD + member: held.due for member, held in self.held.items()}


def apply_holding(holding: Holding | None, record: Record) -> Holding:
    """Fold one record of a group's stream."""
    holding = holding or Holding()
    for change in record.changes:
        fold = _FOLDS.get(type(change))
        if fold is not None:
            holding = fold(holding, change, record)
    return holding


def _hold(holding: Holding, change: cs.AlertHeld, record: Record) -> Holding:
    known = holding.held.get(change.member)
    if change.event is not None:
        held = Held(event=change.event, at=record.at, by=change.by, due=change.due)
    elif known is not None:
        held = replace(known, by=change.by, due=change.due)
    else:
        return holding
    return Holding(held={**holding.held, change.member: held})


def _release(holding: Holding, change: cs.AlertReleased, _record: Record) -> Holding:
    return Holding(held={n: held for n, held in holding.held.items() if n != change.member})


_FOLDS: dict[type, Callable[[Holding, Any, Record], Holding]] = {
    cs.AlertHeld: _hold,
    cs.AlertReleased: _release,
}

_decoder = msgspec.json.Decoder(Holding)


def decode_holding(data: bytes) -> Holding:
    """Read the bytes of a group's head; raises DamagedBytesError."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"a group's head cannot be read: {error}") from error


class Place(Struct, frozen=True, kw_only=True):
    """Where in the journal a record will stand, and when and by whom it is made."""

    stream: str
    revision: int
    at: Instant
    actor: str


def hold(holding: Holding, place: Place, event: Event, by: Suppressor, facts: Facts) -> Record:
    """Record a firing alert that opens nothing now, and keep it to be routed again."""
    member = member_key(event.source, event.fingerprint or "")
    reason = say_why(by)
    changes: list[c.Change] = []
    if member in holding.held or len(holding.held) < HELD_MAX:
        due = next_look(by, place.at)
        changes.append(cs.AlertHeld(member=member, event=event, by=by, due=due))
    else:
        reason += f"; {HELD_MAX} others of its group are kept, this one counts when it repeats"
    return _record(
        place,
        EventInput(event),
        facts,
        "suppressed",
        [c.Suppressed(reason=reason), *changes, *_errors(facts)],
    )


def let_resolve(holding: Holding, place: Place, event: Event, facts: Facts) -> Record:
    """Record that a held alert is resolved: nothing of it is left to route."""
    member = member_key(event.source, event.fingerprint or "")
    reason = f"is resolved; it was {say_why(holding.held[member].by)}"
    released = cs.AlertReleased(member=member, reason="is resolved")
    changes = (c.Suppressed(reason=reason), released)
    return _record(place, EventInput(event), facts, "suppressed", changes)


def hold_on(place: Place, input_: Input, member: str, by: Suppressor, facts: Facts) -> Record:
    """Record that a held alert is still suppressed, by the same or by another."""
    due = next_look(by, place.at)
    changes = [*_fired(place, input_), cs.AlertHeld(member=member, by=by, due=due)]
    return _record(place, input_, facts, "applied", [*changes, c.Noted(reason=say_why(by))])


def let_go(
    place: Place,
    input_: Input,
    held: Held,
    reason: str,
    facts: Facts,
    *,
    effects: tuple[Notify, ...] = (),
) -> Record:
    """Record that a held alert is routed again, or that there is no need to."""
    member = member_key(held.event.source, held.event.fingerprint or "")
    raised = c.Raised(type="silence.ended", reason=ended(held.by))
    is_silence = held.by.name.startswith("silence")
    changes = [
        *_fired(place, input_),
        *([raised] if is_silence else []),
        cs.AlertReleased(member=member, reason=reason),
    ]
    return replace(_record(place, input_, facts, "applied", changes), effects=effects)


def ended(by: Suppressor) -> str:
    """Say that a silence or an inhibition is over."""
    return f"{by.name} has ended"


def next_look(by: Suppressor, now: Instant) -> Instant:
    """Return when to look again whether something is still suppressed."""
    latest = now + RECHECK_NS
    return latest if by.until is None else min(max(by.until, now + 1), latest)


def _fired(place: Place, input_: Input) -> list[c.Change]:
    if not isinstance(input_, TimerInput):
        return []
    late = max(place.at - input_.due, 0)
    return [c.TimerFired(name=input_.name, due=input_.due, late_ns=late)]


def _errors(facts: Facts) -> list[c.Change]:
    return [c.Noted(reason=f"guard error, {error}") for error in facts.suppression_errors]


def _record(
    place: Place, input_: Input, facts: Facts, disposition: str, changes: Sequence[c.Change]
) -> Record:
    return Record(
        stream=place.stream,
        revision=place.revision,
        at=place.at,
        actor=place.actor,
        input=input_,
        facts=facts,
        disposition=disposition,
        changes=tuple(changes),
    )
