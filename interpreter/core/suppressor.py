"""What one inhibition or one operator's silence suppresses: the state of a suppressor's stream.

An inhibition has such a stream for each set of equal labels, with the alerts that fire and suppress
others; an operator's silence has one for what it holds. So who asks whether an alert is inhibited
reads one head, and what ends is found by what it suppressed; the store's revision check keeps two
nodes from missing each other. Rules of this file: a pure fold; bounded by `LISTED_MAX`, beyond
which what is suppressed is looked at again in its own time (`holding.RECHECK_NS`).
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
from interlock.interpreter.core.event import Facts, Instant, Suppressor, TimerInput
from interlock.interpreter.core.incident import Incident, member_key
from interlock.interpreter.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interlock.interpreter.core.event import Input
    from interlock.interpreter.core.holding import Place

LISTED_MAX = 1000
RELEASE = "release/"
"""How the timers by which things are let go are named, before what is let go."""


class Inhibitor(Struct, frozen=True):
    """An alert that fires in an open incident and suppresses others, by a rule of that name."""

    incident: str
    rule: str


class Suppressing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fold of a suppressor's stream.

    Attributes:
        inhibitors: Alerts that fire and suppress others, by `source/fingerprint`.
        held: What is suppressed: the stream that holds it, by `source/fingerprint` or incident.
        ended_at: Since when nothing is suppressed any more; what is held is being let go.
    """

    inhibitors: Mapping[str, Inhibitor] = {}
    held: Mapping[str, str] = {}
    ended_at: Instant | None = None

    @property
    def timers(self) -> dict[str, Instant]:
        """The deadlines of the timers it needs, by name."""
        if self.ended_at is None:
            return {}
        return {RELEASE + name: self.ended_at for name in self.held}

    def inhibits(self, stream: str, member: str) -> Suppressor | None:
        """Return what suppresses an alert here; it never is the alert itself."""
        for name, inhibitor in self.inhibitors.items():
            if name != member:
                reason = f"{name} of {inhibitor.incident}"
                return Suppressor(name=inhibitor.rule, reason=reason, stream=stream)
        return None


def apply_suppressing(state: Suppressing | None, record: Record) -> Suppressing:
    """Fold one record of a suppressor's stream."""
    state = state or Suppressing()
    for change in record.changes:
        fold = _FOLDS.get(type(change))
        if fold is not None:
            state = fold(state, change, record)
    return state


def _inhibitor(state: Suppressing, change: cs.InhibitorChanged, record: Record) -> Suppressing:
    inhibitors = {name: one for name, one in state.inhibitors.items() if name != change.member}
    if change.to == "firing":
        inhibitors[change.member] = Inhibitor(change.incident, change.rule)
        return replace(state, inhibitors=inhibitors, ended_at=None)
    return replace(state, inhibitors=inhibitors, ended_at=None if inhibitors else record.at)


def _listed(state: Suppressing, change: cs.HeldElsewhere, _record: Record) -> Suppressing:
    return replace(state, held={**state.held, change.member: change.stream})


def _released(state: Suppressing, change: cs.AlertReleased, _record: Record) -> Suppressing:
    held = {name: stream for name, stream in state.held.items() if name != change.member}
    return replace(state, held=held)


def _let_go(state: Suppressing, _change: cs.LetGo, record: Record) -> Suppressing:
    return replace(state, ended_at=record.at)


_FOLDS: dict[type, Callable[[Suppressing, Any, Record], Suppressing]] = {
    cs.InhibitorChanged: _inhibitor,
    cs.HeldElsewhere: _listed,
    cs.AlertReleased: _released,
    cs.LetGo: _let_go,
}

_decoder = msgspec.json.Decoder(Suppressing)


def decode_suppressing(data: bytes) -> Suppressing:
    """Read the bytes of a suppressor's head; raises DamagedBytesError."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"a suppressor's head cannot be read: {error}") from error


def inhibitors_changed(
    before: Incident | None, record: Record, after: Incident
) -> Iterator[tuple[str, str, str]]:
    """Yield (stream, alert, `firing` or `over`) for each inhibition that a record touches."""
    names = [
        member_key(change.member.source, change.member.fingerprint)
        for change in record.changes
        if isinstance(change, c.AlertChanged)
    ]
    if before is not None and before.is_open != after.is_open:
        names += after.alerts
    for name in dict.fromkeys(names):
        was, now = _inhibits(before, name), _inhibits(after, name)
        yield from ((stream, name, "over") for stream in was if stream not in now)
        yield from ((stream, name, "firing") for stream in now if stream not in was)


def _inhibits(incident: Incident | None, name: str) -> tuple[str, ...]:
    member = None if incident is None or not incident.is_open else incident.alerts.get(name)
    return () if member is None or not member.is_firing else member.inhibits


def list_held(state: Suppressing, name: str, stream: str) -> c.Change:
    """Return the change that lists something suppressed here; beyond the bound it is only said."""
    if len(state.held) >= LISTED_MAX:
        return c.Noted(reason=f"{LISTED_MAX} are listed: {name} is looked at in its own time")
    return cs.HeldElsewhere(member=name, stream=stream)


def let_go(timer: TimerInput, name: str, now: Instant) -> tuple[c.Change, ...]:
    """Return the changes by which something listed here is let go."""
    late = max(now - timer.due, 0)
    fired = c.TimerFired(name=timer.name, due=timer.due, late_ns=late)
    return fired, cs.AlertReleased(member=name, reason="what suppressed it has ended")


def record_suppression(place: Place, input_: Input, changes: Sequence[c.Change]) -> Record:
    """Return a record of a suppressor's stream."""
    return Record(
        stream=place.stream,
        revision=place.revision,
        at=place.at,
        actor=place.actor,
        input=input_,
        facts=Facts(),
        disposition="applied",
        changes=tuple(changes),
    )
