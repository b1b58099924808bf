"""Timers in memory, by deadline.

A heap with lazy deletion: what was moved or cleared is dropped when it comes up. Never fires one.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.store import TimerRow

Place = tuple[str, str]


class MemoryTimers:
    """The durable timers of a store that is not durable; (stream, name) is unique."""

    def __init__(self) -> None:
        self._due: dict[Place, Instant] = {}
        self._heap: list[TimerRow] = []

    def set(self, timer: TimerRow) -> None:
        """Set a timer, or move it."""
        self._due[timer.stream, timer.name] = timer.due
        heapq.heappush(self._heap, timer)

    def clear(self, timer: TimerRow) -> None:
        """Forget a timer, if it is there and has that deadline."""
        place = timer.stream, timer.name
        if self._due.get(place) == timer.due:
            del self._due[place]

    def remove(self, stream: str) -> None:
        """Forget every timer of a stream."""
        for place in [place for place in self._due if place[0] == stream]:
            del self._due[place]

    def due(self, now: Instant, limit: int) -> list[TimerRow]:
        """Return those whose deadline is not after `now`, earliest first; they stay."""
        rows: list[TimerRow] = []
        while len(rows) < limit and (row := self._pop(now)) is not None:
            rows.append(row)
        for row in rows:
            heapq.heappush(self._heap, row)
        return rows

    def earliest(self) -> Instant | None:
        """Return the earliest deadline."""
        self._drop_stale()
        return self._heap[0].due if self._heap else None

    def _pop(self, now: Instant) -> TimerRow | None:
        self._drop_stale()
        if not self._heap or self._heap[0].due > now:
            return None
        row = heapq.heappop(self._heap)
        while self._heap and self._heap[0] == row:  # moved away and back: there twice
            heapq.heappop(self._heap)
        return row

    def _drop_stale(self) -> None:
        heap = self._heap
        while heap and self._due.get((heap[0].stream, heap[0].name)) != heap[0].due:
            heapq.heappop(heap)
