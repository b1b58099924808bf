"""How long steps wait and how fast they try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page
from interlock.rulebook.literals import Problem, format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.model import Retry
    from interlock.rulebook.source import Span

_SECTIONS = frozenset({"runbooks", "remediation_hooks", "severity_matrix"})
_HASTY_ATTEMPTS = 4
_HASTY_NS = 1_000_000_000
_DEFAULT = {"initial": "1s", "max": "1m"}

SLOW = Page(
    code="A506",
    name="timeout-beyond-sla",
    level=Level.WARNING,
    summary="A timeout longer than every SLA of the rulebook.",
    why=(
        "While a step waits for its target nothing else of the runbook runs. One that may wait "
        "longer than an incident may last is not noticed before the SLA is breached."
    ),
    bad="""\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain_node, timeout: 30m}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
    good="""\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain_node, timeout: 5m}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
    limits="Retries are not added up. Without a timeout it is 30s, so there always is one.",
)

HASTY = Page(
    code="A507",
    name="hasty-retries",
    level=Level.WARNING,
    summary="Retries whose pauses do not grow.",
    why=(
        "A target that fails because it is overloaded is kept down by calls that come as fast as "
        "it refuses them; or the last attempt is over before it could have recovered."
    ),
    bad="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: drain, hook: drain_node, retry: {attempts: 10, initial: 100ms, factor: 1}}
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
    good="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: drain, hook: drain_node, retry: {attempts: 10, initial: 100ms, factor: 2}}
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
    limits=(
        "Reported for four attempts and more at a steady pace of under a second, and for a `max` "
        "below `initial`. Attempts are always bounded."
    ),
)


def find_slow(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each written timeout that is longer than the longest SLA."""
    slas = [row.sla_ns for row in context.graph.severities.values() if row.sla_ns is not None]
    if not slas:
        return
    longest = max(slas)
    for hook in context.model.remediation_hooks or ():
        if (length := _length(hook.timeout)) is not None and length > longest:
            yield _slow(span(hook, "timeout"), hook.timeout, longest, f"hook `{hook.id}`")
    for runbook, step in context.written_steps():
        if (length := _length(step.timeout)) is not None and length > longest:
            subject = f"runbook `{runbook}`, step `{step.id or step.hook}`"
            yield _slow(span(step, "timeout"), step.timeout, longest, subject)


def _slow(where: Span, written: str | None, longest: int, subject: str) -> Diagnostic:
    message = f"a timeout of {written} is longer than any SLA ({format_duration(longest)})"
    return SLOW.finding(
        message, where, help="give up sooner, so that a person still can act", subject=subject
    )


def find_hasty(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each step whose retries hammer, or whose pauses are cut off at once."""
    for runbook, step in context.written_steps():
        retry = step.retry
        if retry is None or retry.attempts == 1:
            continue
        subject = f"runbook `{runbook}`, step `{step.id or step.hook}`"
        first, last = _pause(retry.initial, "initial"), _pause(retry.max, "max")
        if first is None or last is None:
            continue
        if first > last:
            yield HASTY.finding(
                "the first pause is longer than the longest one may be",
                span(retry, "max" if retry.max is not None else "initial"),
                help="raise `max`, or lower `initial`",
                labels=_other(retry),
                subject=subject,
            )
        elif retry.factor == 1 and retry.attempts >= _HASTY_ATTEMPTS and first < _HASTY_NS:
            yield HASTY.finding(
                f"{retry.attempts} attempts, each {format_duration(first)} after the last",
                span(retry, "factor"),
                help="let the pauses grow: `factor: 2`",
                subject=subject,
            )


def _other(retry: Retry) -> tuple[Label, ...]:
    if retry.max is None or retry.initial is None:
        return ()
    return (Label(span(retry, "initial"), "the first pause"),)


def _pause(written: str | None, key: str) -> int | None:
    return _length(written if written is not None else _DEFAULT[key])


def _length(written: str | None) -> int | None:
    parsed = None if written is None else parse_duration(written)
    return None if isinstance(parsed, Problem) else parsed


RULES = (
    LintRule(SLOW, find_slow, _SECTIONS, frozenset("XGRATB")),
    LintRule(HASTY, find_hasty, _SECTIONS, frozenset("XGRATB")),
)
