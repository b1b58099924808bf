"""Alerts of a key that are in no incident: the state of a group's stream.

Those that were suppressed and still fire are held, those too few to open an incident are counted
(`counting.py`), and of those that were resolved before anything else was heard of them the episode
is remembered. Rules of this file: a pure fold of the stream's records. An alert is held under its
(source, fingerprint) with all that is needed to route it again, and has a durable timer for that; a
resolved one is held no more. At most `HELD_MAX` alerts of a group are held; a group has one
incident, so the alert that opens it brings the others back as they repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_counting as cc
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.counting import next_end
from interlock.interpreter.core.event import (
    CountedAlert,
    Event,
    EventInput,
    Instant,
    Suppressor,
    TimerInput,
)
from interlock.interpreter.core.incident import member_key
from interlock.interpreter.core.record import Notify, Record
from interlock.interpreter.core.suppression import say_why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.core.event import Facts, Input

T = TypeVar("T")

GROUP_PREFIX = "group/"
HELD_MAX = 500
RECHECK_NS = 6 * 3_600_000_000_000
"""How long at most until it is looked at again whether something is still suppressed.

Silences whose end is known are looked at then; this is for what ends otherwise: a rulebook without
the silence, a lost race between two nodes.
"""
HELD = "held/"
"""How the timers of held alerts are named, before the alert's name."""
WINDOW = "window"
"""The timer of the next end of a counted alert's window."""
OVER_MAX = 100
"""How many episodes are remembered that ended before anything else was heard of them."""


class Held(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A suppressed alert: what it last said, when, and when it is routed again."""

    event: Event
    at: Instant
    by: Suppressor
    due: Instant


class Holding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fold of a group's stream, each by `source/fingerprint`.

    Attributes:
        held: Alerts that are suppressed.
        counted: Alerts too few to open an incident, until their window ends.
        over: The start of the last episode that was over before anything else was heard of it.
    """

    held: Mapping[str, Held] = {}
    counted: Mapping[str, CountedAlert] = {}
    over: Mapping[str, Instant] = {}

    @property
    def timers(self) -> dict[str, Instant]:
        """The deadlines of the timers it needs, by name."""
        timers = {HELD + member: held.due for member, held in self.held.items()}
        end = next_end(self.counted)
        return timers if end is None else {**timers, WINDOW: end}


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
    return replace(holding, held={**holding.held, change.member: held})


def _release(holding: Holding, change: cs.AlertReleased, _record: Record) -> Holding:
    return replace(holding, held=_without(holding.held, change.member))


def _count(holding: Holding, change: cc.BelowThreshold, record: Record) -> Holding:
    counted = CountedAlert(
        event=change.event,
        at=record.at,
        due=change.due,
        threshold=change.threshold,
        inhibits=change.inhibits,
        inhibited_at=change.inhibited_at,
    )
    return replace(holding, counted={**holding.counted, change.member: counted})


def _end_count(holding: Holding, change: cc.CountEnded, _record: Record) -> Holding:
    return replace(holding, counted=_without(holding.counted, change.member))


def _end_all_counts(holding: Holding, _change: cc.ThresholdMet, _record: Record) -> Holding:
    return replace(holding, counted={})


def _end_episode(holding: Holding, change: cc.EpisodeOver, _record: Record) -> Holding:
    start = max(change.starts_at, holding.over.get(change.member, change.starts_at))
    over = {**holding.over, change.member: start}
    if len(over) > OVER_MAX:
        del over[min(over, key=lambda name: (over[name], name))]
    return replace(holding, over=over)


def _without(members: Mapping[str, T], member: str) -> Mapping[str, T]:
    return {name: one for name, one in members.items() if name != member}


_FOLDS: dict[type, Callable[[Holding, Any, Record], Holding]] = {
    cs.AlertHeld: _hold,
    cs.AlertReleased: _release,
    cc.BelowThreshold: _count,
    cc.CountEnded: _end_count,
    cc.ThresholdMet: _end_all_counts,
    cc.EpisodeOver: _end_episode,
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
        if member in holding.counted:
            changes.append(cc.CountEnded(member=member, reason="is suppressed"))
    else:
        reason += f"; {HELD_MAX} others of its group are kept, this one counts when it repeats"
    return group_record(
        place,
        EventInput(event),
        facts,
        "suppressed",
        [c.Suppressed(reason=reason), *changes, *suppression_errors(facts)],
    )


def let_resolve(holding: Holding, place: Place, event: Event, facts: Facts) -> Record | None:
    """Record that a held or counted alert is resolved; None where there is no such alert.

    Nothing of it is left to route, and it counts no more.
    """
    member = member_key(event.source, event.fingerprint or "")
    held, counted = holding.held.get(member), holding.counted.get(member)
    changes: list[c.Change] = []
    if held is not None:
        released = cs.AlertReleased(member=member, reason="is resolved")
        was = say_why(held.by)
        changes += [c.Suppressed(reason=f"is resolved; it was {was}"), released]
    if counted is not None and _ends(counted.event, event):
        ended = cc.CountEnded(member=member, reason="is resolved before enough others came")
        if held is None:
            changes.append(c.Suppressed(reason=ended.reason))
        changes.append(ended)
    if not changes:
        return None
    changes += episode_over(event)
    return group_record(place, EventInput(event), facts, "suppressed", changes)


def _ends(known: Event, event: Event) -> bool:
    """Tell whether a resolve speaks of a counted alert's episode, or a later one."""
    if known.starts_at is None or event.starts_at is None:
        return True
    return known.starts_at <= event.starts_at


def episode_over(event: Event) -> tuple[cc.EpisodeOver, ...]:
    """Return what is remembered of a resolve, in case its firing was overtaken on its way."""
    if not event.is_resolved_alert or event.starts_at is None:
        return ()
    member = member_key(event.source, event.fingerprint or "")
    return (cc.EpisodeOver(member=member, starts_at=event.starts_at),)


def hold_on(place: Place, input_: Input, member: str, by: Suppressor, facts: Facts) -> Record:
    """Record that a held alert is still suppressed, by the same or by another."""
    due = next_look(by, place.at)
    changes = [*timer_fired(place, input_), cs.AlertHeld(member=member, by=by, due=due)]
    return group_record(place, input_, facts, "applied", [*changes, c.Noted(reason=say_why(by))])


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
        *timer_fired(place, input_),
        *([raised] if is_silence else []),
        cs.AlertReleased(member=member, reason=reason),
    ]
    return replace(group_record(place, input_, facts, "applied", changes), effects=effects)


def ended(by: Suppressor) -> str:
    """Say that a silence or an inhibition is over."""
    return f"{by.name} has ended"


def next_look(by: Suppressor, now: Instant) -> Instant:
    """Return when to look again whether something is still suppressed."""
    latest = now + RECHECK_NS
    return latest if by.until is None else min(max(by.until, now + 1), latest)


def timer_fired(place: Place, input_: Input) -> list[c.Change]:
    """Return how late a timer fired, where it is one that leads to a record."""
    if not isinstance(input_, TimerInput):
        return []
    late = max(place.at - input_.due, 0)
    return [c.TimerFired(name=input_.name, due=input_.due, late_ns=late)]


def suppression_errors(facts: Facts) -> list[c.Change]:
    """Say which silences and inhibitions could not be asked."""
    return [c.Noted(reason=f"guard error, {error}") for error in facts.suppression_errors]


def group_record(
    place: Place, input_: Input, facts: Facts, disposition: str, changes: Sequence[c.Change]
) -> Record:
    """Return a record of a group's stream."""
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
