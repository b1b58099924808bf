"""What people say: acknowledgements, approvals, severity, notes; and what is rejected."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.rulebook import compile_rulebook
from support.rulebooks import REFERENCE
from support.story import Story, kinds, moves


@pytest.fixture(scope="module")
def graph():
    return compile_rulebook(REFERENCE, name="reference")


@pytest.fixture
def p1(graph):
    story = Story(graph)
    story.alert(severity="P1", title="High Latency")
    return story


def rejection(story):
    return next(
        c
        for c in story.decisions[-1].records[0].changes
        if hasattr(c, "wanted") or c.__struct_config__.tag == "rejected"
    )


def test_ack_is_applied_in_any_open_state_and_clears_attention(p1):
    decision = p1.say("engineer.ack")
    assert decision.disposition == "applied"
    assert p1.incident.acknowledged_by == "ada"
    assert p1.incident.acknowledged_at == p1.now
    assert p1.incident.needs_attention == ()


def test_claimed_name_without_authentication_is_kept_as_claimed(p1):
    p1.say("engineer.ack", actor="anonymous", data={"by": "grace"})
    assert p1.incident.acknowledged_by == "anonymous (claimed: grace)"


def test_ack_after_resolution_is_rejected(p1):
    p1.alert("resolved")
    assert p1.say("engineer.ack").disposition == "rejected"


def test_unack_without_ack_is_rejected(p1):
    assert p1.say("engineer.unack").disposition == "rejected"


def test_event_that_asks_for_a_state_no_rule_leads_to_is_rejected_with_the_reason(p1):
    decision = p1.say("postmortem.created")
    assert decision.disposition == "rejected"
    assert rejection(p1).reason == "no rule leads from TRIAGE to POST_MORTEM"
    assert rejection(p1).to == "POST_MORTEM"


def test_event_that_asks_for_the_present_state_is_applied_and_changes_nothing(graph):
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.say("mitigation.approved")
    assert decision.disposition == "applied"
    assert kinds(decision) == []


def test_denied_gate_stays_closed_until_its_target_is_asked_for(p1):
    p1.say("gate.denied", reason="not now")
    assert p1.incident.state == "TRIAGE"
    (gate,) = p1.incident.gates.values()
    assert gate.status == "denied"
    p1.alert(severity="P1")
    assert p1.incident.gates[gate.name].status == "denied"
    decision = p1.say("mitigation.approved")
    assert decision.disposition == "applied"
    assert p1.incident.gates[gate.name].status == "open"


def test_approval_of_what_has_changed_is_rejected(p1):
    decision = p1.say("gate.approved", digest="sha256:" + "0" * 64)
    assert decision.disposition == "rejected"
    assert "look again" in rejection(p1).reason


def test_approval_with_the_digest_that_was_shown_is_taken(p1):
    (gate,) = p1.incident.gates.values()
    decision = p1.say("gate.approved", digest=gate.digest, gate=gate.name)
    assert moves(decision) == ["TRIAGE -> MITIGATING"]


def test_approval_of_a_gate_that_is_not_open_is_rejected(p1):
    assert p1.say("gate.approved", gate="nothing").disposition == "rejected"


def test_engine_events_are_refused_from_people(p1):
    assert p1.say("runbook.succeeded").disposition == "rejected"


def test_severity_is_set_with_a_reason_only(p1):
    assert p1.say("severity.set", severity="P2").disposition == "rejected"
    assert p1.say("severity.set", severity="P2", reason="one region").disposition == "applied"
    assert p1.incident.severity == "P2"


def test_lowering_severity_never_weakens_an_open_gate(p1):
    p1.say("severity.set", severity="P2", reason="one region")
    (gate,) = p1.incident.gates.values()
    assert gate.status == "open"
    assert p1.incident.state == "TRIAGE"
    p1.alert(severity="P2")
    assert p1.incident.state == "TRIAGE"


def test_alert_raises_severity_and_never_lowers_it(graph):
    story = Story(graph)
    story.alert(severity="P3")
    story.alert(severity="P1")
    assert story.incident.severity == "P1"
    story.alert(severity="P4")
    assert story.incident.severity == "P1"


def test_note_and_assignment_stand_in_the_timeline(p1):
    p1.say("incident.noted", data={"note": "looking at the database"})
    assert p1.decisions[-1].records[0].changes[0].reason == "ada: looking at the database"
    p1.say("incident.assigned", data={"assignee": "grace"})
    assert p1.incident.assigned_engineer == "grace"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("incident.noted", {}),
        ("incident.assigned", {}),
        ("severity.set", {"reason": "x"}),
        ("runbook.start", {}),
    ],
)
def test_incomplete_signals_are_rejected_with_what_is_missing(p1, kind, fields):
    assert p1.say(kind, **fields).disposition == "rejected"
    assert rejection(p1).reason


PAGED = """\
severity_matrix: {P1: {notification_channels: [page, chat]}}
notification_channels:
  page: {type: pagerduty, routing_key: "${env:PD}"}
  chat: {type: log}
"""


def test_an_ack_is_told_to_pagers_alone_and_says_which_generation():
    story = Story(compile_rulebook(PAGED, name="paged"))
    story.alert(severity="P1", title="High Latency")
    decision = story.say("engineer.ack")
    (sent,) = decision.effects
    assert (sent.channel, sent.about) == ("page", "acknowledged")
    details = sent.details
    assert (details["generation"], details["severity"]) == (1, "P1")
    assert details["title"] == "High Latency"


THREAD = {"channel": "chat", "generation": 1, "conversation": "C1", "ts": "1.2"}


@pytest.mark.parametrize(
    ("result", "is_kept"),
    [(THREAD, True), ({**THREAD, "ts": 5}, False), ({"ok": True}, False), (None, False)],
)
def test_a_message_that_began_a_thread_leaves_it_with_the_incident(p1, result, is_kept):
    path = "notify/opened/chat"
    outcome = OutcomeInput(
        key="k", path=path, status=OutcomeStatus.SUCCEEDED, attempts=1, result=result
    )
    p1.receive(outcome)
    assert ("chat" in p1.incident.threads) is is_kept


def test_a_late_answer_of_an_earlier_generation_replaces_no_thread(p1):
    for generation in (2, 1):
        p1.receive(
            OutcomeInput(
                key="k",
                path="notify/opened/chat",
                status=OutcomeStatus.SUCCEEDED,
                attempts=1,
                result={**THREAD, "generation": generation},
            )
        )
    assert p1.incident.threads["chat"].generation == 2
