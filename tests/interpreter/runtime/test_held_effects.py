"""Effects over a limit, in doubt, failed: what waits for a person, and what people say to it."""

from __future__ import annotations

import asyncio

import pytest

from interlock.interpreter.core.event import EffectInput, EffectVerb, HeldInput
from interlock.interpreter.core.incident import StepStatus, incident_stream
from interlock.interpreter.core.record import CallHook, Notify
from interlock.interpreter.hooks.outcome import NotSentError, failed, in_doubt, succeeded
from interlock.interpreter.journal.outbox import EffectStatus, Rate
from interlock.interpreter.runtime import doubts
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.dispatcher import CLAIM_NS
from interlock.rulebook.graph.state_graph import Automation
from support.rulebooks import REMEDIATING
from support.runtime import Runtime, ScriptedExecutor, yield_often

HOUR = 3_600 * SECOND_NS
ONE_CALL = REMEDIATING.replace('/scale"', '/scale", limits: {max: 1, per: 1h, by: with.service}')
QUERY = "in_doubt: {query: {endpoint: 'https://api.example.test/q/{key}', field: s, done: [ok]}}"
ASKS_TARGET = REMEDIATING.replace('/restart"', f'/restart", {QUERY}')


async def steps_of(runtime, id_="test-1"):
    return {path: step.status for path, step in (await runtime.incident(id_)).steps.items()}


async def hooks_of(store):
    return {row.path: row.status for row in await store.list_effects() if row.kind == "hook"}


async def say(runtime, verb, row, reason="because", **fields):
    said = EffectInput(
        key=row.key, path=row.path, verb=verb, is_hook=row.kind == "hook", reason=reason, **fields
    )
    arrival = Arrival(input=said, actor="ada", stream=row.stream)
    (answer,) = await runtime.engine.submit([arrival])
    return answer


async def over_the_limit(runtime):
    """Two incidents of which the second's first call is over the limit; return its row."""
    await runtime.alert("test-1", "P2")
    await runtime.alert("test-2", "P2")
    await runtime.settle()
    (row,) = await runtime.store.list_effects(EffectStatus.HELD)
    return row


async def test_a_call_over_the_limit_waits_and_people_are_told_once(store):
    async with Runtime(store, ONE_CALL) as runtime:
        row = await over_the_limit(runtime)
        assert row.target == "checkout"
        incident = await runtime.incident("test-2")
        assert incident.steps["slow/scale"].status is StepStatus.WAITING
        assert incident.steps["slow/restart"].status is StepStatus.PLANNED
        assert [r for r in incident.needs_attention if "over 1 call in 1h" in r]
        await runtime.settle()
        told = [e for e in runtime.executor.effects if getattr(e, "about", "") == "over_limit"]
        assert len(told) == 1
        assert [call.hook for call in runtime.executor.calls] == ["scale_up", "restart"]


async def test_runbook_start_lets_a_held_call_go_with_its_own_key_and_bytes(store):
    async with Runtime(store, ONE_CALL) as runtime:
        row = await over_the_limit(runtime)
        assert (await runtime.say("runbook.start", "test-2")).disposition == "applied"
        await runtime.settle()
        assert set((await steps_of(runtime, "test-2")).values()) == {StepStatus.SUCCEEDED}
        assert [call.key for call in runtime.executor.calls].count(row.key) == 1


async def test_retry_lets_a_held_call_go_and_says_who_and_why(store):
    async with Runtime(store, ONE_CALL) as runtime:
        row = await over_the_limit(runtime)
        assert (await say(runtime, EffectVerb.RETRY, row, "it is safe")).disposition == "applied"
        await runtime.settle()
        assert set((await steps_of(runtime, "test-2")).values()) == {StepStatus.SUCCEEDED}
        record = next(r for r in runtime.observed if isinstance(r.input, EffectInput))
        assert record.actor == "ada"
        assert record.stream == incident_stream("test-2")
        assert any(getattr(c, "reason", None) == "it is safe (ada)" for c in record.changes)


async def test_a_dropped_call_fails_its_step_and_is_told(store):
    async with Runtime(store, ONE_CALL) as runtime:
        row = await over_the_limit(runtime)
        await say(runtime, EffectVerb.DROP, row, "not needed")
        await runtime.settle()
        assert await steps_of(runtime, "test-2") == {
            "slow/scale": StepStatus.FAILED,
            "slow/restart": StepStatus.CANCELLED,
        }
        assert (await store.effect(row.key)).status == EffectStatus.DROPPED
        told = [e for e in runtime.executor.effects if getattr(e, "about", "") == "effect_dropped"]
        assert "not needed (ada)" in told[0].text
        assert (await say(runtime, EffectVerb.RETRY, row)).disposition == "rejected"


async def test_leaving_the_state_cancels_a_held_call(store):
    async with Runtime(store, ONE_CALL) as runtime:
        row = await over_the_limit(runtime)
        assert (await runtime.say("incident.resolved", "test-2")).disposition in (
            "applied",
            "rejected",
        )
        await runtime.ingest(
            b'{"type": "alert.resolved", "payload": {"id": "test-2", "title": "Slow"}}'
        )
        assert (await store.effect(row.key)).status == EffectStatus.CANCELLED


async def test_a_hold_that_nobody_was_told_of_is_told_after_a_crash(memory):
    async with Runtime(memory, ONE_CALL) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        await runtime.alert("test-2", "P2")
        ours = runtime.dispatcher

        async def die(_row):
            raise KeyboardInterrupt

        tell, ours._tell_held = ours._tell_held, die
        with pytest.raises(KeyboardInterrupt):
            await ours.carry_out_due()
        assert await steps_of(runtime, "test-2") == {
            "slow/scale": StepStatus.PENDING,
            "slow/restart": StepStatus.PLANNED,
        }
        ours._tell_held = tell
        await ours.recover(is_only_node=True)
        assert (await steps_of(runtime, "test-2"))["slow/scale"] is StepStatus.WAITING
        runtime.clock.advance_to(runtime.clock.now() + 2 * CLAIM_NS)
        count = len([r for r in runtime.observed if isinstance(r.input, HeldInput)])
        await ours.recover(is_only_node=False)
        assert len([r for r in runtime.observed if isinstance(r.input, HeldInput)]) == count == 1


async def test_the_limit_of_the_daemon_holds_what_nobody_approved(memory):
    async with Runtime(memory, REMEDIATING, rate=Rate(1, HOUR)) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert await steps_of(runtime) == {
            "slow/scale": StepStatus.SUCCEEDED,
            "slow/restart": StepStatus.WAITING,
        }
        await runtime.say("runbook.start", "test-1")
        await runtime.settle()
        assert set((await steps_of(runtime)).values()) == {StepStatus.SUCCEEDED}


# --- the dead letter --------------------------------------------------------------------------


async def test_a_failed_call_is_retried_with_the_same_bytes(store):
    executor = ScriptedExecutor(failed("403", is_retryable=False), succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        (row,) = [r for r in await store.list_effects(EffectStatus.DEAD) if r.kind == "hook"]
        await say(runtime, EffectVerb.RETRY, row)
        await runtime.settle()
        assert executor.calls[0] == executor.calls[1]
        assert (await steps_of(runtime))["slow/scale"] is StepStatus.SUCCEEDED
        assert (await store.effect(row.key)).status == EffectStatus.DONE


async def test_a_doubt_is_retried_or_dropped_by_a_person(store):
    executor = ScriptedExecutor(succeeded(), in_doubt("no answer"), succeeded())
    async with Runtime(store, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        (row,) = [r for r in await store.list_effects(EffectStatus.DEAD) if r.kind == "hook"]
        await say(runtime, EffectVerb.RETRY, row)
        await runtime.settle()
        assert executor.calls[1] == executor.calls[2]
        assert (await steps_of(runtime))["slow/restart"] is StepStatus.SUCCEEDED


async def test_a_message_that_arrived_nowhere_is_retried_or_dropped(memory):
    class Deaf(ScriptedExecutor):
        async def carry_out(self, effect, incident, attempt):
            if isinstance(effect, Notify) and self.is_deaf:
                return failed("410 Gone", is_retryable=False)
            return await super().carry_out(effect, incident, attempt)

    executor = Deaf()
    executor.is_deaf = True
    async with Runtime(memory, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        first, second = (await memory.list_effects(EffectStatus.DEAD))[:2]
        executor.is_deaf = False
        assert (await say(runtime, EffectVerb.RETRY, first)).disposition == "applied"
        assert (await say(runtime, EffectVerb.DROP, second)).disposition == "applied"
        await runtime.settle()
        assert (await memory.effect(first.key)).status == EffectStatus.DONE
        assert (await memory.effect(second.key)).status == EffectStatus.DROPPED


async def test_a_call_of_an_earlier_generation_is_not_retried(memory):
    executor = ScriptedExecutor(failed("403", is_retryable=False))
    async with Runtime(memory, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        (row,) = [r for r in await memory.list_effects(EffectStatus.DEAD) if r.kind == "hook"]
        body = b'{"type": "alert.resolved", "payload": {"id": "test-1", "title": "Slow"}}'
        await runtime.ingest(body)
        await runtime.alert("test-1", "P2")
        assert (await runtime.incident()).generation == 2
        answer = await say(runtime, EffectVerb.RETRY, row)
        assert answer.disposition == "rejected"
        assert "earlier generation" in answer.reason
        assert (await say(runtime, EffectVerb.DROP, row)).disposition == "applied"


async def test_a_call_that_the_ladder_holds_back_is_let_go_at_ask_and_never_at_off(memory):
    async with Runtime(memory, REMEDIATING) as runtime:
        await runtime.alert("test-1", "P2")
        runtime.dispatcher._automation = Automation.ASK
        await runtime.settle()
        assert runtime.executor.calls == []
        (row,) = [r for r in await memory.list_effects(EffectStatus.PENDING) if r.kind == "hook"]
        await say(runtime, EffectVerb.RETRY, row)
        runtime.dispatcher._automation = Automation.OFF
        await runtime.settle()
        assert runtime.executor.calls == []
        runtime.dispatcher._automation = Automation.ASK
        await runtime.settle()
        assert [call.key for call in runtime.executor.calls][:1] == [row.key]


# --- asking the target ------------------------------------------------------------------------


@pytest.fixture
def _no_pauses(monkeypatch):
    monkeypatch.setattr(doubts, "QUERY_PAUSES_NS", (0, 0, 0, 0))


@pytest.mark.usefixtures("_no_pauses")
async def test_a_target_that_says_it_was_done_settles_the_doubt(memory):
    executor = ScriptedExecutor(succeeded(), in_doubt("no answer"), succeeded({"s": "ok"}))
    async with Runtime(memory, ASKS_TARGET, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart"]
        (asked,) = executor.queries
        assert asked.query.url == f"https://api.example.test/q/{asked.key}"
        step = (await runtime.incident()).steps["slow/restart"]
        assert (step.status, step.result) == (StepStatus.SUCCEEDED, {"s": "ok"})


@pytest.mark.usefixtures("_no_pauses")
async def test_a_target_that_says_it_was_not_done_is_called_again(memory):
    undone = in_doubt("it was not done")
    undone = type(undone)(status=undone.status, detail=undone.detail, is_retryable=True)
    executor = ScriptedExecutor(succeeded(), in_doubt("no answer"), undone, succeeded())
    async with Runtime(memory, ASKS_TARGET, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        runtime.clock.advance_to(runtime.dispatcher.next_retry)
        await runtime.settle()
        assert [call.hook for call in executor.calls] == ["scale_up", "restart", "restart"]
        assert executor.calls[1] == executor.calls[2]
        assert (await steps_of(runtime))["slow/restart"] is StepStatus.SUCCEEDED


@pytest.mark.usefixtures("_no_pauses")
async def test_a_target_that_does_not_tell_leaves_it_to_a_person(memory):
    executor = ScriptedExecutor(succeeded(), in_doubt("no answer"))
    async with Runtime(memory, ASKS_TARGET, executor=executor) as runtime:
        await runtime.alert("test-1", "P2")
        await runtime.settle()
        assert len(executor.queries) == 4
        assert (await steps_of(runtime))["slow/restart"] is StepStatus.IN_DOUBT


# --- draining ---------------------------------------------------------------------------------


class StuckHook(ScriptedExecutor):
    """Hooks never answer; cancelled, they say whether anything was sent."""

    def __init__(self, *, is_sent):
        super().__init__()
        self.is_sent = is_sent

    async def carry_out(self, effect, incident, attempt):
        if not isinstance(effect, CallHook) or effect.hook == "scale_up":
            return await super().carry_out(effect, incident, attempt)
        self.calls.append(effect)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.is_sent:
                raise
            raise NotSentError from None


@pytest.mark.parametrize(
    ("is_sent", "status", "step"),
    [
        (False, EffectStatus.PENDING, StepStatus.PENDING),
        (True, EffectStatus.DEAD, StepStatus.IN_DOUBT),
    ],
)
async def test_a_drain_parks_what_was_not_sent_and_doubts_what_was(memory, is_sent, status, step):
    executor = StuckHook(is_sent=is_sent)
    async with Runtime(memory, REMEDIATING, executor=executor) as runtime:
        running = asyncio.create_task(runtime.dispatcher.run())
        await runtime.alert("test-1", "P2")
        while "restart" not in [call.hook for call in executor.calls]:
            await yield_often()
        await runtime.dispatcher.drain(0.0)
        await running
        assert (await hooks_of(memory))["slow/restart"] == status
        assert (await steps_of(runtime))["slow/restart"] is step
