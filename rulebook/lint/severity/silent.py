"""Severity rows that nobody hears of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.document.nodes import key_span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = frozenset({"severity_matrix", "notification_channels", "default_channel"})

SILENT = Page(
    code="T713",
    name="silent-severity",
    level=Level.WARNING,
    summary="A severity row without a channel, in a rulebook without a default channel.",
    why=(
        "Opened incidents, failed steps and breached SLAs of this severity are told to nobody, "
        "not even when Interlock cannot decide and needs a human."
    ),
    bad="""\
severity_matrix:
  P1: {sla_minutes: 15}
notification_channels: {ops: {type: log}}
""",
    good="""\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
""",
)


def find_silent(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each declared row without channels where no default channel stands in."""
    graph, matrix = context.graph, context.model.severity_matrix
    if graph.default_channel is not None or context.model.notification_channels is None:
        return
    for name in matrix or {}:
        if not graph.severities[name].channels:
            yield SILENT.finding(
                f"severity `{name}` notifies nobody",
                key_span(context.model.node["severity_matrix"], name),
                help="give it `notification_channels`, or the rulebook a `default_channel`",
                subject=f"severity `{name}`",
            )


RULES = (LintRule(SILENT, find_silent, _SECTIONS),)
