"""How an incident's steps read."""

from __future__ import annotations

from interlock.cli.record_text import describe_change, describe_effect
from interlock.cli.step_text import RESULT_MAX, describe_steps


def step(id_, status, **more):
    path = f"{more.get('runbook')}/{id_}" + ("#undo" if more.get("undoes") else "")
    return path, {"path": path, "id": id_, "hook": "act", "status": status, **more}


def test_steps_stand_under_their_runbook_each_with_its_undo_behind_it():
    steps = dict(
        [
            step("scale", "undone", runbook="slow", attempts=2, result={"replicas": 4}),
            step("warm", "failed", runbook="slow", attempts=1, detail="503 from the target"),
            step("check", "verifying", runbook="slow", attempts=1),
            step("scale", "succeeded", runbook="slow", attempts=1, undoes="slow/scale"),
        ]
    )
    assert describe_steps(steps) == [
        "runbook slow: 2 of 3 steps over",
        '  scale       undone, 2 attempts, {"replicas": 4}',
        "  undo scale  succeeded, 1 attempt",
        "  warm        failed, 1 attempt, 503 from the target",
        "  check       verifying, 1 attempt",
    ]


def test_a_call_of_no_runbook_stands_alone_and_a_long_answer_is_cut():
    ((_, line),) = [("", describe_steps(dict([step("act", "succeeded", result="x" * 500)]))[0])]
    assert line.startswith('  act  succeeded, "xxx')
    assert len(line) < RESULT_MAX + 20


def test_no_steps_are_no_lines():
    assert describe_steps({}) == []


def test_an_undo_reads_as_one_in_a_timeline():
    _, undo = step("scale", "pending", runbook="slow", undoes="slow/scale", attempts=2)
    change = {"kind": "step", "from": "planned", "to": "pending", "step": undo, "reason": "asked"}
    assert describe_change(change) == "undo of slow/scale planned -> pending (attempt 2): asked"
    effect = {"kind": "hook", "hook": "back", "path": "slow/scale#undo"}
    assert describe_effect(effect) == "call back, to take a step back"
