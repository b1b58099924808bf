"""A resolved incident's post-mortem: made from its records, sent once, completed by a person."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from icalendar import Calendar

from interlock.interpreter.core.event import Facts
from interlock.interpreter.core.record import OpenTicket
from interlock.interpreter.hooks.outcome import succeeded
from interlock.interpreter.hooks.post_mortem_folder import keep_post_mortem
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.postmortem.document import escape
from interlock.interpreter.postmortem.summary import ENTRIES_MAX, summarise
from interlock.interpreter.runtime.postmortems import write_post_mortem
from interlock.rulebook import check_rulebook
from interlock.rulebook.source import SourceFile
from support.runtime import Runtime

MINUTE = 60_000_000_000
HALF_AN_HOUR = 30 * MINUTE
GOLDEN = Path(__file__).parent / "golden"
RULEBOOK = """\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, auto_remediation: true}
  P2: {sla_minutes: 60, auto_remediation: true}
  P3: {post_mortem: false}
on_call:
  schedules:
    sre: {timezone: UTC, rotation: weekly, people: [ada]}
runbooks:
  slow:
    match: "true"
    steps: [{id: scale, hook: scale_up}]
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale", idempotency_key: key}
  - {id: jira, endpoint: "https://jira.example.test/issue", idempotency_key: key}
post_mortem: {due: 5d, review_meeting: 7d, owner: incident.assigned_engineer, target: jira}
"""
NO_TARGET = RULEBOOK.replace(", target: jira", "")


class Receiving:
    """Keeps every effect; all of them succeed."""

    def __init__(self):
        self.tickets = []

    async def carry_out(self, effect, incident, attempt):
        del incident, attempt
        if isinstance(effect, OpenTicket):
            self.tickets.append(effect)
        return succeeded({"ok": True})


async def resolve(runtime, *, severity="P1", title="Slow", after=10 * MINUTE):
    await runtime.alert("one", severity, title=title)
    await runtime.settle()
    await runtime.say("gate.approved", "one", actor="grace", reason="traffic is real")
    await runtime.settle()
    runtime.clock.advance_to(runtime.clock.now() + after)
    await runtime.settle()
    await runtime.alert("one", severity, status="resolved", type="alert.resolved")
    await runtime.settle()


async def settle_after(runtime, time_ns):
    runtime.clock.advance_to(runtime.clock.now() + time_ns)
    await runtime.settle()


@pytest.fixture
async def runtime(tmp_path):
    store = locate_store(f"sqlite:///{tmp_path}/journal.db")
    async with Runtime(store, RULEBOOK, executor=Receiving()) as runtime:
        yield runtime


async def test_the_ticket_goes_to_its_target_once_it_can_no_more_reopen(runtime):
    await resolve(runtime)
    assert runtime.executor.tickets == []
    await settle_after(runtime, HALF_AN_HOUR)
    (effect,) = runtime.executor.tickets
    assert (effect.hook, effect.url) == ("jira", "https://jira.example.test/issue")
    body = json.loads(effect.body)
    assert body["key"] == effect.key
    assert (body["ticket"], body["incident"], body["owner"]) == ("PM-one", "one", "ada")
    resolved_at = (await runtime.incident("one")).resolved_at
    assert body["due"] - resolved_at == 5 * 24 * 60 * MINUTE
    assert body["review"] - resolved_at == 7 * 24 * 60 * MINUTE
    assert body["sla"] == "met"
    await settle_after(runtime, HALF_AN_HOUR)
    assert len(runtime.executor.tickets) == 1


async def test_the_document_tells_what_happened_who_decided_and_what_was_done(runtime, golden):
    await resolve(runtime)
    await settle_after(runtime, HALF_AN_HOUR)
    golden(json.loads(runtime.executor.tickets[0].body)["document"], GOLDEN / "met.md")


async def test_a_missed_sla_is_said(runtime):
    await resolve(runtime, after=20 * MINUTE)
    await settle_after(runtime, HALF_AN_HOUR)
    body = json.loads(runtime.executor.tickets[0].body)
    assert body["sla"] == "missed"
    assert "| SLA | missed |" in body["document"]


async def test_a_severity_that_requires_none_gets_none(runtime):
    await resolve(runtime, severity="P3")
    await settle_after(runtime, HALF_AN_HOUR)
    assert runtime.executor.tickets == []
    assert (await runtime.incident("one")).post_mortem["status"] == "not_required"


async def test_the_meeting_is_a_calendar_file_that_calendars_read(runtime):
    await resolve(runtime, title="Käse; 50 %, \n sofort")
    await settle_after(runtime, HALF_AN_HOUR)
    body = json.loads(runtime.executor.tickets[0].body)
    calendar = Calendar.from_ical(body["calendar"])
    (event,) = calendar.walk("VEVENT")
    assert event["uid"] == "PM-one@interlock"
    assert event["summary"].startswith("Post-mortem review: Käse; 50 %,")
    assert event.decoded("dtstart").timestamp() == body["review"] // 10**9
    assert all(len(line.encode()) <= 75 for line in body["calendar"].split("\r\n"))


async def test_a_reopened_incident_updates_its_ticket(runtime):
    await resolve(runtime)
    await settle_after(runtime, HALF_AN_HOUR)
    await runtime.say("severity.set", "one", severity="P2", reason="calmer")
    first = runtime.executor.tickets[0]
    runtime.clock.advance_to(runtime.clock.now() + MINUTE)
    answer = await runtime.alert("one", "P1")
    assert answer.incident == "one~2", "too late to reopen: a new incident that follows it"
    assert json.loads(first.body)["ticket"] == "PM-one"


async def test_the_review_is_recorded_with_its_action_items(runtime):
    await resolve(runtime)
    await settle_after(runtime, HALF_AN_HOUR)
    items = ["add an alert on disk use", {"title": "raise the limit", "owner": "lin"}]
    said = {"action_items": items, "summary": "the disk was full"}
    await runtime.say("postmortem.completed", "one", actor="ada", data=said)
    written = (await runtime.incident("one")).post_mortem
    assert written["status"] == "completed"
    assert written["completed_by"] == "ada"
    assert written["summary"] == "the disk was full"
    assert [item["title"] for item in written["action_items"]] == [
        "add an alert on disk use",
        "raise the limit",
    ]
    assert written["ticket"] == "PM-one"
    incident = await runtime.incident("one")
    graph, now = runtime.graph, runtime.clock.now()
    records = await runtime.records("one")
    document = write_post_mortem(records, graph, graph, incident, Facts(), now)["document"]
    assert "## Impact\n\nthe disk was full\n" in document
    assert "- add an alert on disk use\n- raise the limit (lin)\n" in document


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("one", "must be a list"),
        ([{"owner": "ada"}], "must be a list of texts, or of objects with a `title`"),
        ([" "], "must be a list of texts"),
        (["x"] * 101, "at most 100"),
    ],
)
async def test_action_items_that_are_none_are_rejected(runtime, items, words):
    await resolve(runtime)
    answer = await runtime.say("postmortem.completed", "one", data={"action_items": items})
    assert (answer.disposition, words in answer.reason) == ("rejected", True)


async def test_an_incident_that_still_runs_has_no_review(runtime):
    await runtime.alert("one", "P2")
    answer = await runtime.say("postmortem.completed", "one")
    assert (answer.disposition, "still" in answer.reason) == ("rejected", True)


HOSTILE = "a | b\n# c <script>alert(1)</script> [x](javascript:y) `z` *w* \u202eevil\x1b[31m"


async def test_alert_text_stays_text_in_the_document(runtime):
    await resolve(runtime, title=HOSTILE)
    await settle_after(runtime, HALF_AN_HOUR)
    document = json.loads(runtime.executor.tickets[0].body)["document"]
    assert "\\<script>" in document
    assert re.search(r"(?<!\\)[<\[]", document) is None
    assert "\x1b" not in document
    assert "\u202e" not in document
    assert document.startswith("# PM-one: a \\| b # c \\<script>alert(1)\\</script> \\[x\\](")
    assert "\n# c" not in document


def test_a_line_of_text_has_a_bound():
    assert len(escape("x" * 10_000)) == 500


async def test_a_long_story_keeps_its_beginning_and_its_end(runtime):
    await resolve(runtime)
    for number in range(ENTRIES_MAX + 20):
        await runtime.say("incident.noted", "one", reason=f"note {number}")
    summary = summarise(await runtime.records("one"))
    assert len(summary.entries) == ENTRIES_MAX
    assert summary.left_out > 20
    assert summary.entries[0].what.startswith("opened")
    assert summary.entries[-1].what.endswith(f"note {ENTRIES_MAX + 19}")


def test_a_target_that_is_no_hook_is_an_error():
    text = RULEBOOK.replace("target: jira", "target: jirra")
    checked = check_rulebook([SourceFile("r.yaml", text)])
    (found,) = [d for d in checked.diagnostics if d.level == "error"]
    assert (found.code, found.span.text) == ("A501", "jirra")
    assert "jira" in found.help


async def test_without_a_target_it_is_kept_in_the_folder(tmp_path):
    async with Runtime(locate_store("memory:"), NO_TARGET, executor=Receiving()) as runtime:
        await resolve(runtime)
        await settle_after(runtime, HALF_AN_HOUR)
        (effect,) = runtime.executor.tickets
    assert effect.hook is None
    for _ in range(2):
        assert keep_post_mortem(effect, tmp_path).status == "succeeded"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["PM-one.ics", "PM-one.md"]
    assert (tmp_path / "PM-one.md").read_text("utf-8").startswith("# PM-one: Slow\n")


def test_a_hostile_ticket_stays_in_the_folder(tmp_path):
    body = json.dumps({"document": "x", "calendar": "y"})
    effect = OpenTicket(key="k", path="p", ticket="../../etc/pass\0wd", title="t", due=0, body=body)
    assert keep_post_mortem(effect, tmp_path).status == "succeeded"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "_.._etc_pass_wd.ics",
        "_.._etc_pass_wd.md",
    ]


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path):
    effect = OpenTicket(key="k", path="p", ticket="t", title="t", due=0, body='{"document": "x"}')
    outcome = keep_post_mortem(effect, tmp_path / "missing")
    assert (outcome.status, outcome.is_retryable) == ("failed", True)
