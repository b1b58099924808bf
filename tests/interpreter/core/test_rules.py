"""One input, one run: order, guards in three values, timed rules, engine events."""

from __future__ import annotations

import pytest

from interlock.rulebook import RulebookError, compile_rulebook
from support.story import MINUTE, Story, kinds, moves, told

HEAD = """\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [chat], escalation: []}
  P2: {sla_minutes: 60, notification_channels: [chat]}
notification_channels: {chat: {type: log}}
"""


def graph_of(rules: str, head: str = HEAD):
    return compile_rulebook(head + "workflow_rules:\n" + rules, name="rules")


def outcomes(decision):
    return [(tried.rule, tried.guard.value, tried.outcome) for tried in decision.trace]


def test_rules_are_tried_in_file_order_and_the_first_true_one_is_taken():
    graph = graph_of(
        "  - {id: no, transition: DETECTED -> MITIGATING, validator: 'false'}\n"
        "  - {id: first, transition: DETECTED -> TRIAGE, validator: 'true'}\n"
        "  - {id: second, transition: DETECTED -> MITIGATING, validator: 'true'}\n"
    )
    story = Story(graph)
    decision = story.alert(severity="P2")
    assert moves(decision) == ["DETECTED -> TRIAGE"]
    assert outcomes(decision) == [("no", "false", "not_taken"), ("first", "true", "taken")]


def test_guard_error_ends_the_run_and_is_told_once_a_visit():
    graph = graph_of(
        "  - {id: broken, transition: DETECTED -> TRIAGE,"
        " validator: 'incident.metrics.missing > 1.0'}\n"
        "  - {id: later, transition: DETECTED -> MITIGATING, validator: 'true'}\n"
    )
    story = Story(graph)
    decision = story.alert(severity="P2")
    assert decision.disposition == "applied"
    assert story.incident.state == "DETECTED"
    (tried,) = decision.trace
    assert (tried.rule, tried.guard.value, tried.outcome) == ("broken", "error", "error")
    assert tried.error
    assert tried.start is not None
    assert "guard_error:chat" in told(decision)
    again = story.alert(severity="P2")
    assert again.trace[0].outcome == "error"
    assert "guard_error:chat" not in told(again)
    mended = story.alert(severity="P2", metrics={"missing": 2.0})
    assert moves(mended) == ["DETECTED -> TRIAGE"]


def test_no_state_is_entered_twice_in_one_decision():
    graph = graph_of(
        "  - {id: there, transition: DETECTED -> TRIAGE, validator: 'true'}\n"
        "  - {id: back, transition: TRIAGE -> DETECTED, validator: 'true'}\n"
    )
    story = Story(graph)
    decision = story.alert(severity="P2")
    assert moves(decision) == ["DETECTED -> TRIAGE"]
    decision = story.alert(severity="P2")
    assert moves(decision) == ["TRIAGE -> DETECTED", "DETECTED -> TRIAGE"]


def test_trigger_names_its_rule_and_the_first_taken_spends_the_event():
    graph = graph_of(
        "  - {id: one, transition: DETECTED -> TRIAGE, trigger: [deploy.finished]}\n"
        "  - {id: two, transition: TRIAGE -> MITIGATING, trigger: [deploy.finished]}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    assert moves(story.say("deploy.finished")) == ["DETECTED -> TRIAGE"]
    assert moves(story.say("deploy.finished")) == ["TRIAGE -> MITIGATING"]


def test_timed_rule_is_tried_when_its_time_has_passed():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: late, transition: TRIAGE -> MITIGATING, after: 20m}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    assert story.incident.timers["after/late"].due == story.now + 20 * MINUTE
    decision = story.timer("after/late")
    assert moves(decision) == ["TRIAGE -> MITIGATING"]
    assert "after/late" not in story.incident.timers


def test_leaving_the_state_cancels_its_timed_rules():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: late, transition: TRIAGE -> MITIGATING, after: 20m}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    assert "after/late" not in story.incident.timers


def test_due_rule_with_a_false_guard_is_tried_at_every_later_input():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: late, transition: TRIAGE -> MITIGATING, after: 20m,"
        " validator: 'incident.metrics.rate > 1.0'}\n"
    )
    story = Story(graph)
    story.alert(severity="P2", metrics={"rate": 0.5})
    assert moves(story.timer("after/late")) == []
    assert moves(story.alert(severity="P2", metrics={"rate": 0.6})) == []
    assert moves(story.alert(severity="P2", metrics={"rate": 2.0})) == ["TRIAGE -> MITIGATING"]


def test_timed_self_transition_is_taken_once_a_visit_and_is_no_leaving():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: remind, transition: TRIAGE -> TRIAGE, after: 20m,"
        " action: {do: escalate, with: {to: [chat]}}}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    since = story.incident.state_since
    decision = story.timer("after/remind")
    assert moves(decision) == ["TRIAGE -> TRIAGE"]
    assert "escalation:chat" in told(decision)
    assert story.incident.state_since == since
    assert moves(story.alert(severity="P2")) == []


def test_written_rule_replaces_the_default_edge_of_its_pair():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: careful, transition: TRIAGE -> RESOLVED,"
        " validator: 'has(incident.labels.checked)'}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.alert("resolved")
    assert decision.disposition == "rejected"
    assert "careful" in decision.records[0].changes[-1].reason
    assert story.incident.state == "TRIAGE"
    story.alert(severity="P2", labels={"checked": "yes"})
    assert story.incident.state == "POST_MORTEM"


def test_severity_raised_moves_the_sla_to_that_of_the_new_row():
    graph = graph_of("  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n")
    story = Story(graph)
    story.alert(severity="P2")
    opened = story.now
    story.wait(5 * MINUTE)
    decision = story.alert(severity="P1")
    assert story.incident.timers["sla"].due == opened + 15 * MINUTE
    assert "severity_raised:chat" in told(decision)


def test_engine_event_triggers_rules_in_the_decision_that_raised_it():
    graph = graph_of(
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {id: slow, transition: TRIAGE -> MITIGATING, trigger: [sla.breached]}\n"
    )
    story = Story(graph)
    story.alert(severity="P1")
    decision = story.timer("sla")
    assert "raised" in kinds(decision)
    assert moves(decision) == ["TRIAGE -> MITIGATING"]


def test_event_nobody_knows_is_applied_and_changes_nothing():
    graph = graph_of("  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n")
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.say("coffee.ready")
    assert (decision.disposition, kinds(decision)) == ("applied", [])


@pytest.mark.parametrize("value", ["'x'", "1", "null"])
def test_guard_that_is_no_bool_is_refused_by_the_compiler(value):
    with pytest.raises(RulebookError):
        graph_of(f"  - {{transition: DETECTED -> TRIAGE, validator: {value!r}}}\n")
