"""Who may say what to a gate, and what time says for them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.rulebook import compile_rulebook
from support.story import MINUTE, Story, kinds, moves, told

RULEBOOK = """\
severity_matrix:
  P1:
    auto_remediation: true
    notification_channels: [chat]
    escalation: [{after: 5m, notify: [directors]}]
notification_channels: {chat: {type: log}, directors: {type: log}}
remediation_hooks:
  - {id: drain, endpoint: "https://api.internal/drain", idempotency_key: key}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: fix
    transition: TRIAGE -> MITIGATING
    validator: incident.metrics.?rate.orValue(1.0) > 0.5
    gate: GATE
    action: {do: drain, with: {host: "{{ incident.labels.host }}"}}
"""
ROLES = {"ada": ("leads",), "grace": ("leads",), "lin": ("break-glass",), "eve": ("approver",)}


def waiting(gate="{approvals: 1, from: [leads], expires: 30m}", author=None, **roles):
    story = Story(compile_rulebook(RULEBOOK.replace("GATE", gate), name="gates"))
    story.facts = replace(story.facts, roles={**ROLES, **roles}, author=author)
    story.alert(severity="P1", labels={"host": "a"})
    return story


def gate_of(story):
    return story.incident.gates["fix"]


def test_an_approval_is_recorded_with_the_roles_it_was_given_in():
    story = waiting()
    story.say("gate.approved", actor="ada")
    (approval,) = gate_of(story).approvals
    assert (approval.principal, approval.roles) == ("ada", ("leads",))


@pytest.mark.parametrize(
    ("gate", "actor", "words"),
    [
        ("{from: [leads]}", "eve", "of leads only"),
        ("{approvals: 1}", "ada", "of approver only"),
        ("{from: [leads]}", "stranger", "of leads only"),
        ("{exclude: ['principal:eve']}", "eve", "excludes eve"),
        ("{exclude: [author]}", "eve", "wrote the rulebook's change"),
    ],
)
def test_whose_word_does_not_count(gate, actor, words):
    decision = waiting(gate, author="eve").say("gate.approved", actor=actor)
    assert decision.disposition == "rejected"
    assert words in decision.records[0].changes[-1].reason


def test_a_gate_that_excludes_an_unknown_author_takes_no_approval():
    decision = waiting("{exclude: [author]}").say("gate.approved", actor="eve")
    assert "nobody said who" in decision.records[0].changes[-1].reason


def test_a_late_word_is_recorded_as_late_and_changes_nothing():
    story = waiting()
    story.say("gate.denied", actor="eve")
    before = story.incident
    decision = story.say("gate.approved", actor="ada", gate="fix")
    assert decision.disposition == "rejected"
    assert decision.records[0].changes[-1].reason == "too late: gate fix is denied"
    assert replace(decision.incident, revision=0) == replace(before, revision=0)


def test_lowered_severity_weakens_nothing_that_is_open():
    story = waiting("{approvals: 2, from: [leads], expires: 30m}")
    before = gate_of(story)
    story.say("severity.set", actor="ada", severity="P4", reason="only one shop")
    after = gate_of(story)
    assert (after.needed, after.roles, after.expires_at) == (2, ("leads",), before.expires_at)


def test_time_approves_where_the_rulebook_says_so():
    story = waiting("{approvals: 2, from: [leads], expires: 30m, on_expiry: approve}")
    decision = story.timer("gate/fix")
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    gate = gate_of(story)
    assert (gate.status, gate.bypass.by) == ("satisfied", None)


def test_time_does_not_approve_what_was_changed_at_the_last_moment():
    story = waiting("{approvals: 2, from: [leads], expires: 30m, on_expiry: approve}")
    story.wait(31 * MINUTE)
    decision = story.alert(severity="P1", labels={"host": "b"})
    assert moves(decision) == []
    gate = gate_of(story)
    assert gate.is_open
    assert gate.bypass is None
    assert gate.expires_at == story.now + 30 * MINUTE
    assert story.incident.timers["gate/fix"].due == gate.expires_at


def test_time_approves_only_what_the_guard_still_allows():
    gate = "{approvals: 2, from: [leads], expires: 30m, on_expiry: approve}"
    story = waiting(gate)
    story.alert(severity="P1", labels={"host": "a"}, metrics={"rate": 0.1})
    assert moves(story.timer("gate/fix")) == []
    assert gate_of(story).is_open
    decision = story.alert(severity="P1", labels={"host": "a"}, metrics={"rate": 0.9})
    assert moves(decision) == ["TRIAGE -> MITIGATING"]


def test_broken_glass_pages_the_channels_and_those_of_escalation():
    decision = waiting().say("gate.break_glass", actor="lin", reason="all is down")
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    assert {"break_glass:chat", "break_glass:directors"} <= set(told(decision))
    assert "glass_broken" in kinds(decision)
    assert decision.incident.reviews[0].reason == "all is down"


def test_the_same_gate_is_not_broken_again_before_its_review():
    story = waiting()
    story.alert(severity="P1", labels={"host": "a"}, metrics={"rate": 0.1})
    assert story.say("gate.break_glass", actor="lin", reason="x").disposition == "applied"
    again = story.say("gate.break_glass", actor="lin", reason="x")
    assert again.disposition == "rejected"
    assert "waits for its review" in again.records[0].changes[-1].reason


def test_a_review_outlives_acknowledgement_resolution_and_reopening():
    story = waiting()
    story.say("gate.break_glass", actor="lin", reason="x")
    story.say("engineer.ack", actor="ada")
    story.alert("resolved")
    story.alert(severity="P1")
    assert story.incident.generation == 2
    assert [review.by for review in story.incident.reviews] == ["lin"]
    assert story.incident.needs_attention
    for actor, reason in (("lin", "fine"), ("ada", None)):
        assert story.say("gate.reviewed", actor=actor, reason=reason).disposition == "rejected"
    story.say("gate.reviewed", actor="ada", reason="was right")
    assert story.incident.reviews == ()
    assert story.say("gate.reviewed", actor="ada", reason="x").disposition == "rejected"


def test_a_review_is_not_crowded_out_by_other_reasons():
    story = waiting()
    story.say("gate.break_glass", actor="lin", reason="x")
    (attention,) = story.incident.needs_attention
    for number in range(30):
        story.receive(
            OutcomeInput(
                key="k",
                path=f"notify/opened/{number}",
                status=OutcomeStatus.FAILED,
                detail="no answer",
            )
        )
    assert attention in story.incident.needs_attention
    assert len(story.incident.needs_attention) == 20


def denied(gate="{approvals: 1, from: [leads], exclude: [requester], expires: 30m}"):
    story = waiting(gate)
    story.say("gate.denied", actor="ada", reason="not now")
    return story


def test_an_override_asks_again_and_approves_nothing():
    story = denied()
    decision = story.say("gate.overridden", actor="grace", reason="the disk is nearly full")
    assert moves(decision) == []
    gate = gate_of(story)
    assert (gate.status, gate.approvals, gate.requester) == ("open", (), "grace")
    assert "gate_overridden:chat" in told(decision)
    refused = story.say("gate.approved", actor="grace")
    assert "grace asked for" in refused.records[0].changes[-1].reason
    assert moves(story.say("gate.approved", actor="ada")) == ["TRIAGE -> MITIGATING"]


def test_an_expired_gate_is_overridden_too():
    story = waiting()
    story.timer("gate/fix")
    assert gate_of(story).status == "expired"
    story.say("gate.overridden", actor="ada", reason="we are back")
    assert gate_of(story).is_open
    assert gate_of(story).expires_at == story.now + 30 * MINUTE


@pytest.mark.parametrize(
    ("actor", "fields", "words"),
    [
        ("grace", {}, "with a `reason`"),
        ("eve", {"reason": "r"}, "of leads only"),
        ("grace", {"reason": "r", "gate": "other"}, "no such gate"),
    ],
)
def test_what_is_no_override(actor, fields, words):
    story = denied()
    decision = story.say("gate.overridden", actor=actor, **fields)
    assert decision.disposition == "rejected"
    assert words in decision.records[0].changes[-1].reason
    assert gate_of(story).status == "denied"


def test_an_open_gate_is_not_overridden():
    decision = waiting().say("gate.overridden", actor="ada", gate="fix", reason="r")
    assert "is open: only a denied or expired" in decision.records[0].changes[-1].reason


def test_an_override_where_the_guard_is_false_changes_nothing():
    story = denied()
    story.alert(severity="P1", labels={"host": "a"}, metrics={"rate": 0.1})
    decision = story.say("gate.overridden", actor="grace", reason="r")
    assert "its rule does not hold now" in decision.records[0].changes[-1].reason
    assert gate_of(story).status == "denied"
