"""What a taken rule does: fields, people, channels, hooks, and tickets."""

from __future__ import annotations

import json

import pytest

from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.interpreter.core.record import CallHook, OpenTicket
from interlock.rulebook import compile_rulebook
from support.story import MINUTE, Story, kinds, moves, told

HEAD = """\
severity_matrix:
  P1: {sla_minutes: 15, auto_remediation: true, notification_channels: [chat],
       escalation: [{after: 5m, notify: [boss]}]}
  P3: {auto_remediation: false, notification_channels: [chat]}
notification_channels: {chat: {type: log}, boss: {type: log}}
on_call: {schedules: {sre: {people: [ada]}}}
remediation_hooks:
  - {id: drain, endpoint: "https://api.internal/drain", idempotency_key: key}
  - {id: restart, endpoint: "https://api.internal/restart", idempotency_key: key}
  - {id: shadow, endpoint: "https://api.internal/shadow", automation: observe}
runbooks:
  first: {match: 'true', steps: [{id: a, hook: drain}, {id: b, hook: restart}]}
  second: {steps: [{id: only, hook: restart}]}
  half: {steps: [{id: look, hook: shadow}, {id: act, hook: restart}]}
  loud: {steps: [{id: x, hook: drain, on_failure: escalate}, {id: y, hook: restart}]}
"""


def story_of(action: str, severity: str = "P1", **on_call) -> Story:
    rule = f"  - {{id: go, transition: DETECTED -> TRIAGE, validator: 'true', action: {action}}}\n"
    story = Story(compile_rulebook(HEAD + "workflow_rules:\n" + rule, name="actions"), **on_call)
    story.alert(severity=severity, labels={"host": "web-1"})
    assert story.incident.state == "TRIAGE"
    return story


def calls(decision):
    return [effect for effect in decision.effects if isinstance(effect, CallHook)]


def statuses(story):
    return {step.id: step.status.value for step in story.incident.steps.values()}


def test_set_field_writes_metadata_with_filled_values():
    story = story_of(
        '{do: set_field, with: {metadata.host: "{{ incident.labels.host }}", metadata.tier: 2}}'
    )
    assert story.incident.metadata == {"host": "web-1", "tier": 2}


def test_execute_remediation_steps_runs_the_runbook_it_names():
    story = story_of("{do: execute_remediation_steps, with: {runbook: second}}")
    assert statuses(story) == {"only": "pending"}


def test_runbook_may_be_named_by_a_template():
    action = '{do: execute_remediation_steps, with: {runbook: "{{ incident.labels.book }}"}}'
    rule = f"  - {{transition: DETECTED -> TRIAGE, validator: 'true', action: {action}}}\n"
    graph = compile_rulebook(HEAD + "workflow_rules:\n" + rule, name="actions")
    story = Story(graph)
    story.alert(severity="P1", labels={"book": "second"})
    assert statuses(story) == {"only": "pending"}
    other = Story(graph)
    other.alert(severity="P1", labels={"book": "missing"})
    assert other.incident.steps == {}
    assert any("there is no runbook" in reason for reason in other.incident.needs_attention)


def test_approver_is_shown_the_steps_of_the_runbook_that_is_named():
    rule = (
        "  - {id: go, transition: DETECTED -> TRIAGE, validator: 'true', gate: {},"
        " action: {do: execute_remediation_steps, with: {runbook: second}}}\n"
    )
    story = Story(compile_rulebook(HEAD + "workflow_rules:\n" + rule, name="actions"))
    story.alert(severity="P1")
    assert [step["step"] for step in story.incident.gates["go"].shown["steps"]] == ["only"]


def test_schedule_that_a_template_names_wrongly_asks_for_attention():
    action = '{do: assign_on_call, with: {schedule: "{{ incident.labels.host }}"}}'
    story = story_of(action, sre="ada")
    assert story.incident.assigned_engineer is None
    assert any("web-1 has nobody on call" in reason for reason in story.incident.needs_attention)


def test_on_call_engineer_is_assigned_from_the_facts():
    assert story_of("assign_on_call", sre="ada").incident.assigned_engineer == "ada"


def test_waiting_actions_are_all_started_with_the_arguments_they_were_listed_with():
    action = "[{do: drain, with: {host: web-1}}, {do: restart, with: {soft: true}}]"
    story = story_of(action, severity="P3")
    assert statuses(story) == {"drain": "waiting", "restart": "waiting"}
    decision = story.say("runbook.start")
    bodies = {call.hook: json.loads(call.body) for call in calls(decision)}
    assert {hook: {k: v for k, v in b.items() if k != "key"} for hook, b in bodies.items()} == {
        "drain": {"host": "web-1"},
        "restart": {"soft": True},
    }
    assert all(call.approved for call in calls(decision))


def test_nothing_follows_a_step_that_is_only_observed():
    story = story_of("half")
    assert calls(story.decisions[-1]) == []
    assert statuses(story) == {"look": "observed", "act": "observed"}
    assert "raised" not in kinds(story.decisions[-1])


def test_failed_step_that_escalates_tells_whom_escalation_tells():
    story = story_of("loud")
    decision = story.outcome("loud/x", "failed", detail="503")
    assert {"step_failed:chat", "escalation:boss"} <= set(told(decision))
    assert statuses(story) == {"x": "failed", "y": "cancelled"}


def test_outcome_delivered_twice_is_applied_once():
    story = story_of("second")
    key = story.incident.steps["second/only"].key
    outcome = OutcomeInput(key=key, path="second/only", status=OutcomeStatus.SUCCEEDED)
    assert "raised" in kinds(story.receive(outcome))
    assert kinds(story.receive(outcome)) == ["note"]


def test_step_in_doubt_is_settled_by_a_late_answer():
    story = story_of("second")
    story.outcome("second/only", "in_doubt")
    story.outcome("second/only", "succeeded")
    assert statuses(story) == {"only": "succeeded"}


def test_step_in_doubt_is_called_again_with_a_new_key_when_a_person_says_so():
    story = story_of("second")
    before = story.incident.steps["second/only"].key
    story.outcome("second/only", "in_doubt")
    (call,) = calls(story.say("runbook.start"))
    assert call.key != before
    assert call.approved


def test_steps_of_a_rule_named_like_a_message_are_settled_all_the_same():
    rule = "  - {id: notify, transition: DETECTED -> TRIAGE, validator: 'true', action: drain}\n"
    story = Story(compile_rulebook(HEAD + "workflow_rules:\n" + rule, name="actions"))
    story.alert(severity="P1")
    story.outcome("notify/0/drain")
    assert statuses(story) == {"drain": "succeeded"}


def test_message_that_reached_nobody_is_told_elsewhere_once():
    story = story_of("notify")
    effect = next(e for e in story.decisions[0].effects if e.path.startswith("notify/opened"))
    failed = OutcomeInput(
        key=effect.key, path=effect.path, status=OutcomeStatus.FAILED, detail="404"
    )
    decision = story.receive(failed)
    assert told(decision) == ["undelivered:log"]
    (again,) = decision.effects
    failed = OutcomeInput(key=again.key, path=again.path, status=OutcomeStatus.FAILED, detail="x")
    assert told(story.receive(failed)) == []


def test_message_that_was_delivered_changes_nothing():
    story = story_of("notify")
    effect = story.decisions[0].effects[0]
    ended = OutcomeInput(key=effect.key, path=effect.path, status=OutcomeStatus.SUCCEEDED)
    decision = story.receive(ended)
    assert (kinds(decision), decision.effects) == (["note"], ())


@pytest.mark.parametrize(("owner", "expected"), [("", "ada"), ("incident.labels.team", "db")])
def test_ticket_goes_to_the_owner_that_the_rulebook_names(owner, expected):
    section = f"post_mortem: {{due: 5d, owner: {owner}}}\n" if owner else ""
    rules = (
        "workflow_rules:\n  - {transition: DETECTED -> TRIAGE, validator: 'true',"
        " action: assign_on_call}\n"
    )
    story = Story(compile_rulebook(HEAD + section + rules, name="pm"), sre="ada")
    story.alert(severity="P1", labels={"team": "db"})
    story.alert("resolved")
    decision = story.timer("post_mortem")
    (ticket,) = [e for e in decision.effects if isinstance(e, OpenTicket)]
    assert ticket.due == story.incident.resolved_at + 5 * 24 * 60 * MINUTE
    assert story.incident.post_mortem["owner"] == expected


def test_reopened_incident_keeps_its_one_ticket():
    story = story_of("notify")
    story.alert("resolved")
    story.wait(30 * MINUTE)
    first = story.timer("post_mortem")
    story.alert(severity="P1")
    assert story.incident.generation == 2
    story.alert("resolved")
    second = story.timer("post_mortem")
    tickets = [e for d in (first, second) for e in d.effects if isinstance(e, OpenTicket)]
    assert len(tickets) == 2
    assert len({ticket.ticket for ticket in tickets}) == 1
    assert len({ticket.key for ticket in tickets}) == 2


def test_human_who_asks_for_the_transition_lets_ask_run():
    rules = (
        "workflow_rules:\n  - {transition: DETECTED -> TRIAGE, validator: 'true'}\n"
        "  - {transition: TRIAGE -> MITIGATING, trigger: [fix.now], action: drain}\n"
    )
    story = Story(compile_rulebook(HEAD + rules, name="asked"))
    story.alert(severity="P3")
    decision = story.say("fix.now")
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    (call,) = calls(decision)
    assert call.approved
