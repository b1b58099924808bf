"""Fault n of a scenario: the n-th call that leaves the process fails, or the process dies there.

Takes the place of the simulator's `Weather` at the same seam: before and after each call to the
store, to a target and to a sender. `once`: one failure. `for ever`: every call from then on fails
until the node, of which nothing works any more, is started anew. `kill`: SIGKILL.
"""

from __future__ import annotations

import asyncio

from interlock.interpreter.journal.store import StoreUnavailableError
from simulation.disk import NodeDiedError

ONCE, FOR_EVER, KILL = "once", "for ever", "kill"
FAULTS = (ONCE, FOR_EVER, KILL)
_PATIENCE = 6


class Boundaries:
    """Counts boundaries; at each of `faults` ((number, kind), in order) things go wrong."""

    def __init__(self, *faults):
        self._faults = list(faults)
        self.passed = 0
        self.where = []
        self._failing = False
        self._failures = 0
        self.is_calm = False

    def calm(self):
        self.is_calm = True
        self._failing = False

    async def before(self, node, call):
        await self._pass(node, call, "before")

    async def after(self, node, call):
        await self._pass(node, call, "after")

    async def _pass(self, node, call, side):
        await asyncio.sleep(0.001)
        if self.is_calm:
            return
        self.passed += 1
        if self._faults and self.passed >= self._faults[0][0]:
            _, kind = self._faults.pop(0)
            self.where.append(f"{kind} {side} {call}")
            if kind == KILL:
                self._kill(node, call)
            if kind == FOR_EVER:
                self._failing, self._failures = True, 0
            else:
                self._fail(call)
        if self._failing:
            self._failures += 1
            if self._failures > _PATIENCE:
                self._failing = False
                self._kill(node, call)
            self._fail(call)

    @staticmethod
    def _kill(node, call):
        node.kill()
        if call == "receive":  # it is the sender who notices
            raise NodeDiedError(node.name)
        raise asyncio.CancelledError

    @staticmethod
    def _fail(call):
        if call in ("send", "receive"):
            raise OSError(f"injected: the line to {call} broke")
        raise StoreUnavailableError(f"injected at {call}")
