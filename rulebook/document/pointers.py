"""From a place in a text to the value that stands there.

Responsible for JSON pointers (RFC 6901) of places and for the top-level entry a place belongs to.
Never knows what a key means.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.nodes import MapNode, SeqNode, key_span, source_of, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.source import Span

_ENTRY_DEPTH = 2  # `/workflow_rules/3`, `/runbooks/drain`


def path_at(root: MapNode, where: Span) -> tuple[Step, ...]:
    """Return the steps to the deepest value that, with its key, holds the whole place."""
    path: list[Step] = []
    node: Any = root
    while isinstance(node, MapNode | SeqNode):
        step = _step_at(node, where)
        if step is None:
            break
        path.append(step)
        value: Any = node
        node = value[step]
    return tuple(path)


def pointer_of(path: tuple[Step, ...]) -> str:
    """Return the JSON pointer of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def entry_lines(root: MapNode, where: Span) -> tuple[int, int]:
    """Return the first and last line of the entry (a rule, a runbook, a row) that holds a place."""
    path = path_at(root, where)[:_ENTRY_DEPTH]
    if not path:
        return where.line, where.source.position(max(where.end - 1, where.start))[0]
    parent: Any = root
    for step in path[:-1]:
        parent = parent[step]
    begin, end = _bounds(parent, path[-1])
    return where.source.position(begin)[0], where.source.position(max(end - 1, begin))[0]


def _step_at(node: MapNode | SeqNode, where: Span) -> Step | None:
    """Return the step to the value that holds a place.

    Values stand in the order of their places, but where an alias repeats an earlier one; so the
    likely one is looked up, and the others are tried only when it is not.
    """
    places = list(node.key_places.values()) if isinstance(node, MapNode) else node.places
    steps: Sequence[Step] = list(node) if isinstance(node, MapNode) else range(len(node))
    likely = bisect_right(places, where.start, key=lambda place: place[0]) - 1
    if likely >= 0 and _holds(node, steps[likely], where):
        return steps[likely]
    return next((step for step in steps if _holds(node, step, where)), None)


def _bounds(node: MapNode | SeqNode, step: Step) -> tuple[int, int]:
    value = span_of(node, step)
    if isinstance(node, MapNode):
        return key_span(node, str(step)).start, max(value.end, key_span(node, str(step)).end)
    return value.start, value.end


def _holds(node: MapNode | SeqNode, step: Step, where: Span) -> bool:
    begin, end = _bounds(node, step)
    return begin <= where.start and where.end <= end and source_of(node, step) is where.source
