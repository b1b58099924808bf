"""Declared gates: who, how many, how long, and what goes round them."""

from __future__ import annotations

import pytest

from interlock.rulebook import compile_rulebook
from support.story import MINUTE, Story, kinds, moves, told

RULEBOOK = """\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, notification_channels: [chat]}
  P2: {sla_minutes: 60, notification_channels: [chat]}
notification_channels: {chat: {type: log}}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: incident.metrics.rate > 0.2
    gate: {when: severity.approval_required, approvals: 2, exclude: [requester], expires: 30m}
  - {id: round, transition: TRIAGE -> MITIGATING, trigger: [shortcut.taken]}
"""


@pytest.fixture
def story():
    story = Story(compile_rulebook(RULEBOOK, name="gates"))
    story.alert(severity="P1", metrics={"rate": 0.5})
    return story


def gate_of(story):
    return story.incident.gates["mitigate"]


def test_gate_opens_with_what_it_needs_and_until_when(story):
    gate = gate_of(story)
    assert (gate.status, gate.needed, gate.requester) == ("open", 2, None)
    assert gate.expires_at == story.now + 30 * MINUTE
    assert story.incident.timers["gate/mitigate"].due == gate.expires_at


def test_quorum_counts_distinct_principals(story):
    assert moves(story.say("gate.approved", actor="ada")) == []
    assert moves(story.say("gate.approved", actor="ada")) == []
    assert moves(story.say("gate.approved", actor="grace")) == ["TRIAGE -> MITIGATING"]
    assert gate_of(story).status == "satisfied"
    assert "gate/mitigate" not in story.incident.timers


def test_guard_is_tried_again_when_the_gate_is_satisfied(story):
    story.say("gate.approved", actor="ada")
    story.alert(severity="P1", metrics={"rate": 0.1})
    assert moves(story.say("gate.approved", actor="grace")) == []
    assert gate_of(story).is_open
    assert len(gate_of(story).approvals) == 2
    assert moves(story.alert(severity="P1", metrics={"rate": 0.9})) == ["TRIAGE -> MITIGATING"]


def test_ungated_rule_to_the_same_target_does_not_go_round_an_open_gate(story):
    decision = story.say("shortcut.taken")
    assert moves(decision) == []
    assert next((t.rule, t.outcome) for t in decision.trace) == ("round", "shadowed")


def test_expired_gate_stays_closed_until_its_target_is_asked_for(story):
    decision = story.timer("gate/mitigate")
    assert gate_of(story).status == "expired"
    assert "gate_expired:chat" in told(decision)
    story.alert(severity="P1", metrics={"rate": 0.6})
    assert gate_of(story).status == "expired"
    story.say("mitigation.approved")
    assert gate_of(story).is_open


def test_requester_may_not_approve_what_they_asked_for(story):
    story.timer("gate/mitigate")
    story.say("mitigation.approved", actor="ada")
    assert gate_of(story).requester == "ada"
    decision = story.say("gate.approved", actor="ada")
    assert decision.disposition == "rejected"
    assert gate_of(story).approvals == ()


def test_leaving_the_state_closes_the_gate(story):
    story.alert("resolved")
    assert gate_of(story).status == "closed"
    assert story.say("gate.approved").disposition == "rejected"


def test_gate_that_does_not_apply_lets_the_rule_through():
    story = Story(compile_rulebook(RULEBOOK, name="gates"))
    decision = story.alert(severity="P2", metrics={"rate": 0.5})
    assert moves(decision) == ["DETECTED -> TRIAGE", "TRIAGE -> MITIGATING"]


def test_raised_severity_voids_approvals_of_what_has_changed():
    text = RULEBOOK.replace("when: severity.approval_required, ", "")
    story = Story(compile_rulebook(text, name="gates"))
    story.alert(severity="P2", metrics={"rate": 0.5})
    story.say("gate.approved", actor="ada")
    before = gate_of(story).digest
    story.alert(severity="P1", metrics={"rate": 0.5})
    assert gate_of(story).digest != before
    assert gate_of(story).approvals == ()


def test_raised_severity_lets_a_denied_gate_open_again():
    text = RULEBOOK.replace("when: severity.approval_required, ", "")
    story = Story(compile_rulebook(text, name="gates"))
    story.alert(severity="P2", metrics={"rate": 0.5})
    story.say("gate.denied")
    decision = story.alert(severity="P1", metrics={"rate": 0.5})
    assert gate_of(story).is_open
    assert kinds(decision).count("gate") == 2


TEAMS = RULEBOOK.replace(
    "notification_channels: {chat",
    "owner: event.labels.team\nteams: {db: {approvers: [dba]}}\nnotification_channels: {chat",
    1,
)


@pytest.mark.parametrize(("team", "roles"), [("db", ("dba",)), ("web", ()), (None, ())])
def test_a_gate_that_names_nobody_asks_the_approvers_of_the_owning_team(team, roles):
    story = Story(compile_rulebook(TEAMS, name="gates"))
    labels = {} if team is None else {"team": team}
    story.alert(severity="P1", metrics={"rate": 0.5}, labels=labels)
    assert gate_of(story).roles == roles


def test_a_gate_that_names_roles_asks_them_whatever_the_team():
    text = TEAMS.replace("approvals: 2,", "approvals: 2, from: [sre-leads],")
    story = Story(compile_rulebook(text, name="gates"))
    story.alert(severity="P1", metrics={"rate": 0.5}, labels={"team": "db"})
    assert gate_of(story).roles == ("sre-leads",)
