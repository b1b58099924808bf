"""`interlock dry-run`: what a rulebook would have done to recorded alerts.

Rules of this file: reads options and files, calls the dry run, prints. The format never changes the
exit status: 1 when a line is no event, 2 when there is none at all.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import STDIN
from interlock.cli.loading import load_or_report
from interlock.cli.record_text import clean, summarise_record
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.interpreter.core.suppression import SUPPRESSOR_PREFIX
from interlock.interpreter.runtime.dry_run import (
    DryRunReport,
    Options,
    Summary,
    dry_run,
    takes_counted,
)
from interlock.interpreter.runtime.telemetry import only_errors
from interlock.interpreter.server.views import format_instant, view, view_record
from interlock.interpreter.sources import read_recording
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command("dry-run")
@click.argument("rulebook", metavar="RULEBOOK")
@click.argument("recording", metavar="RECORDING")
@click.option("--source", metavar="NAME", help="The source of lines that are a sender's raw body.")
@click.option(
    "--for", "go_on", metavar="DURATION", help="Let the clock go on after the last line, as 2h."
)
@click.option(
    "--automation",
    type=click.Choice([mode.value for mode in Automation]),
    default=Automation.AUTO.value,
    show_default=True,
    help="How far remediation may go on its own, at most.",
)
@click.option("--approve", "approves", is_flag=True, help="Somebody approves every gate at once.")
@click.option(
    "--outcomes",
    type=click.Choice(["ok", "fail"]),
    default="ok",
    show_default=True,
    help="How hooks answer.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    show_default=True,
    help="A transcript, or every record in full.",
)
@color_option
def command(
    *,
    rulebook: str,
    recording: str,
    source: str | None,
    go_on: str | None,
    automation: str,
    approves: bool,
    outcomes: str,
    format_: str,
) -> ExitStatus:
    """Show what a rulebook would have done to recorded alerts; nothing is sent.

    RECORDING is JSON lines, or - for standard input: {"at", "source", "body"}, an event as POST
    /ingest takes it, or (with --source) a sender's raw body. Hooks answer at once, nobody approves
    unless --approve says so, and the clock stops at the last line.
    """
    options = Options(
        automation=Automation(automation),
        go_on_ns=_read_duration(go_on),
        approves=approves,
        hooks_fail=outcomes == "fail",
    )
    if rulebook == STDIN and recording == STDIN:
        raise ConfigurationError("only one of RULEBOOK and RECORDING can be standard input")
    loaded = load_or_report(rulebook)
    if loaded is None:
        return ExitStatus.FINDINGS
    with ExitStack() as stack:
        lines = read_recording(_open(recording, stack), source=source)
        with only_errors():
            report = asyncio.run(dry_run(loaded[0], lines, options))
    graph = loaded[0]
    for sentence in graph.unsupported:
        if not sentence.startswith("`notification_channels"):
            write_log(f"not played: {sentence}")
    for bad in report.bad_lines:
        write_log(f"{recording}:{bad.line}: error: {clean(bad.detail)}")
    write_result("".join(f"{line}\n" for line in _FORMATS[format_](report)))
    return _status(report, recording)


def _status(report: DryRunReport, recording: str) -> ExitStatus:
    if report.bad_lines:
        return ExitStatus.FINDINGS
    if report.summary.events == 0:
        write_log(f"{recording}: holds no event")
        return ExitStatus.USAGE
    return ExitStatus.OK


def _read_duration(text: str | None) -> int:
    if text is None:
        return 0
    length = parse_duration(text, is_zero_allowed=True)
    if isinstance(length, Problem):
        raise ConfigurationError(f"--for: {length.message}; {length.help or 'shorten it'}")
    return length


def _open(recording: str, stack: ExitStack) -> Iterator[bytes]:
    if recording == STDIN:
        return iter(sys.stdin.buffer)
    try:
        return stack.enter_context(Path(recording).open("rb"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {recording}: {error.strerror}") from None


def _text(report: DryRunReport) -> Iterator[str]:
    for record in report.records:
        if record.stream.startswith(SUPPRESSOR_PREFIX) or takes_counted(record):
            continue  # said already: where it is suppressed, by the incident that opened
        yield summarise_record(view_record(record))
    yield from _summary_text(report.summary, len(report.bad_lines))


def _summary_text(summary: Summary, bad_lines: int) -> Iterator[str]:
    unmatched = summary.dispositions.get("unmatched", 0)
    calls, messages = sum(summary.hook_calls.values()), sum(summary.messages.values())
    counted = [
        _many(summary.events, "event"),
        _many(summary.incidents, "incident"),
        _many(calls, "hook call"),
        _many(messages, "message"),
    ]
    if unmatched:
        counted.append(f"{_many(unmatched, 'event')} matched no incident")
    if bad_lines:
        counted.append(f"{_many(bad_lines, 'line')} held no event")
    yield ""
    yield " · ".join(counted)
    for title, counts in (
        ("left in", summary.states),
        ("calls", summary.hook_calls),
        ("messages", summary.messages),
    ):
        if counts:
            yield f"{title}: " + ", ".join(f"{clean(name)} {n}" for name, n in counts.items())
    if summary.inferred_times:
        yield f"{_many(summary.inferred_times, 'line')} stated no time; it was inferred"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _summary_view(report: DryRunReport) -> dict[str, Any]:
    summary = report.summary
    times = {
        name: None if instant is None else format_instant(instant)
        for name, instant in (("started_at", summary.started_at), ("ended_at", summary.ended_at))
    }
    return {**view(summary), **times}


def _json(report: DryRunReport) -> Iterator[str]:
    document = {
        "records": [view_record(record) for record in report.records],
        "bad_lines": view(report.bad_lines),
        "summary": _summary_view(report),
    }
    yield msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _jsonl(report: DryRunReport) -> Iterator[str]:
    for record in report.records:
        yield msgspec.json.encode({"record": view_record(record)}).decode()
    for bad in report.bad_lines:
        yield msgspec.json.encode({"bad_line": view(bad)}).decode()
    yield msgspec.json.encode({"summary": _summary_view(report)}).decode()


_FORMATS = {"text": _text, "json": _json, "jsonl": _jsonl}
