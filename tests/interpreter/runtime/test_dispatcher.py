"""Effects are carried out once recorded, always with the same key and bytes, never forgotten."""

from __future__ import annotations

import asyncio

from interlock.interpreter.core.control import AUTOMATION_SET, CONTROL_STREAM
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.core.keys import effect_key
from interlock.interpreter.core.record import Notify
from interlock.interpreter.hooks.outcome import failed, in_doubt, succeeded
from interlock.interpreter.journal.outbox import Claim, EffectStatus
from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.dispatcher import Dispatcher
from interlock.interpreter.runtime.effects import decode_effect
from interlock.rulebook.graph.state_graph import Automation
from support.rulebooks import REMEDIATING
from support.runtime import (
    FaultyStore,
    Runtime,
    ScriptedExecutor,
    event_body,
    wait_until,
    yield_often,
)


async def steps_of(runtime):
    steps = (await runtime.incident()).steps
    return {path: step.status for path, step in steps.items()}


async def statuses(store):
    return {row.path: row.status for row in await store.list_effects() if row.kind == "hook"}


async def test_a_runbook_runs_step_by_step_each_with_its_recorded_key(store):
    executor = ScriptedExecutor(succeeded({"replicas": 4}))
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]
        assert executor.calls[0].key == effect_key("test-1", 1, 1, "slow/scale")
        assert executor.calls[0].key in executor.calls[0].body
        assert await steps_of(runtime) == dict.fromkeys(
            ("slow/scale", "slow/restart"), StepStatus.SUCCEEDED
        )
        assert (await runtime.incident()).steps["slow/scale"].result == {"replicas": 4}
        assert set((await statuses(store)).values()) == {EffectStatus.DONE}


async def test_a_failed_attempt_is_tried_again_after_its_back_off_with_the_same_bytes(store):
    executor = ScriptedExecutor(
        failed("503", is_retryable=True), failed("503", is_retryable=True), succeeded()
    )
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        start = runtime.clock.now()
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert len(executor.calls) == 1
        first_retry = runtime.dispatcher.next_retry
        assert SECOND_NS // 2 <= first_retry - start <= SECOND_NS
        runtime.clock.advance_to(first_retry)
        await runtime.settle()
        second_retry = runtime.dispatcher.next_retry
        assert SECOND_NS <= second_retry - first_retry <= 2 * SECOND_NS
        runtime.clock.advance_to(second_retry)
        await runtime.settle()
        first, second, third = executor.calls[:3]
        assert first == second == third
        assert (await runtime.incident()).steps["slow/scale"].attempts == 3


async def test_a_target_that_asks_for_time_gets_it(store):
    executor = ScriptedExecutor(failed("429", is_retryable=True, retry_after_s=60), succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        start = runtime.clock.now()
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert runtime.dispatcher.next_retry == start + 60 * SECOND_NS


async def test_the_last_failure_is_recorded_and_a_person_is_told(store):
    executor = ScriptedExecutor(failed("403", is_retryable=False))
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        incident = await runtime.incident()
        assert incident.steps["slow/scale"].status is StepStatus.FAILED
        assert incident.steps["slow/restart"].status is StepStatus.CANCELLED
        assert any("403" in reason for reason in incident.needs_attention)
        assert await statuses(store) == {"slow/scale": EffectStatus.DEAD}


async def test_a_doubtful_attempt_is_repeated_where_the_target_honours_the_key(store):
    executor = ScriptedExecutor(in_doubt("no answer"), succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        runtime.clock.advance_to(runtime.dispatcher.next_retry)
        await runtime.settle()
        first, second = executor.calls[:2]
        assert first == second
        assert (await runtime.incident()).steps["slow/scale"].status is StepStatus.SUCCEEDED


async def test_a_doubtful_attempt_at_any_other_target_waits_for_a_person(store):
    executor = ScriptedExecutor(succeeded(), in_doubt("no answer"), succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]
        incident = await runtime.incident()
        assert incident.steps["slow/restart"].status is StepStatus.IN_DOUBT
        assert any("in doubt" in reason for reason in incident.needs_attention)
        assert (await runtime.say("runbook.start", "test-1")).disposition == "applied"
        await runtime.settle()
        assert executor.calls[2].key != executor.calls[1].key
        assert (await runtime.incident()).steps["slow/restart"].status is StepStatus.SUCCEEDED


async def test_a_defect_of_an_executor_is_a_doubt(store):
    executor = ScriptedExecutor(succeeded(), ZeroDivisionError("planted"))
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert (await runtime.incident()).steps["slow/restart"].status is StepStatus.IN_DOUBT


async def claim_and_die(runtime, store):
    """Take what waits, as a process does that is killed before any answer comes."""
    now = runtime.clock.now()
    return await store.claim_effects(Claim(now=now, until=now + 900 * SECOND_NS))


async def test_an_interrupted_call_goes_out_again_under_the_same_key(store):
    executor = ScriptedExecutor(succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        rows = await claim_and_die(runtime, store)
        (hook,) = [row for row in rows if row.kind == "hook"]
        assert await runtime.dispatcher.recover(is_only_node=True) == len(rows)
        await runtime.settle()
        assert executor.calls[0].key == hook.key
        assert (await runtime.incident()).steps["slow/scale"].attempts == 2


class StuckAt(ScriptedExecutor):
    """Answers at once, but never for one hook."""

    def __init__(self, hook):
        super().__init__(succeeded())
        self.hook = hook
        self.is_stuck = asyncio.Event()

    async def carry_out(self, effect, incident, attempt):
        if getattr(effect, "hook", None) == self.hook:
            self.is_stuck.set()
            await asyncio.Event().wait()
        return await super().carry_out(effect, incident, attempt)


async def test_an_interrupted_call_to_a_target_without_key_is_in_doubt(store):
    stuck = StuckAt("restart")
    async with Runtime(store, REMEDIATING, executor=stuck) as runtime:
        await runtime.alert("test-1", "P2")
        dying = asyncio.create_task(runtime.dispatcher.carry_out_due())
        await stuck.is_stuck.wait()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    async with Runtime(store, REMEDIATING) as runtime:
        assert await runtime.dispatcher.recover(is_only_node=True) == 1
        await runtime.settle()
        assert runtime.executor.calls == [], "it is not sent again unasked"
        incident = await runtime.incident()
        assert incident.steps["slow/restart"].status is StepStatus.IN_DOUBT
        assert any("interrupted" in reason for reason in incident.needs_attention)


async def test_claims_of_a_live_node_are_left_alone_until_they_run_out(memory):
    async with Runtime(memory, REMEDIATING) as runtime:
        await runtime.alert("test-1", "P2")
        rows = await claim_and_die(runtime, memory)
        assert await runtime.dispatcher.recover(is_only_node=False) == 0
        runtime.clock.advance_to(rows[0].claimed_until + 1)
        assert await runtime.dispatcher.recover(is_only_node=False) == len(rows)
        await runtime.settle()


async def set_automation(runtime, mode, **data):
    event = Event(
        type=AUTOMATION_SET, origin=Origin.HUMAN, reason="drill", data={"mode": mode, **data}
    )
    arrival = Arrival(input=EventInput(event), actor="ada", stream=CONTROL_STREAM)
    (answer,) = await runtime.engine.submit([arrival])
    assert answer.disposition == "applied", answer


async def test_the_ladder_holds_back_calls_that_were_asked_for_and_lets_them_go(store):
    executor = ScriptedExecutor(succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await set_automation(runtime, "off")
        await runtime.settle()
        assert executor.calls == []
        assert any(isinstance(effect, Notify) for effect in executor.effects)
        await set_automation(runtime, "auto")
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]


async def test_the_ladder_may_be_set_for_one_hook_and_for_a_time(store):
    executor = ScriptedExecutor(succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        until = runtime.clock.now() + 7200 * SECOND_NS
        await set_automation(runtime, "observe", hook="restart", until=until)
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up"]
        runtime.clock.advance_to(until)
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]


async def test_a_daemon_started_at_observe_calls_nothing(store):
    executor = ScriptedExecutor(succeeded())
    observing = Runtime(store, REMEDIATING, executor=executor, automation=Automation.OBSERVE)
    async with observing as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert executor.calls == []
        assert set((await steps_of(runtime)).values()) == {StepStatus.OBSERVED}


async def test_a_message_that_arrives_leaves_no_record_and_ends_its_row(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert len(await runtime.records()) == 1
        assert {row.status for row in await store.list_effects()} == {EffectStatus.DONE}


async def test_a_message_that_never_arrives_is_recorded_and_told_elsewhere(store):
    class Deaf(ScriptedExecutor):
        async def carry_out(self, effect, incident, attempt):
            del incident, attempt
            self.effects.append(effect)
            is_lost = isinstance(effect, Notify) and effect.channel == "slack_ops"
            return failed("no route", is_retryable=False) if is_lost else succeeded()

    executor = Deaf()
    async with Runtime(store, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert any("slack_ops" in reason for reason in (await runtime.incident()).needs_attention)
        assert any(effect.path.startswith("notify/undelivered") for effect in executor.effects)


async def test_an_outcome_waits_for_a_store_that_is_away(memory):
    faulty = FaultyStore(memory)
    executor = ScriptedExecutor(succeeded())

    class Ticking(type(Runtime(memory).clock)):
        async def wait(self, stirred, until):
            del stirred
            self.advance_to(until)

    async with Runtime(faulty, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        runtime.dispatcher._clock = Ticking(runtime.clock.now())
        faulty.failures += [StoreUnavailableError("away")] * 3
        await runtime.settle()
        assert (await runtime.incident()).steps["slow/scale"].status is StepStatus.SUCCEEDED
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]


async def test_the_running_dispatcher_acts_on_what_is_committed_and_drains(store):
    executor = ScriptedExecutor(succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        running = asyncio.create_task(runtime.dispatcher.run())
        await runtime.alert("test-1", "P2")

        async def is_done():
            return (await steps_of(runtime)).get("slow/restart") is StepStatus.SUCCEEDED

        await wait_until(is_done)
        await runtime.dispatcher.drain(5.0)
        await running


async def test_an_attempt_cut_off_by_the_drain_is_pending_again_for_the_next_start(memory):
    class Stuck(ScriptedExecutor):
        async def carry_out(self, effect, incident, attempt):
            del incident, attempt
            self.effects.append(effect)
            await asyncio.Event().wait()

    stuck = Stuck()
    async with Runtime(memory, REMEDIATING, executor=stuck) as runtime:
        running = asyncio.create_task(runtime.dispatcher.run())
        await runtime.alert("test-1", "P2")
        await yield_often()
        assert stuck.effects
        await runtime.dispatcher.drain(0.0)
        await running
        assert {row.status for row in await memory.list_effects()} == {EffectStatus.PENDING}
        successor = Dispatcher(
            memory,
            runtime.engine,
            ScriptedExecutor(),
            runtime.clock,
            runtime.rulebooks,
            automation=Automation.AUTO,
        )
        assert await successor.recover(is_only_node=True) == 0
        await successor.carry_out_due()
        assert (await steps_of(runtime))["slow/scale"] is StepStatus.SUCCEEDED


async def test_a_thousand_effects_are_carried_out_each_once(memory):
    executor = ScriptedExecutor(succeeded())
    limits = "limits: {max: 1000, concurrent: 1000}"
    text = REMEDIATING.replace('/scale"', f'/scale", {limits}')
    text = text.replace('/restart"', f'/restart", {limits}')
    async with Runtime(memory, text, executor=executor) as runtime:
        await runtime.ingest(*[event_body(f"test-{n}") for n in range(200)])
        await runtime.settle()
        keys = [call.key for call in executor.calls]
        assert len(keys) == len(set(keys)) == 400


async def test_a_claim_that_ran_out_is_found_while_running(memory):
    executor = ScriptedExecutor(succeeded())
    async with Runtime(memory, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        rows = await claim_and_die(runtime, memory)
        runtime.clock.advance_to(rows[0].claimed_until + 1)
        running = asyncio.create_task(runtime.dispatcher.run())

        async def is_done():
            return (await steps_of(runtime)).get("slow/restart") is StepStatus.SUCCEEDED

        await wait_until(is_done)
        await runtime.dispatcher.drain(5.0)
        await running


async def test_an_attempt_of_ours_outlives_its_claim_without_being_doubled(memory):
    stuck = StuckAt("scale_up")
    async with Runtime(memory, REMEDIATING, executor=stuck) as runtime:
        await runtime.alert("test-1", "P2")
        running = asyncio.create_task(runtime.dispatcher.carry_out_due())
        await stuck.is_stuck.wait()
        runtime.clock.advance_to(runtime.clock.now() + 10**15)
        assert await runtime.dispatcher.recover(is_only_node=False) == 0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_call_that_fails_after_its_step_was_cancelled_is_not_repeated(store):
    async with Runtime(store, REMEDIATING) as runtime:
        await runtime.alert("test-1", "P2")
        (row,) = [row for row in await runtime.dispatcher._claim(9) if row.kind == "hook"]
        resolved = Event(type="incident.resolved", origin=Origin.HUMAN, id="test-1")
        stream = "incident/test-1"
        await runtime.engine.submit_own(
            [Arrival(input=EventInput(resolved), actor="ada", stream=stream)]
        )
        assert (await runtime.incident()).steps["slow/scale"].status == "cancelled"
        later = failed("503", is_retryable=True)
        await runtime.dispatcher._settle(row, decode_effect(row.data), later)
        assert (await runtime.incident()).steps["slow/scale"].status == "failed"
        (after,) = [one for one in await store.list_effects() if one.key == row.key]
        assert after.status == EffectStatus.DEAD


async def test_a_call_in_doubt_that_waits_to_be_repeated_is_told_when_its_state_is_left(store):
    executor = ScriptedExecutor(in_doubt("the line was cut"))
    text = REMEDIATING.replace('/scale"', '/scale", in_doubt: retry')
    async with Runtime(store, text, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.dispatcher.carry_out_due()
        (row,) = [one for one in await store.list_effects() if one.kind == "hook"]
        assert (row.status, row.in_doubt) == (EffectStatus.PENDING, True)
        resolved = Event(type="incident.resolved", origin=Origin.HUMAN, id="test-1")
        arrival = Arrival(input=EventInput(resolved), actor="ada", stream="incident/test-1")
        await runtime.engine.submit_own([arrival])
        assert (await steps_of(runtime))["slow/scale"] is StepStatus.CANCELLED
        calls = len(executor.calls)
        await runtime.dispatcher.recover(is_only_node=False)
        incident = await runtime.incident()
        assert incident.steps["slow/scale"].status is StepStatus.IN_DOUBT
        assert any("in doubt" in reason for reason in incident.needs_attention)
        assert len(executor.calls) == calls
        assert (await store.effect(row.key)).status == EffectStatus.DEAD


async def test_nothing_is_claimed_once_it_drains(memory):
    async with Runtime(memory, REMEDIATING, executor=ScriptedExecutor()) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.dispatcher.drain(0.0)
        assert await runtime.dispatcher.carry_out_due() == 0
