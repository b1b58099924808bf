"""Steps one after the other, modes of automation, outcomes."""

from __future__ import annotations

import json

import pytest

from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.rulebook import compile_rulebook
from support.story import Story, kinds, moves, told

RULEBOOK = """\
lifecycle: {extend: default, states: [STUCK]}
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, notification_channels: [chat]}
  P2: {sla_minutes: 60, auto_remediation: true, notification_channels: [chat]}
  P3: {auto_remediation: false, notification_channels: [chat]}
notification_channels: {chat: {type: log}}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, action: execute_remediation_steps}
  - {transition: MITIGATING -> STUCK, trigger: [runbook.failed]}
  - {transition: STUCK -> RESOLVED, trigger: [alert.resolved]}
  - {transition: MITIGATING -> RESOLVED, trigger: [runbook.succeeded]}
runbooks:
  latency:
    match: incident.title == "High Latency"
    steps:
      - id: scale
        hook: scale_up
        with: {service: "{{ incident.labels.service }}", replicas: 4}
      - id: warm
        hook: warm_cache
        when: incident.metrics.p99_ms > 1500.0
        on_failure: continue
      - id: check
        hook: verify
        with: {scaled: "{{ steps.scale.result.replicas }}"}
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.internal/scale", idempotency_key: correlation_id}
  - {id: warm_cache, endpoint: "https://api.internal/warm", idempotency_key: key}
  - {id: verify, endpoint: "https://api.internal/verify"}
"""


@pytest.fixture(scope="module")
def graph():
    return compile_rulebook(RULEBOOK, name="runbooks")


def open_p2(graph, **fields):
    story = Story(graph)
    fields.setdefault("labels", {"service": "checkout"})
    fields.setdefault("metrics", {"p99_ms": 2000.0})
    story.alert(severity="P2", title="High Latency", **fields)
    return story


def statuses(story):
    return {step.id: step.status.value for step in story.incident.steps.values()}


def calls(decision):
    return [effect for effect in decision.effects if effect.__struct_config__.tag == "hook"]


def test_first_step_is_asked_for_with_key_and_exact_body(graph):
    story = open_p2(graph)
    (call,) = calls(story.decisions[-1])
    assert (call.method, call.url, call.hook) == ("POST", "https://api.internal/scale", "scale_up")
    assert json.loads(call.body) == {
        "service": "checkout",
        "replicas": 4,
        "correlation_id": call.key,
    }
    assert len(call.key) == 32
    assert call.is_idempotent
    assert statuses(story) == {"scale": "pending", "warm": "planned", "check": "planned"}


def test_steps_follow_one_another_and_the_last_raises_success(graph):
    story = open_p2(graph)
    decision = story.outcome("latency/scale", result={"replicas": 4})
    assert [call.hook for call in calls(decision)] == ["warm_cache"]
    decision = story.outcome("latency/warm")
    assert json.loads(calls(decision)[0].body) == {"scaled": "4"}
    assert not calls(decision)[0].is_idempotent
    decision = story.outcome("latency/check")
    assert "raised" in kinds(decision)
    assert moves(decision)[0] == "MITIGATING -> RESOLVED"


def test_false_condition_skips_a_step(graph):
    story = open_p2(graph, metrics={"p99_ms": 10.0})
    decision = story.outcome("latency/scale", result={"replicas": 4})
    assert statuses(story)["warm"] == "skipped"
    assert [call.hook for call in calls(decision)] == ["verify"]


def test_condition_that_errors_fails_its_step_and_on_failure_decides(graph):
    story = open_p2(graph, metrics={})
    decision = story.outcome("latency/scale", result={"replicas": 4})
    assert statuses(story)["warm"] == "failed"
    assert [call.hook for call in calls(decision)] == ["verify"]
    assert "step_failed:chat" in told(decision)


def test_failed_step_cancels_the_rest_and_raises_failure(graph):
    story = open_p2(graph)
    decision = story.outcome("latency/scale", "failed", detail="503 from the target")
    assert moves(decision)[0] == "MITIGATING -> STUCK"
    assert any("503 from the target" in reason for reason in story.incident.needs_attention)
    assert statuses(story)["check"] == "cancelled"


def test_step_in_doubt_waits_for_a_person(graph):
    story = open_p2(graph)
    decision = story.outcome("latency/scale", "in_doubt", detail="cut off after the request")
    assert statuses(story) == {"scale": "in_doubt", "warm": "planned", "check": "planned"}
    assert calls(decision) == []
    assert "step_in_doubt:chat" in told(decision)


def test_unfilled_template_fails_the_step_before_anything_is_sent(graph):
    story = open_p2(graph, labels={})
    assert calls(story.decisions[-1]) == []
    assert any("cannot be filled" in reason for reason in story.incident.needs_attention)
    assert story.incident.state == "STUCK"


def test_outcome_of_an_earlier_call_changes_nothing(graph):
    story = open_p2(graph)
    first = story.incident.steps["latency/scale"].key
    story.alert("resolved")
    story.alert(severity="P2", title="High Latency")
    again = story.incident.steps["latency/scale"]
    assert again.key != first
    late = OutcomeInput(key=first, path="latency/scale", status=OutcomeStatus.SUCCEEDED)
    decision = story.receive(late)
    assert kinds(decision) == ["note"]
    assert story.incident.steps["latency/scale"] == again


def test_ask_lists_the_steps_and_waits_for_a_start(graph):
    story = Story(graph)
    decision = story.alert(
        severity="P3", title="High Latency", labels={"service": "checkout"}, metrics={"p99_ms": 1.0}
    )
    assert calls(decision) == []
    assert set(statuses(story).values()) == {"waiting"}
    assert "approval_needed:chat" in told(decision)
    decision = story.say("runbook.start")
    (call,) = calls(decision)
    assert call.approved
    assert statuses(story)["scale"] == "pending"


def test_human_approval_of_the_transition_lets_ask_run(graph):
    story = Story(graph)
    story.alert(
        severity="P1", title="High Latency", labels={"service": "checkout"}, metrics={"p99_ms": 1.0}
    )
    decision = story.say("gate.approved")
    (call,) = calls(decision)
    assert call.approved


def test_what_an_approver_is_shown_holds_targets_and_filled_arguments(graph):
    story = Story(graph)
    story.alert(severity="P1", title="High Latency", labels={"service": "checkout"})
    (gate,) = story.incident.gates.values()
    assert gate.shown["steps"][0] == {
        "step": "scale",
        "hook": "scale_up",
        "method": "POST",
        "url": "https://api.internal/scale",
        "with": {"service": "checkout", "replicas": 4},
    }


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("off", set()),
        ("observe", {"observed"}),
        ("ask", {"waiting"}),
        ("auto", {"pending", "planned"}),
    ],
)
def test_daemon_level_caps_remediation(graph, mode, expected):
    story = Story(graph, automation=mode)
    story.alert(
        severity="P2", title="High Latency", labels={"service": "c"}, metrics={"p99_ms": 1.0}
    )
    assert set(statuses(story).values()) == expected
    assert story.incident.state == "MITIGATING"


def test_incident_that_no_runbook_matches_says_so(graph):
    story = Story(graph)
    decision = story.alert(severity="P2", title="Disk full")
    notes = [c.reason for c in decision.records[0].changes if c.__struct_config__.tag == "note"]
    assert notes == ["no runbook matches: there is nothing to remediate with"]


def test_reopened_incident_gets_new_keys(graph):
    story = open_p2(graph)
    first = calls(story.decisions[0])[0].key
    story.alert("resolved")
    decision = story.alert(severity="P2", title="High Latency")
    assert calls(decision)[0].key != first
