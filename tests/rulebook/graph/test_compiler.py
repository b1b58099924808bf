from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from interlock.rulebook import RulebookError, check_rulebook, compile_rulebook, load_rulebook
from interlock.rulebook.diagnostics import Level
from interlock.rulebook.graph.state_graph import ActionKind, Automation
from interlock.rulebook.source import SourceFile

EVERYTHING = Path(__file__).parents[1] / "document" / "everything.yaml"


def rules_of(text: str):
    return {rule.id: rule for rule in compile_rulebook(text).rules}


def errors(text: str) -> list[str]:
    checked = check_rulebook([SourceFile("t.yaml", text)])
    return [
        f"{d.code} {d.message} @ {d.span.text}"
        for d in checked.diagnostics
        if d.level is Level.ERROR
    ]


def rules(*entries: str, head: str = "") -> str:
    return head + "workflow_rules:\n" + "".join(f"  - {entry}\n" for entry in entries)


# --- the reference rulebook and the large one


def test_reference_rulebook_loads_verbatim(shared):
    graph = load_rulebook(shared / "design" / "reference-rulebook.yaml")
    assert graph.name == "reference-rulebook"
    assert [rule.id for rule in graph.rules] == [
        "DETECTED->TRIAGE", "TRIAGE->MITIGATING", "RESOLVED->POST_MORTEM",
        "DETECTED->RESOLVED", "TRIAGE->RESOLVED", "MITIGATING->RESOLVED",
    ]  # fmt: skip
    assert graph.rules[1].gate.is_implicit
    assert graph.rules[0].gate is None
    assert graph.hooks["scale_up_service"].idempotency_key == "correlation_id"
    assert graph.row("P1").approval_required
    assert graph.row("P1").sla_ns == 15 * 60 * 10**9
    assert {channel.type for channel in graph.channels.values()} == {"log"}
    assert graph.unsupported == ()


def test_undeclared_channels_of_the_reference_rulebook_are_warnings(shared):
    path = shared / "design" / "reference-rulebook.yaml"
    checked = check_rulebook([SourceFile("r.yaml", path.read_text("utf-8"))])
    assert [(d.code, d.level) for d in checked.diagnostics] == [("T707", Level.WARNING)] * 4


def test_rulebook_with_every_key_compiles():
    (graph,) = load_rulebook(EVERYTHING).files
    assert graph.name == "everything"
    assert graph.opens == {"alert.triggered", "ticket.opened"}
    assert graph.events["deploy.done"] == "RESOLVED"
    assert graph.events["engineer.ack"] == "TRIAGE"
    assert graph.on_call_schedule == "sre"
    assert graph.schedules["dba"].rotation_ns == 12 * 3600 * 10**9
    assert graph.schedules["sre"].start_ns == 1767567600 * 10**9  # Monday 2026-01-05 in Berlin
    take = graph.rules[0]
    assert take.trigger == ("alert.triggered", "engineer.ack")
    assert take.automation is Automation.OBSERVE
    gate = graph.rules[1].gate
    assert (gate.name, gate.approvals, gate.roles) == ("TRIAGE->MITIGATING", 2, ("sre-leads",))
    assert (gate.expires_ns, gate.on_expiry, gate.is_implicit) == (1800 * 10**9, "escalate", False)
    assert gate.when.text == "severity.approval_required"
    (runbook,) = graph.runbooks.values()
    assert [step.id for step in runbook.steps] == ["scale", "scale_up", "scale_down"]
    assert runbook.steps[0].arguments["deep"]["any"] == (1, None, "x")
    assert graph.post_mortem.owner.text == "incident.assigned_engineer"


def test_what_the_daemon_cannot_run_is_said_once_each():
    sentences = load_rulebook(EVERYTHING).unsupported
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.startswith("`") and ": " in sentence for sentence in sentences)
    assert compile_rulebook("version: 1").unsupported == ()


# --- defaults


def test_empty_rulebook_has_the_default_workflow():
    graph = compile_rulebook("version: 1")
    assert [rule.id for rule in graph.rules if rule.is_default] == [rule.id for rule in graph.rules]
    assert [rule.guard.name for rule in graph.rules[:3]] == [
        "severity_defined", "approval_or_severity_check", "always_true",
    ]  # fmt: skip
    assert graph.rules[1].gate.is_implicit
    assert list(graph.sources) == ["alertmanager"]
    assert graph.row("P9").is_declared is False
    assert graph.opens == {"alert.triggered"}
    assert graph.on_call_schedule is None


def test_default_edges_are_only_asked_for_but_the_one_to_the_post_mortem():
    edges = rules_of("workflow_rules: []")
    assert {name: rule.is_automatic for name, rule in edges.items()} == {
        "DETECTED->RESOLVED": False,
        "TRIAGE->RESOLVED": False,
        "MITIGATING->RESOLVED": False,
        "RESOLVED->POST_MORTEM": True,
    }
    assert edges["RESOLVED->POST_MORTEM"].actions[0].do == "create_postmortem_ticket"


def test_rule_that_can_be_asked_for_replaces_the_default_edge_of_its_pair():
    found = rules_of(rules("{transition: 'TRIAGE, DETECTED -> RESOLVED', validator: always_true}"))
    assert "DETECTED->RESOLVED" not in found
    assert "TRIAGE->RESOLVED" not in found
    assert found["MITIGATING->RESOLVED"].is_default


@pytest.mark.parametrize("condition", ["trigger: x.y", "after: 5m"])
def test_rule_that_cannot_be_asked_for_leaves_the_default_edge(condition):
    found = rules_of(rules(f"{{transition: TRIAGE -> RESOLVED, {condition}}}"))
    assert found["TRIAGE->RESOLVED"].is_default is False
    assert found["TRIAGE->RESOLVED#2"].is_default


def test_default_edges_and_events_exist_only_where_their_states_do():
    graph = compile_rulebook(
        "lifecycle: {initial: NEW, states: [NEW, TRIAGE, RESOLVED], resolved: [RESOLVED]}\n"
    )
    assert [rule.id for rule in graph.rules] == ["TRIAGE->RESOLVED"]
    assert graph.events == {
        "engineer.ack": "TRIAGE", "alert.resolved": "RESOLVED", "incident.resolved": "RESOLVED",
    }  # fmt: skip


def test_no_default_edge_leaves_a_final_state():
    graph = compile_rulebook(
        "lifecycle: {extend: default, final: [RESOLVED]}\nworkflow_rules: []\n"
    )
    assert "RESOLVED->POST_MORTEM" not in {rule.id for rule in graph.rules}


def test_lifecycle_may_be_extended():
    lifecycle = compile_rulebook(
        "lifecycle: {extend: default, states: [HOLD, DONE], resolved: [HOLD], final: [DONE]}"
    ).lifecycle
    assert lifecycle.states[-2:] == ("HOLD", "DONE")
    assert lifecycle.resolved == {"RESOLVED", "HOLD"}
    assert lifecycle.final == {"POST_MORTEM", "DONE"}
    assert lifecycle.initial == "DETECTED"


def test_events_are_added_to_and_opening_types_replaced():
    graph = compile_rulebook("events: {engineer.ack: MITIGATING, opens: [x.y]}")
    assert graph.events["engineer.ack"] == "MITIGATING"
    assert graph.events["alert.resolved"] == "RESOLVED"
    assert graph.opens == {"x.y"}


# --- rules


def test_ids_come_from_the_transition_and_are_numbered():
    found = rules_of(
        rules(
            "{transition: TRIAGE -> TRIAGE, after: 1m}",
            "{transition: TRIAGE->TRIAGE, after: 2m}",
            "{transition: 'TRIAGE, DETECTED -> TRIAGE', after: 3m}",
            "{id: mine, transition: TRIAGE -> TRIAGE, after: 4m}",
            "{transition: any -> RESOLVED, after: 5m}",
        )
    )
    assert [name for name, rule in found.items() if not rule.is_default] == [
        "TRIAGE->TRIAGE", "TRIAGE->TRIAGE#2", "TRIAGE,DETECTED->TRIAGE", "mine", "any->RESOLVED",
    ]  # fmt: skip


def test_any_is_every_state_that_is_neither_final_nor_the_target():
    rule = rules_of(rules("{transition: any -> TRIAGE, trigger: x.y}"))["any->TRIAGE"]
    assert rule.sources == ("DETECTED", "MITIGATING", "RESOLVED")


def test_rules_of_a_state_keep_file_order_with_default_edges_last():
    graph = compile_rulebook(
        rules(
            "{id: b, transition: any -> MITIGATING, trigger: x.y}",
            "{id: a, transition: TRIAGE -> MITIGATING, trigger: x.y}",
        )
    )
    assert [rule.id for rule in graph.rules_from["TRIAGE"]] == ["b", "a", "TRIAGE->RESOLVED"]
    assert graph.rules_from["POST_MORTEM"] == ()


@pytest.mark.parametrize(
    ("action", "is_gated"),
    [
        ("execute_remediation_steps", True),
        ("fix", True),
        ("slow", True),
        ("[notify, fix]", True),
        ("{do: slow}", True),
        ("assign_on_call", False),
        ("[notify, escalate, create_postmortem_ticket]", False),
        ("[]", False),
    ],
)
def test_implicit_gate_stands_before_rules_that_remediate(action, is_gated):
    found = rules_of(
        rules(
            f"{{id: r, transition: TRIAGE -> MITIGATING, trigger: x.y, action: {action}}}",
            head="remediation_hooks: [{id: fix}]\nrunbooks: {slow: {steps: [{hook: fix}]}}\n",
        )
    )
    assert bool(found["r"].gate and found["r"].gate.is_implicit) == is_gated


def test_written_gate_takes_the_place_of_the_implicit_one():
    found = rules_of(
        rules(
            "{id: r, transition: TRIAGE -> MITIGATING, validator: always_true, gate: {},"
            " action: execute_remediation_steps}"
        )
    )
    assert found["r"].gate.is_implicit is False
    assert found["r"].gate.name == "r"


def test_actions_know_what_they_are():
    found = rules_of(
        rules(
            "{id: r, transition: TRIAGE -> MITIGATING, trigger: x.y, action: [notify, fix, slow]}",
            head="remediation_hooks: [{id: fix}]\nrunbooks: {slow: {steps: [{hook: fix}]}}\n",
        )
    )
    assert [action.kind for action in found["r"].actions] == [
        ActionKind.BUILT_IN, ActionKind.HOOK, ActionKind.RUNBOOK,
    ]  # fmt: skip


# --- what does not compile


MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["says"][:60])
def test_mistake_is_told_once_at_its_characters(case):
    assert errors(case["rulebook"]) == [f"{case['says']} @ {case['at']}"]


def test_compile_and_load_raise_with_every_finding(tmp_path):
    text = rules("{transition: TRIAGE -> DONE, trigger: x.y}", "{transition: A -> B}")
    with pytest.raises(RulebookError) as caught:
        compile_rulebook(text, name="mine")
    assert [d.code for d in caught.value.diagnostics] == ["G301", "R410", "G301", "G301"]
    assert str(caught.value.diagnostics[0].span).startswith("mine.yaml:2:")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(RulebookError, match="G301"):
        load_rulebook(path)


def test_missing_file_is_an_operating_system_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_rulebook(tmp_path / "none.yaml")


def test_undeclared_channel_is_told_once_however_often_it_is_named():
    text = "severity_matrix: {P1: {notification_channels: [x]}, P2: {notification_channels: [x]}}"
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert [(d.code, d.level) for d in checked.diagnostics] == [("T707", Level.WARNING)]
    assert checked.graph.channels["x"].is_declared is False
