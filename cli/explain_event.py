"""Why an event took the rules it took, as text: a decision tree for each rule that was tried.

Rules of this file: plays a recording through the dry run, where nothing can be sent, and shows the
guards of its last event. Text of alerts never reaches a terminal as it is.
"""

from __future__ import annotations

import asyncio
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import STDIN
from interlock.cli.loading import load_or_report
from interlock.cli.record_text import clean, describe_change
from interlock.cli.terminal import write_log, write_result
from interlock.interpreter.core import Origin, apply
from interlock.interpreter.core.change import Opened
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.holding import GROUP_PREFIX
from interlock.interpreter.core.suppression import say_why
from interlock.interpreter.runtime.dry_run import DryRunReport, Options, dry_run
from interlock.interpreter.runtime.explaining import tell_rules
from interlock.interpreter.server.views import view_record
from interlock.interpreter.sources import read_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core import Incident, Record
    from interlock.rulebook.graph.state_graph import StateGraph


_NO_INCIDENT = ("suppressed", "below_threshold")
"""What becomes of an alert that fires and opens nothing."""


def explain_event(file: str, rulebook: str, source: str | None, rule: str | None) -> ExitStatus:
    """Write why the last event of a recording took the rules it took."""
    loaded = load_or_report(rulebook)
    if loaded is None:
        return ExitStatus.FINDINGS
    graph = loaded[0]
    _check_rule(graph, rule)
    report = asyncio.run(dry_run(loaded[0], read_recording(_read(file), source=source), Options()))
    for bad in report.bad_lines:
        write_log(f"{file}:{bad.line}: error: {clean(bad.detail)}")
    if report.bad_lines:
        return ExitStatus.FINDINGS
    found = _last_event(report)
    if found is None:
        write_log(f"{file}: holds no event that concerns an incident")
        return ExitStatus.USAGE
    write_result("".join(f"{line}\n" for line in _lines(_graph_of(graph, *found), *found, rule)))
    return ExitStatus.OK


def _graph_of(graph: StateGraph, before: Incident | None, record: Record) -> StateGraph:
    """Return the graph that an incident runs on: in a folder, that of its file."""
    pinned = before.rulebook if before is not None else None
    opened = (change.rulebook for change in record.changes if isinstance(change, Opened))
    digest = pinned or next(opened, None)
    return next((file for file in graph.files if file.digest == digest), graph)


def _check_rule(graph: StateGraph, rule: str | None) -> None:
    known = list(dict.fromkeys(one.id for file in graph.whole_files for one in file.rules))
    if rule is not None and rule not in known:
        near = get_close_matches(rule, known, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
        raise ConfigurationError(f"no such rule: {rule}; {remedy}")


def _read(file: str) -> list[str | bytes]:
    if file == STDIN:
        return list(sys.stdin.buffer)
    try:
        return list(Path(file).read_bytes().splitlines())
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from None


def _last_event(report: DryRunReport) -> tuple[Incident | None, Record] | None:
    """Return the last record that somebody's event made of an incident, with what was before it."""
    incidents: dict[str, Incident] = {}
    found: tuple[Incident | None, Record] | None = None
    for record in report.records:
        if not record.stream.startswith("incident/"):
            if record.stream.startswith(GROUP_PREFIX) and record.disposition in _NO_INCIDENT:
                found = (None, record)
            continue
        before = incidents.get(record.stream)
        incidents[record.stream] = apply(before, record)
        input_ = record.input
        if isinstance(input_, EventInput) and input_.event.origin is not Origin.ENGINE:
            found = (before, record)
    return found


def _lines(
    graph: StateGraph, before: Incident | None, record: Record, rule: str | None
) -> Iterator[str]:
    assert isinstance(record.input, EventInput)
    event = clean(record.input.event.type)
    yield f"{clean(record.stream)}: {event} was {record.disposition}"
    if record.stream.startswith(GROUP_PREFIX):
        for change in view_record(record)["changes"]:
            yield f"  {describe_change(change)}"
        return
    if record.facts.muted_by is not None:
        yield clean(f"  nobody is told: {say_why(record.facts.muted_by)}")
    yield from map(clean, tell_rules(graph, before, record, rule=rule))
