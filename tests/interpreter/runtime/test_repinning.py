"""Running incidents move to another rulebook only where they can go on there."""

from __future__ import annotations

import pytest

from interlock.interpreter.hooks.outcome import in_doubt
from interlock.interpreter.runtime.repinning import Move
from interlock.rulebook import compile_rulebook
from interlock.rulebook.source import SourceFile
from support.rulebooks import REFERENCE, REMEDIATING
from support.runtime import Runtime, ScriptedExecutor

MINUTE = 60_000_000_000
TIMED = """\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> TRIAGE, after: 20m, action: notify}
"""
OTHER_TIMES = TIMED.replace("20m", "45m").replace("notify", "escalate")
RENAMED = """\
lifecycle:
  initial: NEW
  states: [NEW, LOOKING, DONE, REVIEWED]
  resolved: [DONE]
  final: [REVIEWED]
events: {alert.resolved: DONE}
workflow_rules:
  - {transition: NEW -> LOOKING, validator: severity_defined}
  - {transition: LOOKING -> DONE, trigger: [alert.resolved]}
  - {transition: DONE -> REVIEWED, trigger: [postmortem.created]}
"""


async def bring(runtime, text):
    """Make another rulebook live; return its digest."""
    sources = [SourceFile("new.yaml", text)]
    graph = compile_rulebook(sources)
    await runtime.rulebooks.keep(graph, sources, runtime.clock.now())
    runtime.rulebooks.use(graph)
    return graph.digest


async def move(runtime, to, *, is_preview=False, **wish):
    act = runtime.repinner.preview if is_preview else runtime.repinner.carry_out
    return await act(Move(to=to, reason="new policy", **wish), "ada")


async def test_an_incident_moves_with_its_timers(store):
    async with Runtime(store, TIMED) as runtime:
        await runtime.alert("one", "P2")
        before = await runtime.incident("one")
        digest = await bring(runtime, OTHER_TIMES)
        (moved,) = await move(runtime, digest)
        assert (moved.incident, moved.refused) == ("one", None)
        after = await runtime.incident("one")
        assert (after.rulebook, after.state) == (digest, "TRIAGE")
        timers = {name: timer.due for name, timer in after.timers.items() if "after/" in name}
        assert timers == {"after/TRIAGE->TRIAGE": before.state_since + 45 * MINUTE}
        assert await move(runtime, digest) == []


async def test_a_preview_says_the_same_and_changes_nothing(memory):
    async with Runtime(memory, TIMED) as runtime:
        await runtime.alert("one", "P2")
        await runtime.alert("two", "P2")
        before = [await runtime.incident(name) for name in ("one", "two")]
        digest = await bring(runtime, RENAMED)
        said = await move(runtime, digest, is_preview=True)
        assert [await runtime.incident(name) for name in ("one", "two")] == before
        done = await move(runtime, digest)
        assert said == done
        assert [one.incident for one in done] == ["one", "two"]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({}, "has no state TRIAGE: map it to one of NEW, LOOKING"),
        ({"TRIAGE": "NOWHERE"}, "has no state NOWHERE"),
        ({"TRIAGE": "DONE"}, "TRIAGE and DONE are not both resolved"),
        ({"TRIAGE": "REVIEWED"}, "TRIAGE and REVIEWED are not both final"),
    ],
)
async def test_what_cannot_go_on_there_stays(memory, states, words):
    async with Runtime(memory, TIMED) as runtime:
        await runtime.alert("one", "P2")
        before = (await runtime.incident("one")).rulebook
        digest = await bring(runtime, RENAMED)
        (moved,) = await move(runtime, digest, states=states)
        assert words in moved.refused
        incident = await runtime.incident("one")
        assert (incident.rulebook, incident.state) == (before, "TRIAGE")


async def test_a_mapped_state_is_entered_anew_and_the_new_rules_hold(store):
    async with Runtime(store, TIMED) as runtime:
        await runtime.alert("one", "P2")
        digest = await bring(runtime, RENAMED)
        runtime.clock.advance_to(runtime.clock.now() + MINUTE)
        (moved,) = await move(runtime, digest, states={"TRIAGE": "LOOKING"})
        assert moved.refused is None
        incident = await runtime.incident("one")
        assert (incident.state, incident.state_since) == ("LOOKING", runtime.clock.now())
        await runtime.alert("one", "P2", status="resolved", type="alert.resolved")
        assert (await runtime.incident("one")).state == "DONE"


async def test_steps_under_way_hold_an_incident_where_it_is(memory):
    executor = ScriptedExecutor(in_doubt("cut off"))
    async with Runtime(memory, REMEDIATING, executor=executor) as runtime:
        await runtime.alert("one", "P2")
        digest = await bring(runtime, TIMED)
        (moved,) = await move(runtime, digest)
        assert moved.refused == "steps of the old rulebook are under way: scale, restart"


async def test_open_gates_close_and_their_approvals_are_void(memory):
    async with Runtime(memory, REFERENCE) as runtime:
        await runtime.alert("one", "P1")
        digest = await bring(runtime, REFERENCE.replace("sla_minutes: 15", "sla_minutes: 20"))
        await move(runtime, digest)
        incident = await runtime.incident("one")
        (record,) = [r for r in await runtime.records("one") if r.actor == "ada"]
        states = [change.to for change in record.changes if getattr(change, "gate", None)]
        assert states == ["closed", "open"]
        assert incident.gates["TRIAGE->MITIGATING"].approvals == ()
        assert incident.gates["TRIAGE->MITIGATING"].shown["rulebook"] == digest
        assert incident.timers["sla"].due == incident.opened_at + 20 * MINUTE


async def test_only_those_that_are_meant_move(memory):
    async with Runtime(memory, TIMED) as runtime:
        first = runtime.graph.digest
        await runtime.alert("one", "P2")
        second = await bring(runtime, OTHER_TIMES)
        await runtime.alert("two", "P2")
        third = await bring(runtime, TIMED.replace("20m", "50m"))
        assert [m.incident for m in await move(runtime, third, from_=second[:20])] == ["two"]
        assert [m.incident for m in await move(runtime, third, incidents=["none"])] == []
        assert (await runtime.incident("one")).rulebook == first
        assert [m.incident for m in await move(runtime, third, incidents=["one"])] == ["one"]
