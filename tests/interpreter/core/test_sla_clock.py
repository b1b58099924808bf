"""The SLA clock runs from opening to the first resolved state, and stands still where told to."""

from __future__ import annotations

from interlock.rulebook import compile_rulebook
from support.story import MINUTE, START, Story

RULEBOOK = """\
severity_matrix:
  P1: {sla_minutes: 15}
  P2: {sla_minutes: 60}
  P4: {}
lifecycle: {extend: default, states: [VENDOR, PARTS], sla_paused: [VENDOR, PARTS]}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: "TRIAGE, PARTS -> VENDOR", trigger: [vendor.asked]}
  - {transition: VENDOR -> PARTS, trigger: [parts.ordered]}
  - {transition: "VENDOR, PARTS -> TRIAGE", trigger: [vendor.answered]}
  - {transition: "any -> RESOLVED", trigger: [alert.resolved, fixed]}
"""


def begin(severity="P2"):
    story = Story(compile_rulebook(RULEBOOK, name="sla"))
    story.alert(severity=severity)
    return story


def due(story):
    timer = story.incident.timers.get("sla")
    return None if timer is None else (timer.due - START) // MINUTE


def test_the_clock_stands_still_in_a_state_that_pauses_it():
    story = begin()
    assert due(story) == 60
    story.wait(10 * MINUTE)
    story.say("vendor.asked")
    assert due(story) is None
    story.wait(300 * MINUTE)
    story.say("vendor.answered")
    assert due(story) == 360


def test_from_one_paused_state_to_another_it_stands_still():
    story = begin()
    story.say("vendor.asked")
    story.wait(30 * MINUTE)
    story.say("parts.ordered")
    story.wait(30 * MINUTE)
    story.say("vendor.answered")
    assert due(story) == 120


def test_pauses_add_up():
    story = begin()
    for _ in range(3):
        story.say("vendor.asked")
        story.wait(20 * MINUTE)
        story.say("vendor.answered")
    assert due(story) == 120


def test_a_raised_severity_counts_from_opening_without_the_pauses():
    story = begin()
    story.say("vendor.asked")
    story.wait(20 * MINUTE)
    story.say("severity.set", severity="P1", reason="worse")
    assert due(story) is None
    story.wait(20 * MINUTE)
    story.say("vendor.answered")
    assert due(story) == 15 + 40


def test_a_missed_sla_is_not_paused_and_not_missed_again():
    story = begin()
    story.timer("sla")
    story.say("vendor.asked")
    assert story.incident.sla_paused_at is None
    story.wait(20 * MINUTE)
    story.say("vendor.answered")
    assert due(story) is None


def test_a_pause_before_there_is_an_sla_counts_once_there_is_one():
    story = begin("P4")
    story.say("vendor.asked")
    story.wait(20 * MINUTE)
    story.say("vendor.answered")
    assert due(story) is None
    story.say("severity.set", severity="P1", reason="worse")
    assert due(story) == 35


def test_resolved_from_a_pause_it_ends():
    story = begin()
    story.say("vendor.asked")
    story.wait(20 * MINUTE)
    story.say("fixed")
    assert story.incident.state == "POST_MORTEM"
    assert due(story) is None
    assert story.incident.sla_paused_at is None


def test_a_reopened_incident_has_a_clock_of_its_own():
    story = begin()
    story.say("vendor.asked")
    story.wait(20 * MINUTE)
    story.alert("resolved")
    story.wait(5 * MINUTE)
    story.alert()
    assert story.incident.generation == 2
    assert due(story) == 85
    assert story.incident.sla_paused_ns == 0
