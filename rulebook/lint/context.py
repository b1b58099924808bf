"""What a lint rule may see, and what a lint rule is.

Rules of this file: values only. A lint rule says which sections it reads; it is not run where
one of them has an error, because what it would find there follows from that error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.elements import span
from interlock.rulebook.graph.state_graph import StateGraph
from interlock.rulebook.lint.arguments import Sent, texts
from interlock.rulebook.lint.page import Page
from interlock.rulebook.model import ActionCall, Rulebook

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Rule
    from interlock.rulebook.lint.arguments import Text
    from interlock.rulebook.model import RunbookStep, WorkflowRule
    from interlock.rulebook.source import Span


class LintContext(Struct, frozen=True, dict=True):
    """A rulebook as written, with places, and as compiled."""

    model: Rulebook
    graph: StateGraph

    def written_rules(self) -> Iterator[tuple[WorkflowRule, Rule]]:
        """Yield each workflow rule of the file as written and as compiled, in file order."""
        yield from zip(self.model.workflow_rules or (), self.graph.rules, strict=False)

    def written_steps(self) -> Iterator[tuple[str, RunbookStep]]:
        """Yield each step that calls a hook as written, with its runbook's id."""
        for name, runbook in (self.model.runbooks or {}).items():
            pending = list(runbook.steps)
            while pending:
                step = pending.pop(0)
                if step.parallel is None:
                    yield name, step
                else:
                    pending[:0] = step.parallel

    def written_state(self, state: str) -> Span | None:
        """Return where the lifecycle names a state; None for a state of the default."""
        lifecycle = self.model.lifecycle
        if lifecycle is None or lifecycle.states is None or state not in lifecycle.states:
            return None
        return span(lifecycle, "states", lifecycle.states.index(state))

    @cached_property
    def sent_texts(self) -> tuple[tuple[Sent, Text], ...]:
        """Every string that hooks and actions are sent, with the `with:` it is in."""
        return tuple((sent, text) for sent in self._sent() for text in texts(sent))

    def _sent(self) -> Iterator[Sent]:
        for runbook, step in self.written_steps():
            subject = f"runbook `{runbook}`, step `{step.id or step.hook}`"
            yield Sent(step.node, subject, runbook, step)
            if step.undo is not None:
                yield Sent(step.undo.node, subject, runbook, step, is_undo=True)
        for written, rule in self.written_rules():
            calls = written.action if isinstance(written.action, tuple) else (written.action,)
            for call in calls:
                if isinstance(call, ActionCall):
                    yield Sent(call.node, f"rule `{rule.id}`")

    def state_place(self, state: str) -> Span:
        """Return where the lifecycle names a state, else the first rule that does."""
        if (where := self.written_state(state)) is not None:
            return where
        for written, rule in self.written_rules():
            if state == rule.target or state in rule.sources:
                return span(written, "transition")
        return span(self.model)


class LintRule(Struct, frozen=True):
    """A page and the function that finds its defect.

    Attributes:
        page: What it reports.
        check: Yields the findings, in any order.
        sections: The top-level keys it reads; with an error in one of them it is not run.
        tolerates: First letters of the codes whose errors in these sections do not matter to it.
    """

    page: Page
    check: Callable[[LintContext], Iterator[Diagnostic]]
    sections: frozenset[str]
    tolerates: frozenset[str] = frozenset()
