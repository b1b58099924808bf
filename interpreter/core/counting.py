"""How many distinct alerts of a key count: whether one more opens an incident.

Rules of this file: pure. An alert counts from its arrival until its window ends, by the recorded
times of decisions: whether the timer of a window has fired already makes no difference. The most
urgent of those that count sets the threshold, so that their order makes none either. What is
counted is always fewer than a threshold, and so bounded by the rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core import change_counting as cc
from interlock.interpreter.core.event import CountedAlert, Event, Facts, Instant
from interlock.interpreter.core.incident import DEFAULT_SEVERITY, member_key
from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.rulebook.graph.routes import Correlation


class Count(Struct, frozen=True, kw_only=True):
    """What one alert makes of a count.

    Attributes:
        member: The alert, as `source/fingerprint`.
        others: The others that count, in the order of their arrival.
        ended: Names of those whose window has ended meanwhile.
        due: When the alert's own window ends.
        own: How many the alert itself asks for.
        threshold: The least that any of them asks for.
    """

    member: str
    others: tuple[CountedAlert, ...]
    ended: tuple[cc.CountEnded, ...]
    due: Instant
    own: int
    threshold: int

    @property
    def is_met(self) -> bool:
        """True where the alert opens an incident."""
        return len(self.others) + 1 >= self.threshold

    def of_window(self, now: Instant) -> str:
        """Say how many there are of how many, and within which time."""
        window = format_duration(self.due - now)
        return f"{len(self.others) + 1} of {self.threshold} within {window}"


def count(
    entry: Correlation, counted: Mapping[str, CountedAlert], event: Event, now: Instant
) -> Count:
    """Count a firing alert with those of its key that count already."""
    member = member_key(event.source, event.fingerprint or "")
    others = {n: one for n, one in counted.items() if n != member and one.due > now}
    own = entry.threshold.get(event.severity or DEFAULT_SEVERITY, entry.threshold_default)
    return Count(
        member=member,
        others=tuple(sorted(others.values(), key=_arrival)),
        ended=end_counts(counted, now),
        due=now + entry.window_ns,
        own=own,
        threshold=min([own, *(one.threshold for one in others.values())]),
    )


def end_counts(counted: Mapping[str, CountedAlert], now: Instant) -> tuple[cc.CountEnded, ...]:
    """Return what is recorded of the alerts whose window has ended, oldest first."""
    ended = sorted(
        ((n, one) for n, one in counted.items() if one.due <= now),
        key=lambda pair: _arrival(pair[1]),
    )
    return tuple(
        cc.CountEnded(member=name, reason=f"below threshold: {_size(counted.values(), one)}")
        for name, one in ended
    )


def _size(counted: Iterable[CountedAlert], ended: CountedAlert) -> str:
    """Say how many counted when a window ended: those that had come, and had not ended before."""
    with_it = [one.threshold for one in counted if one.at <= ended.due <= one.due]
    return f"{len(with_it)} of {min(with_it)} within {format_duration(ended.due - ended.at)}"


def _arrival(one: CountedAlert) -> tuple[Instant, str, str]:
    return one.at, one.event.source, one.event.fingerprint or ""


def next_end(counted: Mapping[str, CountedAlert]) -> Instant | None:
    """Return when the next window ends."""
    return min((one.due for one in counted.values()), default=None)


def repeats(known: CountedAlert | None, event: Event, now: Instant) -> str | None:
    """Return why an alert says nothing that is not counted already, or None."""
    if known is None or known.due <= now:
        return None
    start, known_start = event.starts_at, known.event.starts_at
    if start is None or known_start is None or start > known_start:
        return None
    if start < known_start:
        return f"belongs to an earlier episode of {event.fingerprint}"
    return f"repeats {event.fingerprint}, firing since the same start"


def below_threshold(counted: Count, event: Event, facts: Facts, now: Instant) -> cc.BelowThreshold:
    """Return the change by which an alert is counted from now on."""
    return cc.BelowThreshold(
        member=counted.member,
        event=event,
        due=counted.due,
        threshold=counted.own,
        reason=f"below threshold: {counted.of_window(now)}",
        inhibits=facts.inhibits,
        inhibited_at=facts.inhibited_at,
    )
