"""The positioned document: plain data that remembers where it was written.

Responsible for mappings and sequences that carry the place of each key and value, and for turning
places into spans. A `MapNode` is a dict and a `SeqNode` a list, so validators and converters take
them as they are; scalars are plain `str`, `int`, `float`, `bool` or None. Never reads YAML, never
knows what a key means. Nodes are not changed once the reader has finished.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.positions import PLAIN, Style, trace_scalar
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from interlock.rulebook.source import SourceFile


Place = tuple[int, int, Style | None]
"""Where a value stands: start, end and style; None for a collection.

Code-point offsets into the source, quotes and indicators included, anchor and tag not. A plain
tuple of atoms: a large rulebook has hundreds of thousands, and the collector skips these.
"""


class MapNode(dict[str, Any]):
    """A mapping; `places` gives the value's place, `key_places` the key's, per key.

    `sources` says per key which file it is from, where a node was put together of several.
    """

    __slots__ = ("end", "key_places", "places", "source", "sources", "start")

    def __init__(self, source: SourceFile, start: int) -> None:
        super().__init__()
        self.source = source
        self.start = start
        self.end = start
        self.places: dict[str, Place] = {}
        self.key_places: dict[str, Place] = {}
        self.sources: dict[str, SourceFile] | None = None

    __hash__ = object.__hash__  # type: ignore[assignment]  # a node is its identity in caches


class SeqNode(list[Any]):
    """A sequence; `places` gives each item's place, `sources` as in a mapping its file."""

    __slots__ = ("end", "places", "source", "sources", "start")

    def __init__(self, source: SourceFile, start: int) -> None:
        super().__init__()
        self.source = source
        self.start = start
        self.end = start
        self.places: list[Place] = []
        self.sources: list[SourceFile] | None = None


Node = MapNode | SeqNode
_COMMENT = re.compile(r"[ \t]+#")
Step = str | int


def span_of(node: Node, *path: Step) -> Span:
    """Return the span of the value that `path` leads to, or of the node itself without a path.

    A path that ends at something not written gives the span of the deepest part that is.
    """
    found: tuple[SourceFile, int, int] = (node.source, node.start, node.end)
    current: Any = node
    for step in path:
        place = _place(current, step)
        if place is None:
            break
        found = (source_of(current, step), place[0], place[1])
        current = current[step]
    return Span(*found)


def key_span(node: MapNode, key: str) -> Span:
    """Return the span of a key as written, quotes included; without that key the node's span."""
    place = node.key_places.get(key)
    if place is None:
        return Span(node.source, node.start, node.end)
    return Span(source_of(node, key), place[0], place[1])


def source_of(node: Node, step: Step) -> SourceFile:
    """Return the file that the entry at `step` is from."""
    sources: Any = node.sources
    source: SourceFile = node.source if sources is None else sources[step]
    return source


def scalar_span(node: Node, step: Step, start: int, end: int) -> Span:
    """Map the range `start:end` of a scalar's *value* to the source characters it came from.

    Works inside plain, quoted and block scalars, across escapes, folds and continuation lines. An
    empty range gives the place before its character, at the end the place after the last one.
    """
    place = _place(node, step)
    if place is None or (style := place[2]) is None:
        return span_of(node, step)
    start_at, end_at, _ = place
    value = node[step]  # type: ignore[index]  # it has a place, so the step fits the node
    source = source_of(node, step)
    trace = trace_scalar(source.text, start_at, end_at, style, value)
    if trace is None:
        return Span(source, start_at, end_at)
    return Span(source, *trace.range(start, end))


def is_cut_short(node: Node, step: Step) -> bool:
    """Tell whether a plain scalar ends where a ` #` begins a comment on its line."""
    place = _place(node, step)
    if place is None or place[2] != PLAIN:
        return False
    return _COMMENT.match(source_of(node, step).text, place[1]) is not None


def _place(node: Any, step: Step) -> Place | None:
    if isinstance(node, MapNode) and isinstance(step, str):
        return node.places.get(step)
    if isinstance(node, SeqNode) and isinstance(step, int) and 0 <= step < len(node):
        return node.places[step]
    return None
