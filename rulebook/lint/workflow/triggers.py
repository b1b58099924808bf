"""Triggers that are spelled nearly like an event type that arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level, replacing
from interlock.rulebook.elements import span
from interlock.rulebook.graph.defaults import ENGINE_EVENTS, ENGINE_NAMESPACES, HUMAN_EVENTS
from interlock.rulebook.guard.suggest import nearest
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.pages.graph import UNKNOWN_EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.model import WorkflowRule
    from interlock.rulebook.source import Span


def find_misspelled_triggers(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each trigger that no one declares and that a known type is spelled nearly like."""
    graph = context.graph
    known = {*graph.events, *graph.opens, *HUMAN_EVENTS, *ENGINE_EVENTS}
    for written, rule in context.written_rules():
        for event_type, where in _triggers(written):
            # The compiler reports a misspelled type of the engine's own.
            if event_type in known or event_type.partition(".")[0] in ENGINE_NAMESPACES:
                continue
            near = nearest(event_type, sorted(known))
            if near is not None:
                yield UNKNOWN_EVENT.finding(
                    f"no event type `{event_type}` is known, but `{near}` is",
                    where,
                    help=f"did you mean `{near}`? If not, name it under `events`",
                    subject=f"rule `{rule.id}`",
                    level=Level.WARNING,
                    fix=replacing(where, near, is_safe=False),
                )


def _triggers(written: WorkflowRule) -> Iterator[tuple[str, Span]]:
    if isinstance(written.trigger, str):
        yield written.trigger, span(written, "trigger")
    else:
        for index, event_type in enumerate(written.trigger or ()):
            yield event_type, span(written, "trigger", index)


RULES = (
    LintRule(UNKNOWN_EVENT, find_misspelled_triggers, frozenset({"events", "workflow_rules"})),
)
