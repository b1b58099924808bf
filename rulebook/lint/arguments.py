"""What hooks and actions are sent: every `with:` of a rulebook and the strings in it.

Responsible for finding them with their places; shared by the rooms. Never reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.document.nodes import MapNode, SeqNode, span_of
from interlock.rulebook.model import ActionCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Node, Step
    from interlock.rulebook.lint.context import LintContext
    from interlock.rulebook.model import RunbookStep
    from interlock.rulebook.source import Span


class Sent(NamedTuple):
    """One mapping that has a `with:`.

    Attributes:
        node: The mapping.
        subject: What a finding in it is about.
        runbook: The runbook it belongs to, None for a rule's action.
        step: The step it belongs to, None for a rule's action.
        is_undo: Whether it takes the step back.
    """

    node: MapNode
    subject: str
    runbook: str | None = None
    step: RunbookStep | None = None
    is_undo: bool = False


class Text(NamedTuple):
    """One string: its parent node, the step to it, the nearest key above it, its value."""

    parent: Node
    step: Step
    name: str
    value: str

    @property
    def span(self) -> Span:
        """Where it stands."""
        return span_of(self.parent, self.step)


def sent_arguments(context: LintContext) -> Iterator[Sent]:
    """Yield every step, undo and action call of the rulebook."""
    for runbook, step in context.written_steps():
        subject = f"runbook `{runbook}`, step `{step.id or step.hook}`"
        yield Sent(step.node, subject, runbook, step)
        if step.undo is not None:
            yield Sent(step.undo.node, subject, runbook, step, is_undo=True)
    for written, rule in context.written_rules():
        calls = written.action if isinstance(written.action, tuple) else (written.action,)
        for call in calls:
            if isinstance(call, ActionCall):
                yield Sent(call.node, f"rule `{rule.id}`")


def texts(sent: Sent) -> Iterator[Text]:
    """Yield every string of the arguments."""
    yield from _texts(sent.node, "with", "with")


def _texts(node: Any, step: Step, name: str) -> Iterator[Text]:
    value = node[step] if step in node or isinstance(step, int) else None
    if isinstance(value, str):
        yield Text(node, step, name, value)
    elif isinstance(value, MapNode):
        for key in value:
            yield from _texts(value, key, key)
    elif isinstance(value, SeqNode):
        for index in range(len(value)):
            yield from _texts(value, index, name)
