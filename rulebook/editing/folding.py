"""Which lines of a rulebook can be folded away.

Responsible for the line ranges of sections, entries and lists that run over several lines. Never
reads text: it walks what a text holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.nodes import MapNode, SeqNode, key_span, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Node
    from interlock.rulebook.source import Span


def folds_of(root: MapNode) -> tuple[tuple[int, int], ...]:
    """Return first and last lines (1-based), outer ones first; the first line stays visible."""
    found: set[tuple[int, int]] = set()
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        for start, where, value in _parts(node):
            last = _last_line(where)
            if last > start:
                found.add((start, last))
            if isinstance(value, MapNode | SeqNode):
                pending.append(value)
    return tuple(sorted(found, key=lambda fold: (fold[0], -fold[1])))


def _parts(node: Node) -> Iterator[tuple[int, Span, Any]]:
    """Yield the line where each part begins, with its key, and its value."""
    if isinstance(node, MapNode):
        for key, value in node.items():
            yield key_span(node, key).line, span_of(node, key), value
    else:
        for index, value in enumerate(node):
            where = span_of(node, index)
            yield where.line, where, value


def _last_line(where: Span) -> int:
    """Return the line of the last character that is no white space."""
    text = where.source.text[where.start : where.end].rstrip()
    return where.source.position(where.start + max(len(text) - 1, 0))[0]
