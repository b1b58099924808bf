"""A node's wall clock: virtual time, plus however far someone has set it."""

from __future__ import annotations

from interlock.interpreter.runtime.clock import SECOND_NS, SystemClock

START_NS = 1_767_225_600 * SECOND_NS  # 2026-01-01T00:00:00Z


class NodeClock(SystemClock):
    """The daemon's own clock, waiting and all, but for where it reads the time."""

    def __init__(self, loop):
        self._loop = loop
        self.set_off_ns = 0
        self.highest = 0

    def now(self):
        now = START_NS + round(self._loop.time() * SECOND_NS) + self.set_off_ns
        self.highest = max(self.highest, now)
        return now
