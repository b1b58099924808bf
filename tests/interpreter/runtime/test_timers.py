"""Timers fire at their deadline, once, also when that passed while the daemon was down."""

from __future__ import annotations

import asyncio

from interlock.interpreter.core.change import TimerFired
from interlock.interpreter.core.event import TimerInput
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.runtime import decider
from interlock.interpreter.runtime.delivery import Arrival
from support.runtime import FaultyStore, Runtime, wait_until
from support.story import MINUTE, SECOND


def fired(records):
    return [c for record in records for c in record.changes if isinstance(c, TimerFired)]


async def test_a_timer_does_not_fire_before_its_deadline(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
        due = await runtime.timers.next_due()
        assert due == runtime.clock.now() + 15 * MINUTE
        runtime.clock.advance_to(due - 1)
        assert await runtime.timers.fire_due() == 0
        runtime.clock.advance_to(due)
        assert await runtime.timers.fire_due() == 1
        assert await runtime.timers.next_due() is None


async def test_a_timer_due_during_downtime_fires_at_the_start_with_its_lateness(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
        due = await runtime.timers.next_due()
    async with Runtime(store, now=due + 90 * SECOND) as runtime:
        assert await runtime.timers.fire_due() == 1
        (timer,) = fired(await runtime.records())
        assert (timer.name, timer.due, timer.late_ns) == ("sla", due, 90 * SECOND)


async def test_a_timer_that_was_not_recorded_fires_again(store):
    faulty = FaultyStore(store)
    async with Runtime(faulty) as runtime:
        await runtime.alert("test-1", "P1")
        runtime.clock.advance_to(await runtime.timers.next_due())
        faulty.failures.append(StoreUnavailableError("away"))
        try:
            await runtime.timers.fire_due()
        except StoreUnavailableError:
            pass
        else:
            raise AssertionError("the commit was to fail")
        assert await runtime.timers.fire_due() == 1
        assert len(fired(await runtime.records())) == 1


async def test_a_cancelled_timer_does_not_fire(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P3")
        await runtime.alert("test-1", "P1")
        assert await runtime.timers.next_due() is not None
        await runtime.alert("test-1", type="alert.resolved")
        names = {row.name for row in await store.due_timers(2**62)}
        assert "sla" not in names


async def test_a_clock_that_is_set_back_gives_no_negative_lateness(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
        due = await runtime.timers.next_due()
        arrival = Arrival(
            input=TimerInput("sla", due), actor="engine", stream=incident_stream("test-1")
        )
        await runtime.engine.submit_own([arrival])
        (timer,) = fired(await runtime.records())
        assert timer.late_ns == 0


async def test_a_timer_of_no_incident_is_forgotten(store):
    async with Runtime(store) as runtime:
        arrival = Arrival(input=TimerInput("sla", 1), actor="engine", stream="incident/nobody")
        (answer,) = await runtime.engine.submit_own([arrival])
        assert answer.disposition == "unmatched"
        assert await store.streams() == []


async def test_a_timer_whose_decision_raises_does_not_fire_for_ever(store, monkeypatch):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
        runtime.clock.advance_to(await runtime.timers.next_due())
        decide = decider.decide

        def failing(graph, incident, input_, *args, **kwargs):
            if isinstance(input_, TimerInput):
                raise ZeroDivisionError("planted")
            return decide(graph, incident, input_, *args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(decider, "decide", failing)
            assert await runtime.timers.fire_due() == 1
        assert await runtime.timers.next_due() is None
        assert len(await store.quarantined()) == 1
        # The row is gone while the head still shows the timer: the journal says why, in quarantine.
        await runtime.alert("test-1", type="alert.resolved")


async def test_the_running_service_wakes_for_a_timer_set_later(store):
    async with Runtime(store) as runtime:
        running = asyncio.create_task(runtime.timers.run())
        await asyncio.sleep(0)
        await runtime.alert("test-1", "P1")
        runtime.clock.advance_to(runtime.clock.now() + 15 * MINUTE)
        await runtime.alert("test-2", "P1")  # stirs the service

        async def has_fired():
            return bool(fired(await runtime.records()))

        await wait_until(has_fired)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
