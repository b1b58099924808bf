"""Escalations that do not escalate."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import key, span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = frozenset({"severity_matrix"})

UNORDERED = Page(
    code="T702",
    name="escalation-order",
    level=Level.ERROR,
    summary="A level of an escalation that is not later than the one before it.",
    why=(
        "The levels are meant one after the other, each for when the one before did not help. "
        "Whoever stands higher is woken first, or at the same moment."
    ),
    bad="""\
severity_matrix:
  P1:
    notification_channels: [page]
    escalation: [{after: 15m, notify: [page]}, {after: 5m, notify: [directors]}]
notification_channels: {page: {type: log}, directors: {type: log}}
""",
    good="""\
severity_matrix:
  P1:
    notification_channels: [page]
    escalation: [{after: 5m, notify: [page]}, {after: 15m, notify: [directors]}]
notification_channels: {page: {type: log}, directors: {type: log}}
""",
)

UNCHANGED = Page(
    code="T704",
    name="escalation-to-the-same",
    level=Level.INFO,
    profile=Profile.STRICT,
    summary="An escalation that reaches nobody who was not told when the incident opened.",
    why="Whoever did not answer the first time is the only one asked again.",
    bad="""\
severity_matrix:
  P1:
    notification_channels: [page]
    escalation: [{after: 5m, notify: [page]}]
notification_channels: {page: {type: log}}
""",
    good="""\
severity_matrix:
  P1:
    notification_channels: [page]
    escalation: [{after: 5m, notify: [page]}, {after: 15m, notify: [directors]}]
notification_channels: {page: {type: log}, directors: {type: log}}
""",
    limits="A paging service may escalate on its own; that is not known here.",
)


def find_unordered(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each level that is due no later than the one before it."""
    for name, row in context.graph.severities.items():
        for index, (before, level) in enumerate(pairwise(row.escalation), 1):
            if level.after_ns > before.after_ns or not before.after_ns or not level.after_ns:
                continue
            place = ("severity_matrix", name, "escalation")
            yield UNORDERED.finding(
                "this level is not later than the one before it",
                span(context.model, *place, index, "after"),
                help="give each level a longer `after` than the one before",
                labels=(
                    Label(span(context.model, *place, index - 1, "after"), "the level before"),
                ),
                subject=f"severity `{name}`",
            )


def find_unchanged(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each escalation whose channels have all been told at opening."""
    for name, row in context.graph.severities.items():
        told = {channel for level in row.escalation for channel in level.notify}
        if told and told <= set(row.channels):
            yield UNCHANGED.finding(
                f"the escalation of `{name}` reaches nobody new",
                key(context.model, "severity_matrix", name, "escalation"),
                help="let a level notify another channel",
                subject=f"severity `{name}`",
            )


RULES = (
    LintRule(UNORDERED, find_unordered, _SECTIONS, frozenset("T")),
    LintRule(UNCHANGED, find_unchanged, _SECTIONS, frozenset("T")),
)
