"""Gates over time: what binds an approval, what voids it, who asked, when it is too late."""

from __future__ import annotations

from interlock.interpreter.core.record import CallHook
from interlock.rulebook import compile_rulebook
from support.story import MINUTE, SECOND, Story, kinds, moves, told

HEAD = """\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, auto_remediation: true,
       notification_channels: [chat]}
  P2: {sla_minutes: 60, auto_remediation: true, notification_channels: [chat]}
notification_channels: {chat: {type: log}}
remediation_hooks:
  - {id: drain, endpoint: "https://api.internal/drain", idempotency_key: key}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
"""
MITIGATE = """\
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: 'true'
    gate: {approvals: 1, exclude: [requester], expires: 30m}
    action: {do: drain, with: {host: "{{ incident.labels.host }}"}}
"""


def graph_of(rules: str, head: str = HEAD):
    return compile_rulebook(head + rules, name="gates")


def gate_of(story, name="mitigate"):
    return story.incident.gates[name]


def waiting(rules: str = MITIGATE, **fields) -> Story:
    story = Story(graph_of(rules))
    fields.setdefault("labels", {"host": "web-1"})
    story.alert(severity="P1", **fields)
    assert gate_of(story).is_open
    return story


def test_changed_arguments_void_approvals_and_are_shown_anew():
    story = waiting(MITIGATE.replace("approvals: 1", "approvals: 2"))
    story.say("gate.approved", actor="ada")
    before = gate_of(story)
    decision = story.alert(severity="P1", labels={"host": "web-2"})
    after = gate_of(story)
    assert after.digest != before.digest
    assert after.approvals == ()
    assert after.shown["steps"][0]["with"] == {"host": "web-2"}
    assert "approval_needed:chat" in told(decision)
    assert moves(story.say("gate.approved", actor="grace")) == []


def test_approval_of_arguments_that_have_changed_since_is_rejected():
    story = waiting()
    seen = gate_of(story).digest
    story.alert(severity="P1", labels={"host": "web-2"})
    assert story.say("gate.approved", digest=seen).disposition == "rejected"
    decision = story.say("gate.approved", digest=gate_of(story).digest)
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    (call,) = [e for e in decision.effects if isinstance(e, CallHook)]
    assert '"web-2"' in call.body


def test_what_is_shown_does_not_depend_on_the_event_that_approves():
    rules = MITIGATE.replace("incident.labels.host", "event.labels.host")
    story = waiting(rules)
    seen = gate_of(story).digest
    decision = story.say("gate.approved", digest=seen)
    assert moves(decision) == ["TRIAGE -> MITIGATING"]


def test_changed_endpoint_of_the_live_rulebook_voids_an_approval():
    story = waiting(MITIGATE.replace("approvals: 1", "approvals: 2"))
    story.say("gate.approved", actor="ada")
    moved = HEAD.replace("internal/drain", "internal/v2/drain")
    story.live = graph_of(MITIGATE, moved)
    decision = story.say("gate.approved", actor="grace")
    assert moves(decision) == []
    assert [a.principal for a in gate_of(story).approvals] == ["grace"]


def test_hook_gone_from_the_live_rulebook_is_shown_as_gone_and_never_called():
    story = waiting()
    story.live = graph_of("", HEAD.replace("id: drain", "id: other"))
    story.alert(severity="P1")
    assert gate_of(story).shown["steps"][0]["hook"] == "drain"
    assert "url" not in gate_of(story).shown["steps"][0]
    decision = story.say("gate.approved")
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    assert not [e for e in decision.effects if isinstance(e, CallHook)]


def test_open_gate_stands_though_it_would_no_more_apply():
    rules = MITIGATE.replace("approvals: 1", "when: severity.approval_required, approvals: 1")
    story = waiting(rules)
    story.say("severity.set", severity="P2", reason="one region only")
    assert gate_of(story).is_open
    assert moves(story.alert(severity="P2")) == []
    assert moves(story.say("gate.approved")) == ["TRIAGE -> MITIGATING"]


def test_approval_at_the_deadline_is_too_late_though_no_timer_fired_yet():
    story = waiting()
    story.wait(30 * MINUTE)
    decision = story.say("gate.approved")
    assert decision.disposition == "rejected"
    assert gate_of(story).status == "expired"
    assert "gate_expired:chat" in told(decision)
    assert "gate/mitigate" not in story.incident.timers


def test_approval_just_before_the_deadline_counts():
    story = waiting()
    story.wait(30 * MINUTE - 1)
    assert moves(story.say("gate.approved")) == ["TRIAGE -> MITIGATING"]


def test_satisfied_gate_whose_time_passes_before_its_guard_holds_does_not_let_through():
    rules = MITIGATE.replace("'true'", "incident.metrics.rate > 0.2")
    story = waiting(rules, metrics={"rate": 0.5})
    story.alert(severity="P1", metrics={"rate": 0.1})
    story.say("gate.approved")
    assert len(gate_of(story).approvals) == 1
    story.wait(31 * MINUTE)
    assert moves(story.alert(severity="P1", metrics={"rate": 0.9})) == []
    assert gate_of(story).status == "expired"


def test_satisfied_gate_whose_guard_is_an_error_keeps_its_approvals():
    rules = MITIGATE.replace("'true'", "double(incident.labels.rate) > 0.2")
    story = waiting(rules, labels={"host": "web-1", "rate": "0.5"})
    story.alert(severity="P1", labels={"rate": "lots"})
    decision = story.say("gate.approved")
    assert decision.disposition == "applied"
    assert gate_of(story).is_open
    assert len(gate_of(story).approvals) == 1
    assert moves(story.alert(severity="P1", labels={"rate": "0.7"})) == ["TRIAGE -> MITIGATING"]


def test_gate_of_an_automatic_rule_has_no_requester_whoever_sent_the_event():
    story = Story(graph_of(MITIGATE))
    story.alert(severity="P1", labels={"host": "a"})
    story.say("gate.denied", actor="ada")
    story.say("severity.set", actor="ada", severity="P2", reason="not that bad")
    story.say("severity.set", actor="ada", severity="P1", reason="worse again")
    assert gate_of(story).is_open
    assert gate_of(story).requester is None


def test_approval_is_an_input_like_any_other_and_tries_named_rules():
    rules = MITIGATE.replace("approvals: 1", "approvals: 2") + (
        "  - {id: heard, transition: TRIAGE -> TRIAGE, trigger: [gate.approved],"
        " action: {do: notify, with: {to: chat, message: one more}}}\n"
    )
    story = waiting(rules)
    decision = story.say("gate.approved")
    assert moves(decision) == ["TRIAGE -> TRIAGE"]
    assert "notice:chat" in told(decision)


def test_mitigation_approved_with_two_gates_to_its_state_asks_which():
    rules = MITIGATE + MITIGATE.replace("id: mitigate", "id: other")
    story = waiting(rules)
    decision = story.say("mitigation.approved")
    assert decision.disposition == "rejected"
    assert moves(story.say("mitigation.approved", gate="other")) == ["TRIAGE -> MITIGATING"]


def test_denied_gate_is_closed_to_a_late_approval():
    story = waiting()
    story.say("gate.denied")
    decision = story.say("gate.approved")
    assert decision.disposition == "rejected"
    assert moves(decision) == []


def test_deny_wins_over_approvals_that_have_not_yet_led_anywhere():
    rules = MITIGATE.replace("'true'", "incident.metrics.rate > 0.2")
    story = waiting(rules, metrics={"rate": 0.5})
    story.alert(severity="P1", metrics={"rate": 0.1})
    story.say("gate.approved", actor="ada")
    story.say("gate.denied", actor="grace")
    assert moves(story.alert(severity="P1", metrics={"rate": 0.9})) == []
    assert gate_of(story).status == "denied"


def test_expiry_that_escalates_needs_attention_and_stays_closed():
    rules = MITIGATE.replace("expires: 30m", "expires: 30m, on_expiry: escalate")
    story = waiting(rules)
    decision = story.timer("gate/mitigate")
    assert "escalation:chat" in told(decision)
    assert gate_of(story).status == "expired"
    assert story.incident.needs_attention


def test_gate_opened_can_trigger_a_rule_that_stays():
    rules = MITIGATE + (
        "  - {id: page, transition: TRIAGE -> TRIAGE, trigger: [gate.opened],"
        " action: {do: notify, with: {to: chat, message: look}}}\n"
    )
    story = Story(graph_of(rules))
    decision = story.alert(severity="P1", labels={"host": "web-1"})
    assert moves(decision) == ["DETECTED -> TRIAGE", "TRIAGE -> TRIAGE"]
    assert gate_of(story).is_open


def test_self_transition_leaves_an_open_gate_and_its_deadline_alone():
    rules = MITIGATE + "  - {id: stay, transition: TRIAGE -> TRIAGE, trigger: [note.added]}\n"
    story = waiting(rules)
    story.wait(SECOND)
    decision = story.say("note.added")
    assert moves(decision) == ["TRIAGE -> TRIAGE"]
    assert gate_of(story).is_open
    assert "gate/mitigate" in story.incident.timers
    assert "gate" not in kinds(decision)


def test_denial_does_not_let_through_what_needs_no_approval_any_more():
    story = waiting(MITIGATE.replace("{approvals", "{when: severity.approval_required, approvals"))
    story.say("severity.set", severity="P2", reason="a false alarm")
    assert gate_of(story).is_open
    assert moves(story.say("gate.denied")) == []
    assert moves(story.say("incident.noted", reason="looked at it")) == []
    assert story.incident.state == "TRIAGE"
    assert moves(story.say("mitigation.approved")) == ["TRIAGE -> MITIGATING"]


def test_expiry_does_not_let_through_what_needs_no_approval_any_more():
    story = waiting(MITIGATE.replace("{approvals", "{when: severity.approval_required, approvals"))
    story.say("severity.set", severity="P2", reason="a false alarm")
    assert moves(story.timer("gate/mitigate")) == []
    assert story.incident.state == "TRIAGE"
