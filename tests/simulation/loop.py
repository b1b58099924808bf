"""An event loop whose time is virtual: it passes only when nothing is left to do.

The same program on it takes the same turns in the same order, so a run depends on its seed alone.
While a call into a real store is under way (`real_call`), no time passes: the loop waits for the
store's thread or socket, and goes on from the same virtual instant.
"""

from __future__ import annotations

import asyncio
import selectors
from contextlib import contextmanager

REAL_WAIT_S = 30.0
TURNS_MAX = 20_000
"""How many turns may pass at one instant before it counts as going in circles."""


class StuckError(Exception):
    """Nothing can ever happen any more: all wait for each other, or one goes in circles."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a time of its own, in seconds from 0."""

    def __init__(self):
        self._virtual_s = 0.0
        self._real_calls = 0
        super().__init__(_VirtualSelector(self))

    def time(self):
        return self._virtual_s

    def pass_time(self, seconds):
        self._virtual_s += seconds

    @property
    def is_in_real_call(self):
        return self._real_calls > 0

    @contextmanager
    def real_call(self):
        """Let no virtual time pass while the caller waits for something real."""
        self._real_calls += 1
        try:
            yield
        finally:
            self._real_calls -= 1


class _VirtualSelector(selectors.DefaultSelector):
    """Passes time in place of waiting; asks the system only when something real is awaited."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop
        self._turns = 0

    def select(self, timeout=None):
        if self._loop.is_in_real_call:
            if timeout == 0:
                return super().select(0)
            ready = super().select(REAL_WAIT_S)
            if not ready:
                raise StuckError("a real store has not answered")
            return ready
        if timeout is None:
            raise StuckError("every task waits")
        self._turns += 1
        if timeout > 0:
            self._loop.pass_time(timeout)
            self._turns = 0
        elif self._turns > TURNS_MAX:
            raise StuckError("time stands still: something goes in circles")
        return []
