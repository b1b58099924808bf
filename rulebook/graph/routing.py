"""From senders to incidents: sources, correlation, silences, inhibitions.

Responsible for the sections that see `event` and `alert` only, because no incident exists yet. Never
decides about an event.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from interlock.rulebook.elements import span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.guards import Scope
from interlock.rulebook.graph.people import check_zone
from interlock.rulebook.graph.state_graph import Correlation, GuardRef, Source
from interlock.rulebook.graph.values import plain, written_options
from interlock.rulebook.literals import Problem, parse_days, parse_hours, parse_time

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation


def compile_sources(work: Compilation) -> dict[str, Source]:
    """Return the sources by name; by default one Alertmanager."""
    if work.model.sources is None:
        return {defaults.SOURCE: Source(name=defaults.SOURCE, type=defaults.SOURCE)}
    return {name: _source(work, name, source) for name, source in work.model.sources.items()}


def _source(work: Compilation, name: str, source: m.Source) -> Source:
    subject = f"source `{name}`"
    values: dict[str, GuardRef] = {}
    for field, text in source.map.items():
        value = work.value_guard(text, source, "map", field, scope=Scope.ALERT, subject=subject)
        if value is not None:
            values[field] = value
    auth = source.auth
    return Source(
        name=name,
        type=source.type,
        auth=None if auth is None or isinstance(auth, str) else written_options(auth),
        severity=plain(source.severity),
        map=values,
    )


def compile_correlation(work: Compilation) -> tuple[Correlation, ...]:
    """Return the entries in order; by default one that groups by fingerprint."""
    written = work.model.correlation
    if not written:
        return (Correlation(),)
    return tuple(_correlation(work, entry) for entry in written)


def _correlation(work: Compilation, entry: m.Correlation) -> Correlation:
    keys = (
        work.value_guard(text, entry, "group_by", index, scope=Scope.ALERT, subject="correlation")
        for index, text in enumerate(entry.group_by)
    )
    threshold = entry.threshold
    default = Correlation()
    reopen = work.duration(entry, "reopen_within")
    return Correlation(
        match=work.guard(entry.match, entry, "match", scope=Scope.ALERT, subject="correlation"),
        group_by=tuple(key for key in keys if key is not None),
        window_ns=work.duration(entry, "window"),
        threshold=dict(threshold) if isinstance(threshold, dict) else {},
        threshold_default=threshold if isinstance(threshold, int) else 1,
        reopen_within_ns=default.reopen_within_ns if reopen is None else reopen,
    )


def check_suppression(work: Compilation) -> None:
    """Check silences, inhibitions and the schedules they use."""
    for name, schedule in (work.model.schedules or {}).items():
        _check_schedule(work, schedule, f"schedule `{name}`")
    for silence in work.model.silences or ():
        work.guard(silence.match, silence, "match", scope=Scope.ALERT, subject="silence")
        if isinstance(silence.schedule, str):
            if silence.schedule not in (work.model.schedules or {}):
                work.report_unknown(
                    "T712", "schedule", silence.schedule, work.model.schedules or {},
                    span(silence, "schedule"), section="schedules", subject="silence",
                )  # fmt: skip
        elif silence.schedule is not None:
            _check_schedule(work, silence.schedule, "silence")
        _check_interval(work, silence)
    for inhibition in work.model.inhibitions or ():
        for side in ("source", "target"):
            text = getattr(inhibition, side)
            work.guard(text, inhibition, side, scope=Scope.ALERT, subject="inhibition")


def _check_interval(work: Compilation, silence: m.Silence) -> None:
    moments: list[date | datetime] = []
    for field, text in (("from", silence.start), ("until", silence.until)):
        if text is None:
            continue
        moment = parse_time(text)
        if isinstance(moment, Problem):
            work.problem("Y005", moment, silence, field, subject="silence")
        else:
            moments.append(moment)
    kinds = {(type(moment), getattr(moment, "tzinfo", None) is None) for moment in moments}
    if len(moments) == 2 and len(kinds) == 1 and moments[0] >= moments[1]:  # noqa: PLR2004
        work.report(
            "Y005",
            "the silence ends before it begins",
            span(silence, "until"),
            subject="silence",
        )


def _check_schedule(work: Compilation, schedule: m.Schedule, subject: str) -> None:
    check_zone(work, schedule, subject=subject)
    for field, parse in (("days", parse_days), ("hours", parse_hours)):
        text = getattr(schedule, field)
        if text is not None and isinstance(problem := parse(text), Problem):
            work.problem("Y005", problem, schedule, field, subject=subject)
