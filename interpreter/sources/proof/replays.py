"""Deliveries that were taken already, so that a copy of one is not taken twice.

Responsible for a bounded memory of one source; what it forgets, the journal's own key of an alert
(source, fingerprint, start, status) still knows. A delivery is remembered once it is recorded: one
that could not be is the sender's to repeat. Never reads a clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

REMEMBERED_MAX: Final = 10_000


class Standing(StrEnum):
    """What is known of a delivery."""

    NEW = "new"
    UNDER_WAY = "under_way"
    TAKEN = "taken"


class Replays:
    """What one source delivered, until copies of it would be refused anyway."""

    def __init__(self, limit: int = REMEMBERED_MAX) -> None:
        self._limit = limit
        self._until: dict[str, int] = {}
        self._under_way: set[str] = set()

    def __len__(self) -> int:
        return len(self._until)

    def claim(self, delivery: str, now: int) -> Standing:
        """Return the standing of a delivery; one that is new is under way from here on."""
        if delivery in self._under_way:
            return Standing.UNDER_WAY
        if (until := self._until.get(delivery)) is not None and now < until:
            return Standing.TAKEN
        self._under_way.add(delivery)
        return Standing.NEW

    def keep(self, delivery: str, until: int, now: int) -> None:
        """Remember a delivery that was recorded."""
        self._under_way.discard(delivery)
        self._until.pop(delivery, None)
        self._until[delivery] = until
        if len(self._until) > self._limit:
            self._forget(now)

    def release(self, delivery: str) -> None:
        """Let a delivery be sent again that was not recorded."""
        self._under_way.discard(delivery)

    def _forget(self, now: int) -> None:
        """Drop what has had its time; while there is still too much, the oldest."""
        self._until = {name: until for name, until in self._until.items() if until > now}
        while len(self._until) > self._limit:
            del self._until[next(iter(self._until))]
