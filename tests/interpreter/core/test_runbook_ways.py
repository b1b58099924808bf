"""Groups, undo, verify, cancel: each sentence of docs/runbooks.md, told as a story."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from interlock.rulebook import compile_rulebook
from support.story import MINUTE, SECOND, START, Story, kinds, moves, told

HEAD = """\
lifecycle: {extend: default, states: [STUCK, BACK, AWAY]}
severity_matrix:
  P2: {auto_remediation: true, notification_channels: [chat],
       escalation: [{after: 1h, notify: [boss]}]}
  P3: {notification_channels: [chat]}
notification_channels: {chat: {type: log}, boss: {type: log}}
workflow_rules:
  - {transition: DETECTED -> MITIGATING, validator: severity_defined, action: book}
  - {transition: MITIGATING -> STUCK, trigger: [runbook.failed]}
  - {transition: MITIGATING -> BACK, trigger: [runbook.undone]}
  - {transition: MITIGATING -> RESOLVED, trigger: [runbook.succeeded]}
  - {transition: MITIGATING -> AWAY, trigger: [go.away]}
  - {transition: AWAY -> MITIGATING, trigger: [go.back], action: book}
  - {transition: MITIGATING -> MITIGATING, trigger: [go.again], action: book}
remediation_hooks:
  - {id: act, endpoint: "https://api.internal/act", idempotency_key: key}
  - {id: back, endpoint: "https://api.internal/back", idempotency_key: key}
  - {id: careful, endpoint: "https://api.internal/careful", automation: ask}
  - {id: seen, endpoint: "https://api.internal/seen", automation: observe}
runbooks:
  book:
    steps:
"""


def story_of(*steps, severity="P2", automation="auto", **fields):
    text = HEAD + "".join(f"      - {step}\n" for step in steps)
    story = Story(compile_rulebook(text, name="ways"), automation=automation)
    story.alert(severity=severity, **fields)
    return story


def statuses(story):
    return {
        path.removeprefix("book/"): step.status.value for path, step in story.incident.steps.items()
    }


def asked(decision):
    return [
        effect.path.removeprefix("book/")
        for effect in decision.effects
        if effect.__struct_config__.tag == "hook"
    ]


def raised(decision):
    changes = decision.records[0].changes
    return [change.type for change in changes if change.__struct_config__.tag == "raised"]


# Groups

PARALLEL = "parallel: [{id: a, hook: act%s}, {id: b, hook: act%s}]"
LAST = "{id: last, hook: act}"


def test_steps_of_a_group_are_asked_for_together_and_the_next_when_all_have_ended():
    story = story_of(PARALLEL % ("", ""), LAST)
    assert asked(story.decisions[-1]) == ["a", "b"]
    assert asked(story.outcome("book/b")) == []
    assert asked(story.outcome("book/a")) == ["last"]
    assert raised(story.outcome("book/last")) == ["runbook.succeeded"]


def test_a_group_ends_when_all_have_ended_even_where_one_has_failed():
    story = story_of(PARALLEL % ("", ""), LAST)
    assert raised(story.outcome("book/a", "failed")) == []
    assert statuses(story) == {"a": "failed", "b": "pending", "last": "planned"}
    decision = story.outcome("book/b")
    assert raised(decision) == ["runbook.failed"]
    assert statuses(story) == {"a": "failed", "b": "succeeded", "last": "cancelled"}
    assert moves(decision)[0] == "MITIGATING -> STUCK"


def test_a_member_that_waits_for_a_person_is_cancelled_once_another_has_stopped_the_run():
    story = story_of("parallel: [{id: a, hook: act}, {id: b, hook: careful}]", LAST)
    assert statuses(story) == {"a": "pending", "b": "waiting", "last": "planned"}
    assert raised(story.outcome("book/a", "failed")) == ["runbook.failed"]
    assert statuses(story) == {"a": "failed", "b": "cancelled", "last": "cancelled"}


@pytest.mark.parametrize(
    ("first", "second", "events", "escalated"),
    [
        ("continue", "continue", ["runbook.succeeded"], False),
        ("continue", "stop", ["runbook.failed"], False),
        ("stop", "escalate", ["runbook.failed"], True),
        ("escalate", "undo", ["runbook.undone"], True),
        ("stop", "undo", ["runbook.undone"], False),
    ],
)
def test_each_failed_member_says_what_is_to_follow(first, second, events, escalated):
    story = story_of(PARALLEL % (f", on_failure: {first}", f", on_failure: {second}"))
    story.outcome("book/a", "failed")
    decision = story.outcome("book/b", "failed")
    assert raised(decision) == events
    assert ("escalation:boss" in told(decision)) == escalated


def test_groups_within_groups_are_all_side_by_side():
    story = story_of(
        "parallel: [{id: a, hook: act}, {parallel: [{id: b, hook: act}, {id: c, hook: act}]}]"
    )
    assert asked(story.decisions[-1]) == ["a", "b", "c"]


def test_members_and_later_steps_see_results_of_the_groups_before():
    story = story_of(
        PARALLEL % ("", ""),
        "{id: sum, hook: act, when: 'steps.a.result.n < steps.b.result.n',"
        " with: {of: '{{ steps.a.result.n }} and {{ steps.b.result.n }}'}}",
    )
    story.outcome("book/a", result={"n": 1})
    decision = story.outcome("book/b", result={"n": 2})
    body = json.loads(decision.effects[0].body)
    assert body["of"] == "1 and 2"


def test_a_step_sees_the_steps_of_its_own_runbook_only():
    text = HEAD + "      - {id: a, hook: act}\n"
    text += "  other: {steps: [{id: a, hook: act, on_failure: continue}, {id: b, hook: act,"
    text += " when: 'steps.a.status == \"failed\"'}]}\n"
    text = text.replace("trigger: [go.again], action: book", "trigger: [go.again], action: other")
    story = Story(compile_rulebook(text, name="two"))
    story.alert(severity="P2")
    story.say("go.again")
    story.outcome("other/a", "failed")
    assert story.incident.steps["other/b"].status == "pending"
    assert story.incident.steps["book/a"].status == "pending"


# Undo

UNDOABLE = "{id: %s, hook: act, undo: {hook: back, with: {was: '{{ steps.%s.result }}'}}}"
UNDOING = "{id: last, hook: act, on_failure: undo}"


def failing_story():
    story = story_of(UNDOABLE % ("a", "a"), UNDOABLE % ("b", "b"), UNDOING)
    story.outcome("book/a", result="one")
    story.outcome("book/b", result="two")
    return story


def test_undo_takes_back_succeeded_steps_the_last_first_one_at_a_time():
    story = failing_story()
    decision = story.outcome("book/last", "failed")
    assert asked(decision) == ["b#undo"]
    assert json.loads(decision.effects[-1].body)["was"] == "two"
    assert raised(decision) == []
    decision = story.outcome("book/b#undo")
    assert asked(decision) == ["a#undo"]
    decision = story.outcome("book/a#undo")
    assert raised(decision) == ["runbook.undone"]
    assert moves(decision)[0] == "MITIGATING -> BACK"
    assert statuses(story) == {
        "a": "undone",
        "b": "undone",
        "last": "failed",
        "a#undo": "succeeded",
        "b#undo": "succeeded",
    }


def test_every_undo_has_a_key_of_its_own():
    story = failing_story()
    story.outcome("book/last", "failed")
    story.outcome("book/b#undo")
    keys = [step.key for step in story.incident.steps.values()]
    assert len(set(keys)) == len(keys) == 5


def test_an_undo_that_fails_is_told_and_the_others_are_still_done():
    story = failing_story()
    story.outcome("book/last", "failed")
    decision = story.outcome("book/b#undo", "failed", detail="409")
    assert "step_failed:chat" in told(decision)
    assert "undo of step b failed: 409" in story.incident.needs_attention
    assert asked(decision) == ["a#undo"]
    decision = story.outcome("book/a#undo")
    assert raised(decision) == ["runbook.failed"]
    assert statuses(story)["b"] == "succeeded"
    assert "runbook book is not taken back whole: b" in story.incident.needs_attention


def test_an_undo_in_doubt_holds_up_those_before_it_until_a_person_says_go_on():
    story = failing_story()
    story.outcome("book/last", "failed")
    assert asked(story.outcome("book/b#undo", "in_doubt")) == []
    assert asked(story.say("runbook.start")) == ["b#undo"]
    assert asked(story.outcome("book/b#undo")) == ["a#undo"]


def test_leaving_the_state_does_not_end_an_undo():
    story = failing_story()
    story.outcome("book/last", "failed")
    story.say("go.away")
    assert story.incident.state == "AWAY"
    assert asked(story.outcome("book/b#undo")) == ["a#undo"]
    assert raised(story.outcome("book/a#undo")) == ["runbook.undone"]


def test_a_failed_run_with_nothing_to_take_back_is_undone_at_once():
    story = story_of("{id: a, hook: act, on_failure: undo}")
    assert raised(story.outcome("book/a", "failed")) == ["runbook.undone"]


def test_an_undo_whose_hook_only_observes_is_told_as_not_done():
    story = story_of("{id: a, hook: act, undo: {hook: seen}}", UNDOING)
    story.outcome("book/a")
    decision = story.outcome("book/last", "failed")
    assert asked(decision) == []
    assert raised(decision) == ["runbook.failed"]
    assert "runbook book is not taken back whole: a" in story.incident.needs_attention


def test_an_undo_whose_hook_asks_waits_for_a_start():
    story = story_of("{id: a, hook: act, undo: {hook: careful}}", UNDOING)
    story.outcome("book/a")
    decision = story.outcome("book/last", "failed")
    assert "approval_needed:chat" in told(decision)
    assert statuses(story)["a#undo"] == "waiting"
    decision = story.say("runbook.start")
    assert asked(decision) == ["a#undo"]
    assert decision.effects[0].approved


@pytest.mark.parametrize(
    ("level", "status", "event"),
    [("ask", "waiting", []), ("observe", "observed", ["runbook.failed"])],
)
def test_an_automatic_undo_obeys_the_level_that_holds_then(level, status, event):
    story = failing_story()
    story.facts = replace(story.facts, automation=level)
    decision = story.outcome("book/last", "failed")
    assert asked(decision) == []
    assert {statuses(story)["a#undo"], statuses(story)["b#undo"]} == {status}
    assert raised(decision) == event


def test_a_run_that_a_person_started_is_taken_back_unasked():
    story = story_of(UNDOABLE % ("a", "a"), UNDOING, severity="P3")
    story.say("runbook.start")
    story.outcome("book/a")
    (effect,) = [e for e in story.outcome("book/last", "failed").effects if e.path == "book/a#undo"]
    assert effect.approved


def test_what_an_approver_is_shown_holds_the_undo():
    text = HEAD.replace("action: book}", "action: book, gate: {approvals: 1}}", 1)
    text += f"      - {UNDOABLE % ('a', 'a')}\n"
    story = Story(compile_rulebook(text, name="gated"))
    story.alert(severity="P2")
    (gate,) = story.incident.gates.values()
    (step,) = gate.shown["steps"]
    assert (step["undo"]["hook"], step["undo"]["url"]) == ("back", "https://api.internal/back")


def test_a_person_has_a_finished_runbook_taken_back():
    story = story_of(UNDOABLE % ("a", "a"))
    story.outcome("book/a")
    decision = story.say("runbook.undo", data={"runbook": "book"})
    assert asked(decision) == ["a#undo"]
    assert raised(story.outcome("book/a#undo")) == ["runbook.undone"]
    assert story.say("runbook.undo").disposition == "rejected"


def test_a_person_who_asks_in_the_middle_gets_back_what_turns_out_to_be_carried_out():
    story = story_of(UNDOABLE % ("a", "a"), UNDOABLE % ("b", "b"), LAST)
    story.outcome("book/a")
    decision = story.say("runbook.undo")
    assert asked(decision) == []
    assert statuses(story)["last"] == "cancelled"
    assert asked(story.outcome("book/b")) == ["b#undo"]
    story.outcome("book/b#undo")
    assert raised(story.outcome("book/a#undo")) == ["runbook.undone"]


def test_a_step_that_fails_while_it_is_awaited_has_nothing_to_take_back():
    story = story_of(UNDOABLE % ("a", "a"), UNDOABLE % ("b", "b"))
    story.outcome("book/a")
    story.say("runbook.undo")
    assert asked(story.outcome("book/b", "failed")) == ["a#undo"]
    assert statuses(story)["b#undo"] == "skipped"


def test_a_step_in_doubt_is_not_taken_back_and_that_is_told():
    story = story_of(UNDOABLE % ("a", "a"), UNDOABLE % ("b", "b"))
    story.outcome("book/a")
    story.outcome("book/b", "in_doubt")
    assert asked(story.say("runbook.undo")) == ["a#undo"]
    assert any("step b is in doubt" in reason for reason in story.incident.needs_attention)
    assert raised(story.outcome("book/a#undo")) == ["runbook.failed"]


@pytest.mark.parametrize(
    ("level", "runbook", "reason"),
    [
        ("observe", None, "automation is at `observe`: nothing is called"),
        ("auto", "none", "no step of runbook none that was carried out has an `undo`"),
        ("auto", None, "runbook book is being taken back already"),
    ],
)
def test_an_undo_that_cannot_be_is_rejected_with_the_reason(level, runbook, reason):
    story = story_of(UNDOABLE % ("a", "a"), UNDOABLE % ("b", "b"))
    story.outcome("book/a")
    story.outcome("book/b")
    if "already" in reason:
        story.say("runbook.undo")
    story.facts = replace(story.facts, automation=level)
    decision = story.say("runbook.undo", data={} if runbook is None else {"runbook": runbook})
    assert decision.disposition == "rejected"
    assert decision.records[0].changes[-1].reason == reason


def test_a_failed_undo_may_be_asked_for_again():
    story = failing_story()
    story.outcome("book/last", "failed")
    first = story.incident.steps["book/b#undo"].key
    story.outcome("book/b#undo", "failed")
    story.outcome("book/a#undo")
    assert asked(story.say("runbook.undo")) == ["b#undo"]
    assert story.incident.steps["book/b#undo"].key != first
    assert raised(story.outcome("book/b#undo")) == ["runbook.undone"]


def test_the_undo_is_called_with_the_timeout_and_retries_of_its_step():
    story = story_of(
        "{id: a, hook: act, timeout: 7s, retry: {attempts: 3}, undo: {hook: back}}", UNDOING
    )
    story.outcome("book/a")
    (effect,) = [e for e in story.outcome("book/last", "failed").effects if e.path == "book/a#undo"]
    assert (effect.timeout_ns, effect.attempts_max) == (7 * SECOND, 3)


def test_an_undo_cut_short_by_a_reopening_is_told():
    story = failing_story()
    story.outcome("book/last", "failed")
    story.say("incident.resolved", fingerprint="x")
    story.alert("resolved")
    decision = story.alert(severity="P2")
    assert "reopened" in kinds(decision)
    assert "step a is not taken back: reopened" in story.incident.needs_attention
    assert set(statuses(story)) == {"a", "b", "last"}


# Verify

VERIFIED = "{id: a, hook: act, verify: %s, on_failure: undo, undo: {hook: back}}"


def test_a_bare_verify_is_asked_at_once_and_sees_the_result():
    story = story_of(VERIFIED % "steps.a.result.ok == true", LAST)
    assert asked(story.outcome("book/a", result={"ok": True})) == ["last"]
    assert statuses(story)["a"] == "succeeded"


def test_a_step_whose_verify_is_false_has_failed_and_is_itself_taken_back():
    story = story_of(VERIFIED % "steps.a.result.ok == true", LAST)
    assert asked(story.outcome("book/a", result={"ok": False})) == ["a#undo"]
    assert "step a failed: its `verify` is false" in story.incident.needs_attention
    assert statuses(story)["last"] == "cancelled"


def test_verify_waits_and_asks_again_until_it_holds():
    story = story_of(
        VERIFIED % "{guard: incident.metrics.p99 < 500.0, after: 30s, every: 15s, within: 1m}",
        LAST,
        metrics={"p99": 900.0},
    )
    decision = story.outcome("book/a")
    assert asked(decision) == []
    assert story.incident.timers["verify/book/a"].due == START + 30 * SECOND
    assert statuses(story)["a"] == "verifying"
    story.timer("verify/book/a")
    assert story.incident.timers["verify/book/a"].due == START + 45 * SECOND
    story.alert(severity="P2", metrics={"p99": 300.0})
    assert asked(story.timer("verify/book/a")) == ["last"]
    assert story.incident.timers.keys() == {"escalation/1"}


def test_verify_fails_when_its_time_is_up():
    story = story_of(
        VERIFIED % "{guard: incident.metrics.p99 < 500.0, every: 40s, within: 1m}",
        metrics={"p99": 900.0},
    )
    story.outcome("book/a")
    story.timer("verify/book/a")
    assert story.incident.timers["verify/book/a"].due == START + MINUTE
    decision = story.timer("verify/book/a")
    assert asked(decision) == ["a#undo"]
    assert story.now == START + MINUTE


def test_an_error_is_asked_again_and_named_at_the_end():
    story = story_of(VERIFIED % "{guard: incident.metrics.p99 < 500.0, within: 10s}")
    story.outcome("book/a")
    assert statuses(story)["a"] == "verifying"
    story.timer("verify/book/a")
    assert any("its `verify` is an error" in why for why in story.incident.needs_attention)


def test_leaving_the_state_ends_a_verification_and_keeps_what_was_carried_out():
    story = story_of(VERIFIED % "{guard: 'true', after: 30s}")
    story.outcome("book/a")
    story.say("go.away")
    assert statuses(story)["a"] == "cancelled"
    assert "verify/book/a" not in story.incident.timers
    assert asked(story.say("runbook.undo")) == ["a#undo"]


# Cancel


def test_leaving_the_state_cancels_what_was_not_sent():
    story = story_of("{id: a, hook: act}", LAST)
    story.say("go.away")
    assert statuses(story) == {"a": "cancelled", "last": "cancelled"}


@pytest.mark.parametrize("status", ["succeeded", "failed", "in_doubt"])
def test_a_call_that_was_on_its_way_is_recorded_and_moves_nothing(status):
    story = story_of("{id: a, hook: act}")
    story.say("go.away")
    decision = story.outcome("book/a", status)
    assert statuses(story) == {"a": status}
    assert raised(decision) == []
    assert asked(decision) == []
    assert bool(told(decision)) == (status != "succeeded")


def test_a_doubt_stays_one_and_moves_nothing_any_more():
    story = story_of("{id: a, hook: act}")
    story.outcome("book/a", "in_doubt")
    story.say("go.away")
    assert statuses(story) == {"a": "in_doubt"}
    assert raised(story.outcome("book/a")) == []


def test_a_doubt_recorded_by_two_nodes_is_told_once():
    story = story_of("{id: a, hook: act}")
    assert "step_in_doubt:chat" in told(story.outcome("book/a", "in_doubt"))
    decision = story.outcome("book/a", "in_doubt")
    assert kinds(decision) == ["note"]
    assert told(decision) == []


def test_a_run_under_way_is_not_begun_a_second_time():
    story = story_of("{id: a, hook: act}")
    key = story.incident.steps["book/a"].key
    decision = story.say("go.again")
    assert asked(decision) == []
    assert story.incident.steps["book/a"].key == key


def test_a_runbook_that_is_being_taken_back_is_not_begun():
    story = failing_story()
    story.outcome("book/last", "failed")
    story.say("go.away")
    assert asked(story.say("go.back")) == []
    assert statuses(story)["b#undo"] == "pending"


def test_coming_back_begins_anew_with_new_keys():
    story = story_of("{id: a, hook: act}")
    key = story.incident.steps["book/a"].key
    story.say("go.away")
    assert asked(story.say("go.back")) == ["a"]
    assert story.incident.steps["book/a"].key != key


def test_a_run_whose_runbook_is_gone_fails():
    story = story_of("{id: a, hook: act}", LAST)
    text = HEAD.replace("action: book", "action: other").replace("  book:", "  other:")
    story.graph = compile_rulebook(text + f"      - {LAST}\n", name="new")
    decision = story.outcome("book/a")
    assert raised(decision) == ["runbook.failed"]
    assert statuses(story) == {"a": "succeeded", "last": "cancelled"}


def test_steps_are_those_of_the_pinned_rulebook_and_hooks_the_present_ones():
    story = story_of("{id: a, hook: act}", "{id: b, hook: act}")
    changed = (HEAD + "      - {id: x, hook: act}\n").replace("internal/act", "internal/moved")
    story.live = compile_rulebook(changed, name="live")
    (effect,) = [e for e in story.outcome("book/a").effects if e.path == "book/b"]
    assert effect.url == "https://api.internal/moved"


def test_engine_events_name_their_runbook():
    text = HEAD.replace(
        "trigger: [runbook.failed]}",
        "trigger: [runbook.failed], validator: 'event.data.runbook == \"book\"'}",
    )
    story = Story(compile_rulebook(text + "      - {id: a, hook: act}\n", name="named"))
    story.alert(severity="P2")
    assert moves(story.outcome("book/a", "failed"))[0] == "MITIGATING -> STUCK"
