"""What the daemon's parts do on a store that other nodes write to as well."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from interlock.interpreter.core.event import TimerInput
from interlock.interpreter.hooks.outcome import in_doubt, succeeded
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.runtime.clock import VirtualClock
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.dispatcher import CLAIM_NS
from interlock.interpreter.runtime.effects import decode_effect
from interlock.interpreter.runtime.timers import ENGINE_ACTOR
from support.rulebooks import REMEDIATING
from support.runtime import Runtime, ScriptedExecutor, yield_often

SECOND_NS = 1_000_000_000


class SharedStore(MemoryJournalStore):
    """A memory store that says others may write to it."""

    @property
    def is_shared(self):
        return True


class TickingClock(VirtualClock):
    """A clock that keeps the deadlines it was asked to wait for."""

    def __init__(self, start):
        super().__init__(start)
        self.deadlines = []

    async def wait(self, stirred, until):
        self.deadlines.append(until)
        await super().wait(stirred, until)


class Held(ScriptedExecutor):
    """Answers when it is let go."""

    def __init__(self):
        super().__init__(succeeded())
        self.is_let_go = asyncio.Event()

    async def carry_out(self, effect, incident, attempt):
        await self.is_let_go.wait()
        return await super().carry_out(effect, incident, attempt)


def held_until(rows):
    return {row.claimed_until for row in rows if row.status == EffectStatus.CLAIMED}


def firing_of(timer):
    return Arrival(input=TimerInput(timer.name, timer.due), actor=ENGINE_ACTOR, stream=timer.stream)


async def test_a_claim_is_renewed_while_its_attempt_runs():
    store, held = SharedStore(), Held()
    async with Runtime(store, REMEDIATING, executor=held) as runtime:
        running = asyncio.create_task(runtime.dispatcher.run())
        await runtime.alert("test-1", "P2")
        await yield_often()
        began = runtime.clock.now()
        assert held_until(await store.list_effects()) == {began + CLAIM_NS}
        for _ in range(5):
            runtime.clock.advance_to(runtime.clock.now() + CLAIM_NS // 2)
            runtime.dispatcher._stirred.set()
            await yield_often()
            assert held_until(await store.list_effects()) == {runtime.clock.now() + CLAIM_NS}
        held.is_let_go.set()
        await runtime.dispatcher.drain(5.0)
        await running


async def test_a_node_that_stood_still_past_its_claim_does_not_send():
    store = SharedStore()
    executor = ScriptedExecutor(succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        rows = await runtime.dispatcher._claim(9)
        runtime.clock.advance_to(rows[0].claimed_until + 1)
        for row in rows:
            await runtime.dispatcher._carry_out(row)
        assert executor.effects == []
        assert {row.status for row in await store.list_effects()} == {EffectStatus.PENDING}
        await runtime.settle()
        assert (await runtime.incident()).steps["slow/restart"].status == "succeeded"


@pytest.mark.parametrize(("kind", "is_polled"), [(SharedStore, True), (MemoryJournalStore, False)])
async def test_timers_that_others_set_are_looked_for(kind, is_polled):
    async with Runtime(kind(), REMEDIATING) as runtime:
        clock = TickingClock(runtime.clock.now())
        runtime.timers._clock = clock
        task = asyncio.create_task(runtime.timers.run())
        await yield_often()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert clock.deadlines == [clock.now() + 5 * SECOND_NS if is_polled else None]


async def test_a_timer_that_was_fired_elsewhere_leaves_no_record():
    store = SharedStore()
    async with Runtime(store, REMEDIATING) as runtime:
        await runtime.alert("test-1", "P1")
        (timer,) = await store.due_timers(1 << 62)
        runtime.clock.advance_to(timer.due)
        firing = firing_of(timer)
        await runtime.engine.submit_own([firing])
        before = await runtime.records()
        (answer,) = await runtime.engine.submit_own([firing])
        assert answer.revision is None
        assert await runtime.records() == before


async def test_a_timer_moved_since_it_was_seen_due_stays_set():
    store = SharedStore()
    async with Runtime(store, REMEDIATING) as runtime:
        await runtime.alert("test-1", "P1")
        (timer,) = await store.due_timers(1 << 62)
        await runtime.engine.submit_own([firing_of(replace(timer, due=timer.due - 1))])
        assert await store.due_timers(1 << 62) == [timer]


async def test_a_timer_that_another_node_set_since_we_looked_still_fires():
    store = SharedStore()
    async with Runtime(store, REMEDIATING) as ours:
        await ours.alert("test-1", "P3")
        async with Runtime(store, REMEDIATING) as other:
            await other.alert("test-1", "P1")
        await store.open()
        sla = (await ours.incident()).timers["sla"]
        ours.clock.advance_to(sla.due)
        await ours.timers.fire_due()
        await ours.timers.fire_due()
        assert "sla" not in (await ours.incident()).timers
        assert await store.next_timer() is None


async def test_a_doubt_that_two_nodes_find_is_recorded_and_told_once():
    store = SharedStore()
    async with Runtime(store, REMEDIATING) as ours:
        await ours.alert("test-1", "P2")
        (row,) = [row for row in await ours.dispatcher._claim(9) if row.path == "slow/scale"]
        effect = decode_effect(row.data)
        doubt = in_doubt("interrupted before an answer came")
        await ours.dispatcher._end(row, effect, doubt)
        told = len(await store.list_effects())
        await ours.dispatcher._end(row, effect, doubt)
        assert (await ours.incident("test-1")).steps["slow/scale"].status == "in_doubt"
        assert len(await store.list_effects()) == told
        last = (await ours.records("test-1"))[-1]
        assert [change.reason for change in last.changes] == [
            "outcome of an earlier call of slow/scale: in_doubt"
        ]


class CountingStore(SharedStore):
    """Counts how often claims were renewed."""

    renewals = 0

    async def renew_claims(self, held, until):
        self.renewals += 1
        await super().renew_claims(held, until)


async def test_a_clock_that_was_set_back_does_not_put_off_the_renewal_of_claims():
    store = CountingStore()
    async with Runtime(store, REMEDIATING) as runtime:
        runtime.dispatcher._running["a-key"] = 1
        await runtime.dispatcher._renew_claims()
        runtime.clock._now -= 1800 * SECOND_NS
        await runtime.dispatcher._renew_claims()
        await runtime.dispatcher._renew_claims()
        assert store.renewals == 2
        runtime.dispatcher._running.clear()
