"""A dry run does what the daemon does, on a clock of its own, and reaches nothing."""

from __future__ import annotations

import json

import pytest

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.change import TimerFired
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.runtime.dry_run import Options, dry_run
from interlock.interpreter.runtime.intake import make_items
from interlock.interpreter.sources import read_recording
from interlock.rulebook import check_rulebook
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.source import SourceFile
from support.rulebooks import REFERENCE, REMEDIATING
from support.runtime import Runtime

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE


def line(at, kind="alert.triggered", **payload):
    given = {"id": "test-1", "severity": "P1", "title": "Slow", **payload}
    return json.dumps({"at": f"2026-01-01T{at}Z", "type": kind, "payload": given}).encode()


async def run(lines, rulebook=REFERENCE, source=None, **options):
    sources = [SourceFile("reference.yaml", rulebook)]
    graph = check_rulebook(sources).graph
    recording = list(read_recording(lines, source=source))
    return await dry_run(graph, recording, Options(**options))


async def test_timers_fire_between_the_lines_at_their_own_time():
    report = await run([line("00:00:00"), line("01:00:00", "alert.resolved")])
    fired = [c for record in report.records for c in record.changes if isinstance(c, TimerFired)]
    assert [(timer.name, timer.late_ns) for timer in fired] == [("sla", 0)]
    times = [record.at for record in report.records]
    assert times == sorted(times)
    assert times[1] - times[0] == 15 * MINUTE


async def test_the_clock_stops_at_the_last_line_unless_told_to_go_on():
    lines = [line("00:00:00")]
    assert len((await run(lines)).records) == 1
    assert len((await run(lines, go_on_ns=HOUR)).records) == 2


async def test_nobody_approves_unless_told_to():
    lines = [line("00:00:00")]
    assert (await run(lines)).incidents[0].state == "TRIAGE"
    approved = await run(lines, approves=True)
    assert approved.incidents[0].state == "MITIGATING"
    assert approved.records[1].actor == "dry-run"


async def test_hooks_answer_ok_at_once_unless_told_to_fail():
    lines = [line("00:00:00", severity="P2")]
    report = await run(lines, REMEDIATING)
    assert report.summary.hook_calls == {"restart": 1, "scale_up": 1}
    assert {s.status for s in report.incidents[0].steps.values()} == {StepStatus.SUCCEEDED}
    failing = await run(lines, REMEDIATING, hooks_fail=True, go_on_ns=HOUR)
    assert failing.incidents[0].steps["slow/scale"].status is StepStatus.FAILED
    assert failing.incidents[0].steps["slow/scale"].attempts == 3


async def test_shadow_mode_calls_nothing():
    lines = [line("00:00:00", severity="P2")]
    report = await run(lines, REMEDIATING, automation=Automation.OBSERVE)
    assert report.summary.hook_calls == {}


async def test_lines_that_are_no_event_are_reported_and_the_others_run():
    report = await run([b"nonsense", line("00:00:00"), b'{"at": 5, "type": 7, "payload": {}}'])
    assert [bad.line for bad in report.bad_lines] == [1, 3]
    assert report.summary.events == 1
    assert report.summary.incidents == 1


async def test_an_unknown_source_is_a_bad_line():
    body = json.dumps({"at": "2026-01-01T00:00:00Z", "source": "nagios", "body": {}}).encode()
    report = await run([body])
    assert "no source 'nagios'" in report.bad_lines[0].detail


async def test_the_same_recording_gives_the_same_bytes():
    lines = [line("00:00:00"), line("00:05:00", severity="P2", id="test-2")]
    one, two = await run(lines, go_on_ns=HOUR), await run(lines, go_on_ns=HOUR)
    assert encode(one.records) == encode(two.records)


@pytest.mark.parametrize("rulebook", [REFERENCE, REMEDIATING], ids=["reference", "remediating"])
async def test_the_daemons_parts_on_a_durable_store_write_the_same_records(shared, store, rulebook):
    recorded = (shared / "recorded/alertmanager-webhook.jsonl").read_bytes().splitlines()
    report = await run(recorded, rulebook, source="alertmanager")
    async with Runtime(store, rulebook, now=0) as runtime:
        for delivery in read_recording(recorded, source="alertmanager"):
            while (due := await runtime.timers.next_due()) is not None and due <= delivery.at:
                runtime.clock.advance_to(due)
                await runtime.settle()
            runtime.clock.advance_to(delivery.at)
            members = runtime.intake.read(delivery.source, delivery.body)
            await runtime.engine.submit(make_items(members, delivery.source))
            await runtime.settle()
        strip = {"result", "attempts"}
        assert [normal(r, strip) for r in runtime.observed] == [
            normal(r, strip) for r in report.records
        ]


def normal(record, without):
    """A record as data, without what the executor answered."""
    data = json.loads(encode(record))

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(member) for key, member in value.items() if key not in without}
        return [walk(member) for member in value] if isinstance(value, list) else value

    return walk(data)
