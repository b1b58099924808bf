"""Where a run can go wrong, and the dice that decide where it does.

A boundary is one call that leaves the process: to the store, to a target, to a sender. Before and
after each, `pass_through` may delay, fail, or kill. The simulator decides by dice (`Weather`), the
fault loop by counting (tests/faults): both drive the same seam.
"""

from __future__ import annotations

import asyncio

from interlock.interpreter.journal.store import StoreUnavailableError

WRITES = frozenset({"commit", "claim_effects", "release_effect", "renew_claims", "save_rulebook"})


class Weather:
    """What the world does to calls, by dice: slowness, a full disk, partitions, lost answers."""

    def __init__(self, rng, loop):
        self._rng = rng
        self._loop = loop
        self.is_disk_full = False
        self.is_disk_slow = False
        self.unknown_outcomes = 0
        self.cut_off = set()
        self.is_calm = False

    def calm(self):
        """From here on nothing goes wrong."""
        self.is_calm = True
        self.is_disk_full = self.is_disk_slow = False
        self.unknown_outcomes = 0
        self.cut_off.clear()

    async def before(self, node, call):
        if node.name in self.cut_off:
            await asyncio.sleep(0.2)
            raise StoreUnavailableError("simulated: the store cannot be reached")
        if call in WRITES:
            if self.is_disk_full:
                await asyncio.sleep(0.001)
                raise StoreUnavailableError("simulated: no space left on device")
            slow = 2.0 if self.is_disk_slow else 0.004
            await asyncio.sleep(self._rng.random() * slow)
        elif self.is_disk_slow and self._rng.random() < 0.3:
            await asyncio.sleep(self._rng.random())

    async def after(self, node, call):
        if call in WRITES:
            if self.unknown_outcomes and not self.is_calm:
                self.unknown_outcomes -= 1
                raise StoreUnavailableError("simulated: lost in the middle; done or not")
            if self._rng.random() < 0.1:
                await asyncio.sleep(self._rng.random() * 0.01)
            if node.name in self.cut_off:
                raise StoreUnavailableError("simulated: the answer was lost")
