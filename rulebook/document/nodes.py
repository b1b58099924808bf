"""The positioned document: plain data that remembers where it was written.

Responsible for mappings and sequences that carry the place of each key and value, and for turning
places into spans. A `MapNode` is a dict and a `SeqNode` a list, so validators and converters take
them as they are; scalars are plain `str`, `int`, `float`, `bool` or None. Never reads YAML, never
knows what a key means. Nodes are not changed once the reader has finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.document.positions import Style, trace_scalar
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from interlock.rulebook.source import SourceFile


class Place(NamedTuple):
    """Where one value stands: code-point offsets into the source, quotes and indicators included.

    Anchor and tag are not part of it. `style` is None for a collection.
    """

    start: int
    end: int
    style: Style | None = None


class MapNode(dict[str, Any]):
    """A mapping; `places` gives the value's place, `key_places` the key's, per key."""

    __slots__ = ("end", "key_places", "places", "source", "start")

    def __init__(self, source: SourceFile, start: int) -> None:
        super().__init__()
        self.source = source
        self.start = start
        self.end = start
        self.places: dict[str, Place] = {}
        self.key_places: dict[str, Place] = {}

    __hash__ = object.__hash__  # type: ignore[assignment]  # a node is its identity in caches


class SeqNode(list[Any]):
    """A sequence; `places` gives each item's place."""

    __slots__ = ("end", "places", "source", "start")

    def __init__(self, source: SourceFile, start: int) -> None:
        super().__init__()
        self.source = source
        self.start = start
        self.end = start
        self.places: list[Place] = []


Node = MapNode | SeqNode
Step = str | int


def span_of(node: Node, *path: Step) -> Span:
    """Return the span of the value that `path` leads to, or of the node itself without a path.

    A path that ends at something not written gives the span of the deepest part that is.
    """
    where = Span(node.source, node.start, node.end)
    current: Any = node
    for step in path:
        place = _place(current, step)
        if place is None:
            return where
        where = Span(node.source, place.start, place.end)
        current = current[step]
    return where


def key_span(node: MapNode, key: str) -> Span:
    """Return the span of a key as written, quotes included; without that key the node's span."""
    place = node.key_places.get(key)
    if place is None:
        return Span(node.source, node.start, node.end)
    return Span(node.source, place.start, place.end)


def scalar_span(node: Node, step: Step, start: int, end: int) -> Span:
    """Map the range `start:end` of a scalar's *value* to the source characters it came from.

    Works inside plain, quoted and block scalars, across escapes, folds and continuation lines. An
    empty range gives the place before its character, at the end the place after the last one.
    """
    place = _place(node, step)
    value = node[step] if place else None  # type: ignore[call-overload,index]  # step fits node
    if place is None or place.style is None or not isinstance(value, str):
        return span_of(node, step)
    trace = trace_scalar(node.source.text, place.start, place.end, place.style, value)
    if trace is None:
        return Span(node.source, place.start, place.end)
    return Span(node.source, *trace.range(start, end))


def _place(node: Any, step: Step) -> Place | None:
    if isinstance(node, MapNode) and isinstance(step, str):
        return node.places.get(step)
    if isinstance(node, SeqNode) and isinstance(step, int) and 0 <= step < len(node):
        return node.places[step]
    return None
