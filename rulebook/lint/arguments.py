"""What a hook or an action is sent: a `with:` and the strings in it.

Responsible for finding the strings with their places; shared by the rooms. Never reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.document.nodes import MapNode, SeqNode, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Node, Step
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
