"""The simulated world with a story to play in place of dice, and faults in place of weather."""

from __future__ import annotations

import asyncio

from simulation.world import World

SECOND_NS = 1_000_000_000
PLENTY = 10**9


class InterruptedWorld(World):
    """Plays one scenario; `boundaries` says where it is interrupted."""

    def __init__(self, story, boundaries, **options):
        super().__init__(seed=0, steps=0, **options)
        self._story = story
        self.loss = 0.0
        self.outside.is_kind = True
        self.weather = self.outside._weather = boundaries

    def restart_s(self):
        return 0.1

    async def wait(self, seconds):
        """Let time pass, timer by timer."""
        until = self.nodes[0].clock.now() + seconds * SECOND_NS
        while (due := await self.next_timer()) is not None and due <= until:
            self.pass_time_until(due)
            await asyncio.sleep(0.5)
            if due <= (await self.next_timer() or PLENTY * SECOND_NS) <= due:
                await asyncio.sleep(2.0)  # the node is down, or its store fails
        self.pass_time_until(until)
        await asyncio.sleep(0.5)

    async def _play(self):
        while not self.nodes[0].is_up:  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(0.05)
        await self._story(self)
        await asyncio.sleep(6.0)
