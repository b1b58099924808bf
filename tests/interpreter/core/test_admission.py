"""Which incident an event concerns: ids, groups, sources, signals that open."""

from __future__ import annotations

import pytest

from interlock.interpreter.core import Event, Facts, Origin
from interlock.interpreter.core.admit import Group, admit, leave_unmatched
from interlock.rulebook import compile_rulebook
from support.rulebooks import REFERENCE
from support.story import MINUTE, START, Story, moves, told

GROUPED = REFERENCE + "correlation: [{group_by: [event.labels.service]}]\n"
DECLARED = (
    REFERENCE
    + """\
events: {opens: [alert.triggered, incident.declared], deploy.rolled_back: MITIGATING}
owner: event.labels.team
"""
)


@pytest.fixture(scope="module")
def grouped():
    return compile_rulebook(GROUPED, name="grouped")


@pytest.fixture(scope="module")
def declared():
    return compile_rulebook(DECLARED, name="declared")


def test_refire_of_an_old_id_joins_the_open_incident_of_its_group(grouped):
    story = Story(grouped)
    story.alert(id="one", severity="P2", labels={"service": "checkout"})
    story.alert("resolved", id="one")
    story.wait(60 * MINUTE)
    story.alert(id="two", severity="P2", labels={"service": "checkout"})
    assert story.incident.id == "two"
    story.alert(id="one", severity="P2", labels={"service": "checkout"})
    assert story.incident.id == "two"
    assert set(story.incidents) == {"one", "two"}


def test_resolve_of_an_old_id_reaches_the_incident_that_holds_it_as_a_member(grouped):
    story = Story(grouped)
    labels = {"service": "checkout"}
    story.alert(id="one", severity="P2", labels=labels)
    story.alert("resolved", id="one", labels=labels)
    story.wait(60 * MINUTE)
    story.alert(id="two", severity="P2", labels=labels)
    story.alert(id="one", severity="P2", labels=labels)
    story.alert("resolved", id="two", labels=labels)
    assert story.incident.is_open
    decision = story.alert("resolved", id="one", labels=labels)
    assert story.incident.id == "two"
    assert moves(decision)[0] == "MITIGATING -> RESOLVED"


def test_refire_soon_after_its_resolution_reopens_by_id(grouped):
    story = Story(grouped)
    story.alert(id="one", severity="P2", labels={"service": "checkout"})
    story.alert("resolved", id="one", labels={"service": "checkout"})
    story.alert(id="one", severity="P2", labels={"service": "checkout"})
    assert (story.incident.id, story.incident.generation) == ("one", 2)


def test_id_taken_by_another_source_gets_the_next_free_name():
    story = Story(compile_rulebook(REFERENCE, name="reference"))
    story.alert(id="one", severity="P2", source="zabbix")
    story.alert(id="one", severity="P2", source="nagios", actor="source:nagios")
    assert set(story.incidents) == {"one", "one~2"}
    assert story.incident.previous is None
    story.alert("resolved", id="one", source="zabbix")
    assert story.incident.id == "one"
    assert story.incidents["one~2"].is_open


def test_cancelled_incident_is_not_reopened():
    text = REFERENCE.replace(
        "workflow_rules:\n",
        "lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}\nworkflow_rules:\n"
        "  - {transition: any -> CANCELLED, trigger: [incident.false_positive]}\n",
    )
    story = Story(compile_rulebook(text, name="cancelled"))
    story.alert(severity="P2")
    decision = story.say("incident.false_positive")
    assert moves(decision) == ["MITIGATING -> CANCELLED"]
    assert (story.incident.resolved_at, story.incident.closed_at) == (None, story.now)
    assert story.incident.timers == {}
    assert any(about.startswith("closed:") for about in told(decision))
    story.alert(severity="P2")
    assert (story.incident.id, story.incident.previous) == ("test-1~2", "test-1")


def test_person_may_open_an_incident(declared):
    story = Story(declared)
    decision = story.say(
        "incident.declared", id="INC-7", title="Checkout is slow", labels={"team": "payments"}
    )
    assert story.incident.id == "INC-7"
    assert story.incident.owner == "payments"
    assert story.incident.alerts == {}
    assert decision.records[0].actor == "ada"
    assert moves(decision)[0] == "DETECTED -> TRIAGE"


def test_declaring_an_incident_that_is_open_joins_it_and_one_that_is_over_opens_the_next(declared):
    story = Story(declared)
    story.say("incident.declared", id="INC-7")
    story.say("incident.declared", id="INC-7")
    assert set(story.incidents) == {"INC-7"}
    story.say("incident.resolved", id="INC-7")
    assert not story.incident.is_open
    story.say("incident.declared", id="INC-7")
    assert (story.incident.id, story.incident.previous) == ("INC-7~2", "INC-7")


def test_signal_that_opens_without_an_id_gets_a_derived_one(declared):
    event = Event(type="incident.declared", origin=Origin.HUMAN, title="slow")
    first, second = (
        admit(declared, Group(), event, Facts(), START),
        admit(declared, Group(), event, Facts(), START),
    )
    assert first.action == "open"
    assert first.wanted_id == second.wanted_id
    assert first.wanted_id.startswith("inc-")


def test_owner_that_cannot_be_read_is_none(declared):
    story = Story(declared)
    story.alert(severity="P2")
    assert story.incident.owner is None


def test_signal_about_no_incident_is_unmatched(declared):
    event = Event(type="engineer.ack", origin=Origin.HUMAN, id="nothing")
    assert admit(declared, Group(), event, Facts(), START).action == "unmatched"


def test_resolve_of_nothing_is_unmatched_and_tells_nobody(declared):
    event = Event(type="alert.resolved", origin=Origin.ALERT, status="resolved", fingerprint="x")
    admission = admit(declared, Group("k"), event, Facts(), START)
    assert admission.action == "unmatched"
    decision = leave_unmatched(
        "group/k", 1, event, admission.reason, Facts(), START, actor="source:x", live=declared
    )
    assert decision.disposition == "unmatched"
    assert decision.effects == ()


def test_unmatched_firing_alert_is_told(declared):
    event = Event(
        type="alert.odd", origin=Origin.ALERT, status="firing", fingerprint="x", severity="P2"
    )
    admission = admit(declared, Group("k"), event, Facts(), START)
    assert admission.action == "unmatched"
    decision = leave_unmatched(
        "group/k", 3, event, admission.reason, Facts(), START, actor="source:x", live=declared
    )
    assert [effect.channel for effect in decision.effects] == ["slack_ops", "email"]
    assert decision.records[0].effects == decision.effects
    assert len({effect.key for effect in decision.effects}) == 2


def test_severity_of_a_custom_matrix_rises_by_its_number():
    text = "severity_matrix:\n  SEV1: {sla_minutes: 5}\n  SEV2: {sla_minutes: 30}\n"
    story = Story(compile_rulebook(text, name="custom"))
    story.alert(severity="SEV2")
    story.alert(severity="SEV1")
    assert story.incident.severity == "SEV1"
    assert story.incident.timers["sla"].due == story.incident.opened_at + 5 * MINUTE
