"""The clocks: one that goes by itself, one that is turned."""

from __future__ import annotations

import asyncio

from interlock.interpreter.runtime.clock import SystemClock, VirtualClock


async def test_the_system_clock_waits_for_no_time_that_is_past():
    clock = SystemClock()
    await clock.wait(asyncio.Event(), clock.now() - 1)


async def test_the_system_clock_returns_when_stirred_and_clears_the_event():
    stirred = asyncio.Event()
    stirred.set()
    await SystemClock().wait(stirred, None)
    assert not stirred.is_set()


async def test_a_virtual_clock_is_moved_forward_only():
    clock = VirtualClock(100)
    clock.advance_to(200)
    clock.advance_to(150)
    assert clock.now() == 200


async def test_no_time_passes_by_itself_on_a_virtual_clock():
    clock, stirred = VirtualClock(100), asyncio.Event()
    waiting = asyncio.create_task(clock.wait(stirred, 50))
    await asyncio.sleep(0)
    assert not waiting.done()
    stirred.set()
    await waiting
    assert clock.now() == 100
