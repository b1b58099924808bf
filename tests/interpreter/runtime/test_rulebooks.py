"""An incident runs on the rulebook it was opened under, whatever is live."""

from __future__ import annotations

import pytest

from interlock.interpreter.runtime.rulebooks import LostRulebookError
from support.rulebooks import REFERENCE
from support.runtime import Runtime

NO_GATE = REFERENCE.replace("approval_required: true", "approval_required: false").replace(
    "validator: approval_or_severity_check", "validator: severity_defined"
)


async def test_a_running_incident_keeps_its_rulebook_through_a_change(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
    async with Runtime(store, NO_GATE) as runtime:
        await runtime.say("incident.noted", "test-1", reason="tick")
        assert (await runtime.incident("test-1")).state == "TRIAGE"
        assert (await runtime.say("gate.approved", "test-1")).transitions
        answer = await runtime.alert("test-2", "P1")
        assert answer.transitions[-1].to == "MITIGATING"
        assert (await runtime.incident("test-2")).rulebook == runtime.graph.digest


async def test_an_incident_of_a_lost_rulebook_is_put_aside_not_guessed_at(memory):
    async with Runtime(memory) as runtime:
        with pytest.raises(LostRulebookError, match="no rulebook sha256:0"):
            await runtime.rulebooks.pinned("sha256:0")


async def test_sources_that_mean_something_else_now_are_not_used(memory):
    async with Runtime(memory) as runtime:
        await memory.save_rulebook("sha256:1", {"a.yaml": REFERENCE}, 0)
        with pytest.raises(LostRulebookError, match="reads rulebook"):
            await runtime.rulebooks.pinned("sha256:1")
        await memory.save_rulebook("sha256:2", {"a.yaml": "workflow_rules: 7"}, 0)
        with pytest.raises(LostRulebookError, match="cannot compile"):
            await runtime.rulebooks.pinned("sha256:2")
