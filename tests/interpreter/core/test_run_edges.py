"""The corners of one run: what is asked for, what ends it, what must not loop."""

from __future__ import annotations

from interlock.interpreter.core.event import TimerInput
from interlock.rulebook import compile_rulebook
from support.story import MINUTE, Story, kinds, moves, told

HEAD = """\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [chat],
       escalation: [{after: 5m, notify: [chat]}, {after: 10m, notify: [boss]}]}
  P2: {sla_minutes: 60, notification_channels: [chat]}
notification_channels: {chat: {type: log}, boss: {type: log}}
remediation_hooks:
  - {id: fix, endpoint: "https://api.internal/fix", idempotency_key: key}
"""
TRIAGE = "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"


def graph_of(rules: str, head: str = HEAD):
    return compile_rulebook(head + "workflow_rules:\n" + rules, name="edges")


def test_partial_resolve_takes_no_written_rule_to_a_resolved_state():
    graph = graph_of(
        TRIAGE + "  - {id: done, transition: TRIAGE -> RESOLVED, trigger: [alert.resolved]}\n",
        HEAD + "correlation: [{group_by: [event.labels.service]}]\n",
    )
    story = Story(graph)
    for name in ("a", "b"):
        story.alert(id=None, fingerprint=name, severity="P2", labels={"service": "s"})
    decision = story.alert("resolved", id=None, fingerprint="a", labels={"service": "s"})
    assert moves(decision) == []
    decision = story.alert("resolved", id=None, fingerprint="b", labels={"service": "s"})
    assert moves(decision)[0] == "TRIAGE -> RESOLVED"


def test_engine_events_that_trigger_each_other_end():
    loop = (
        TRIAGE + "  - {id: there, transition: TRIAGE -> MITIGATING, trigger: [runbook.failed, go],"
        " action: broken}\n"
        "  - {id: back, transition: MITIGATING -> TRIAGE, trigger: [runbook.failed],"
        " action: broken}\n"
        "runbooks:\n"
        "  broken: {steps: [{hook: fix, with: {x: '{{ incident.labels.none }}'}}]}\n"
    )
    head = HEAD.replace("P2: {sla_minutes: 60,", "P2: {sla_minutes: 60, auto_remediation: true,")
    story = Story(graph_of(loop, head))
    story.alert(severity="P2")
    decision = story.say("go")
    assert moves(decision) == ["TRIAGE -> MITIGATING", "MITIGATING -> TRIAGE"]
    assert kinds(decision).count("raised") == 2


def test_state_that_is_asked_for_and_passed_through_counts_as_reached():
    graph = graph_of(
        "  - {id: a, transition: DETECTED -> TRIAGE, trigger: [start]}\n"
        "  - {id: b, transition: TRIAGE -> MITIGATING, validator: 'has(incident.labels.go)'}\n"
        "  - {id: c, transition: MITIGATING -> RESOLVED, validator: 'true'}\n",
        HEAD + "events: {deploy.undone: MITIGATING}\n",
    )
    story = Story(graph)
    story.alert(severity="P2", labels={"go": "yes"})
    story.say("start")
    assert story.incident.state == "POST_MORTEM"
    again = Story(graph)
    again.alert(severity="P2")
    again.say("start")
    again.incidents["test-1"] = again.incident
    decision = again.say("deploy.undone")
    assert decision.disposition == "rejected"
    assert "guard is false" in decision.records[0].changes[-1].reason


def test_rule_that_was_asked_for_in_vain_is_not_tried_again_in_the_same_run():
    graph = graph_of(TRIAGE + "  - {id: m, transition: TRIAGE -> MITIGATING, validator: 'false'}\n")
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.say("mitigation.approved")
    assert [tried.rule for tried in decision.trace] == ["m"]


def test_automatic_guard_may_read_the_event_at_every_input():
    graph = graph_of(
        TRIAGE + "  - {id: m, transition: TRIAGE -> MITIGATING,"
        " validator: 'event.type == \"page.answered\" || size(event.labels) > 5'}\n"
    )
    story = Story(graph)
    story.alert(severity="P1")
    decision = story.timer("escalation/1")
    assert "guard_error:chat" not in told(decision)
    assert story.incident.state == "TRIAGE"
    assert moves(story.say("page.answered")) == ["TRIAGE -> MITIGATING"]


def test_guard_may_ask_who_is_on_call():
    graph = graph_of(
        "  - {id: m, transition: DETECTED -> TRIAGE, trigger: [check],"
        ' validator: \'on_call("sre") == "ada" && in_schedule("sre") && !in_schedule("dba")\'}\n',
        HEAD + "on_call: {schedules: {sre: {people: [ada]}, dba: {people: [lin]}}}\n",
    )
    story = Story(graph, sre="ada")
    story.alert(severity="P2")
    assert moves(story.say("check")) == ["DETECTED -> TRIAGE"]


def test_timer_that_came_due_fires_once():
    graph = graph_of(
        TRIAGE + "  - {id: late, transition: TRIAGE -> MITIGATING, after: 20m,"
        " validator: 'has(incident.labels.x)'}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    due = story.incident.timers["after/late"].due
    story.timer("after/late")
    decision = story.receive(TimerInput("after/late", due))
    assert "timer_fired" not in kinds(decision)


def test_two_timed_rules_wait_for_their_own_times():
    graph = graph_of(
        TRIAGE
        + "  - {id: soon, transition: TRIAGE -> TRIAGE, after: 5m, action: notify}\n"
        + "  - {id: late, transition: TRIAGE -> MITIGATING, after: 20m}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    assert moves(story.timer("after/soon")) == ["TRIAGE -> TRIAGE"]
    assert moves(story.timer("after/late")) == ["TRIAGE -> MITIGATING"]


def test_setting_the_severity_it_has_restarts_no_clock():
    story = Story(graph_of(TRIAGE))
    story.alert(severity="P1")
    story.timer("sla")
    decision = story.say("severity.set", severity="P1", reason="sure")
    assert "sla" not in story.incident.timers
    assert "timer_set" not in kinds(decision)


def test_escalation_stops_at_an_ack_and_starts_again_when_it_is_taken_back():
    story = Story(graph_of(TRIAGE))
    story.alert(severity="P1")
    decision = story.timer("escalation/1")
    assert "escalation:chat" in told(decision)
    story.say("engineer.ack")
    assert not [name for name in story.incident.timers if name.startswith("escalation/")]
    story.say("engineer.unack")
    assert story.incident.timers["escalation/2"].due == story.now + 10 * MINUTE


def test_raised_severity_counts_sla_and_escalation_from_opening():
    story = Story(graph_of(TRIAGE))
    story.alert(severity="P2")
    opened = story.now
    story.wait(2 * MINUTE)
    story.alert(severity="P1")
    due = {name: timer.due - opened for name, timer in story.incident.timers.items()}
    assert due == {
        "sla": 15 * MINUTE,
        "escalation/1": 5 * MINUTE,
        "escalation/2": 10 * MINUTE,
    }


WATCHED = HEAD.replace(
    "severity_matrix",
    "lifecycle: {extend: default, states: [WATCHING], resolved: [WATCHING]}\nseverity_matrix",
)


def test_incident_that_goes_back_from_resolved_has_met_its_sla():
    graph = graph_of(
        TRIAGE + "  - {transition: TRIAGE -> WATCHING, trigger: [fixed]}\n"
        "  - {transition: WATCHING -> TRIAGE, trigger: [came.back]}\n",
        WATCHED,
    )
    story = Story(graph)
    story.alert(severity="P2")
    story.say("fixed")
    story.say("came.back")
    assert story.incident.is_open
    story.alert(severity="P1")
    assert "sla" not in story.incident.timers


def test_ticket_is_not_made_for_an_incident_that_went_back_to_work():
    graph = graph_of(
        TRIAGE + "  - {id: fixed, transition: TRIAGE -> WATCHING, trigger: [fixed],"
        " action: create_postmortem_ticket}\n"
        "  - {id: back, transition: WATCHING -> TRIAGE, trigger: [came.back]}\n",
        WATCHED,
    )
    story = Story(graph)
    story.alert(severity="P1")
    story.say("fixed")
    assert "post_mortem" in story.incident.timers
    assert not story.incident.is_open
    story.say("came.back")
    assert "post_mortem" not in story.incident.timers
    assert story.incident.is_open


def test_rule_error_leaves_later_rules_untried_and_the_event_applied():
    graph = graph_of(
        TRIAGE + "  - {id: bad, transition: TRIAGE -> RESOLVED,"
        " validator: 'incident.metrics.none > 1.0'}\n"
        "  - {id: ok, transition: TRIAGE -> MITIGATING, validator: 'true'}\n"
    )
    story = Story(graph)
    story.alert(severity="P2")
    assert story.incident.state == "TRIAGE"
    decision = story.alert("resolved")
    assert decision.disposition == "applied"
    assert [(t.rule, t.outcome) for t in decision.trace] == [("bad", "error")]


def test_guard_error_is_told_again_in_another_visit():
    graph = graph_of(
        "  - {id: bad, transition: DETECTED -> RESOLVED, validator: 'incident.metrics.x > 1.0'}\n"
        "  - {id: go, transition: DETECTED -> TRIAGE, trigger: [go]}\n"
        "  - {id: home, transition: TRIAGE -> DETECTED, trigger: [home]}\n"
    )
    story = Story(graph)
    assert "guard_error:chat" in told(story.alert(severity="P2"))
    assert "guard_error:chat" not in told(story.alert(severity="P2"))
    story.say("go")
    assert "guard_error:chat" in told(story.say("home"))


def test_a_severity_lowered_and_raised_again_tells_no_level_of_escalation_twice():
    story = Story(graph_of(TRIAGE))
    story.alert(severity="P1")
    story.timer("escalation/1")
    story.say("severity.set", severity="P2", reason="not that bad")
    assert set(story.incident.timers) == {"sla"}
    story.say("severity.set", severity="P1", reason="worse again")
    assert set(story.incident.timers) == {"sla", "escalation/2"}


def test_an_sla_that_was_missed_stays_so_by_way_of_a_severity_without_one():
    story = Story(graph_of(TRIAGE))
    story.alert(severity="P1")
    story.timer("sla")
    story.say("severity.set", severity="P4", reason="nobody is hit")
    story.say("severity.set", severity="P1", reason="all are hit")
    assert "sla" not in story.incident.timers


def test_a_raised_severity_tells_those_whom_the_lower_one_did_not():
    head = HEAD.replace("P2: {", "P2: {escalation: [{after: 1m, notify: [boss]}], ")
    story = Story(graph_of(TRIAGE, head))
    story.alert(severity="P2")
    story.timer("escalation/1")
    story.say("severity.set", severity="P1", reason="worse")
    assert "escalation:chat" in told(story.timer("escalation/1"))
