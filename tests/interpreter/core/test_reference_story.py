"""The reference rulebook, decided input by input."""

from __future__ import annotations

import pytest

from interlock.rulebook import compile_rulebook
from support.rulebooks import REFERENCE
from support.story import MINUTE, Story, kinds, moves, told


@pytest.fixture(scope="module")
def graph():
    return compile_rulebook(REFERENCE, name="reference")


def test_p2_runs_through_triage_to_mitigating_in_one_decision(graph):
    story = Story(graph)
    decision = story.alert(severity="P2", title="High Latency")
    assert moves(decision) == ["DETECTED -> TRIAGE", "TRIAGE -> MITIGATING"]
    assert story.incident.state == "MITIGATING"
    assert story.incident.title == "High Latency"
    assert story.incident.source == "unknown"
    assert decision.disposition == "applied"


def test_p1_waits_in_triage_for_one_approval(graph):
    story = Story(graph)
    decision = story.alert(severity="P1", title="High Latency")
    assert moves(decision) == ["DETECTED -> TRIAGE"]
    (gate,) = story.incident.gates.values()
    assert (gate.status, gate.target, gate.needed) == ("open", "MITIGATING", 1)
    assert {"approval_needed:slack_critical", "approval_needed:pagerduty"} <= set(told(decision))
    approved = story.say("mitigation.approved")
    assert moves(approved) == ["TRIAGE -> MITIGATING"]
    transition = next(c for c in approved.records[0].changes if kinds_of(c) == "transition")
    assert [a.principal for a in transition.approvals] == ["ada"]
    assert approved.records[0].revision == 2


def kinds_of(change):
    return change.__struct_config__.tag


def test_resolve_leads_through_resolved_to_post_mortem_at_once(graph):
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.alert("resolved")
    assert moves(decision) == ["MITIGATING -> RESOLVED", "RESOLVED -> POST_MORTEM"]
    assert story.incident.resolved_at == story.incident.closed_at == story.now
    assert story.incident.post_mortem["status"] == "scheduled"


def test_post_mortem_ticket_is_made_when_the_incident_can_no_more_reopen(graph):
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    decision = story.timer("post_mortem")
    assert story.incident.post_mortem["status"] == "ticketed"
    assert [e.ticket for e in decision.effects] == ["PM-test-1"]
    assert story.now - story.incident.resolved_at == 30 * MINUTE


def test_p3_needs_no_post_mortem_and_that_is_recorded(graph):
    story = Story(graph)
    story.alert(severity="P3")
    story.alert("resolved")
    assert story.incident.post_mortem["status"] == "not_required"
    assert "post_mortem" not in story.incident.timers


def test_alert_without_severity_or_title_gets_the_documented_defaults(graph):
    story = Story(graph)
    story.alert()
    incident = story.incident
    assert (incident.severity, incident.title, incident.source) == (
        "P3",
        "Unknown Incident",
        "unknown",
    )


def test_refire_within_the_window_reopens_one_generation_on(graph):
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    story.wait(10 * MINUTE)
    decision = story.alert(severity="P2")
    assert "reopened" in kinds(decision)
    assert story.incident.generation == 2
    assert story.incident.state == "MITIGATING"
    assert story.incident.resolved_at is None
    assert "post_mortem" not in story.incident.timers
    assert story.incident.timers["sla"].due == story.now + 60 * MINUTE


def test_refire_after_the_window_opens_a_new_incident_with_the_previous_named(graph):
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    story.wait(31 * MINUTE)
    story.alert(severity="P2")
    assert story.incident.id == "test-1~2"
    assert story.incident.previous == "test-1"
    assert story.incident.base_id == "test-1"


def test_nobody_on_call_asks_for_attention(graph):
    story = Story(graph)
    decision = story.alert(severity="P1")
    assert story.incident.assigned_engineer is None
    assert any("nobody is assigned" in reason for reason in story.incident.needs_attention)
    assert "attention:pagerduty" in told(decision)


def test_sla_breach_is_told_once_at_its_deadline(graph):
    story = Story(graph)
    story.alert(severity="P1")
    decision = story.timer("sla")
    assert "sla_breached:slack_critical" in told(decision)
    assert "sla" not in story.incident.timers
    assert story.now - story.incident.opened_at == 15 * MINUTE


def test_resolving_in_time_cancels_the_sla(graph):
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    assert "sla" not in story.incident.timers
