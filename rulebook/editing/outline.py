"""The parts of a rulebook by name, as an editor lists them.

Responsible for the tree of sections and what stands in them, each with its place. Never reads text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.document.nodes import MapNode, SeqNode, key_span, span_of
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Node

_TITLES = ("id", "transition", "name", "do", "hook", "match", "source", "after")
_DEPTH_MAX = 4


class EntryKind(StrEnum):
    """What an entry is, for the sign beside it."""

    SECTION = "section"
    ENTRY = "entry"
    STEP = "step"


class Entry(Struct, frozen=True):
    """One part.

    Attributes:
        name: What it is called.
        detail: More in a few words, or nothing.
        kind: What it is.
        span: All of it, with its key.
        place: Its name or its beginning.
        below: What stands in it.
    """

    name: str
    detail: str
    kind: EntryKind
    span: Span
    place: Span
    below: tuple[Entry, ...] = ()


def outline_of(root: MapNode) -> tuple[Entry, ...]:
    """Return the sections of a document with what stands in them."""
    return tuple(_entries(root, 0))


def _entries(node: Node, depth: int) -> Iterator[Entry]:
    if depth == _DEPTH_MAX:
        return
    kind = (EntryKind.SECTION, EntryKind.ENTRY, EntryKind.STEP)[min(depth, 2)]
    if isinstance(node, MapNode):
        for key in node:
            place, value = key_span(node, key), span_of(node, key)
            end = max(place.end, value.end) if value.start >= place.start else place.end
            span = Span(place.source, place.start, end)
            yield Entry(
                key, _detail(node[key]), kind, span, place, tuple(_below(node[key], depth + 1))
            )
        return
    for index, item in enumerate(node):
        if isinstance(item, MapNode):
            span = span_of(node, index)
            title = next((key for key in _TITLES if isinstance(item.get(key), str)), None)
            place = span if title is None else _inside(span_of(item, title), span)
            name = f"[{index}]" if title is None else str(item[title])
            detail = str(item.get("transition", "")) if title == "id" else ""
            yield Entry(name, detail, kind, span, place, tuple(_below(item, depth + 1)))


def _below(value: Any, depth: int) -> Iterator[Entry]:
    """Yield what stands in a value: names and entries, no plain settings."""
    if isinstance(value, SeqNode):
        yield from _entries(value, depth)
    elif isinstance(value, MapNode):
        for entry in _entries(value, depth):
            inner = value[entry.name]
            if isinstance(inner, MapNode | SeqNode) or depth == 1:
                yield entry


def _inside(place: Span, whole: Span) -> Span:
    """Return a place, or the whole where an alias repeats what stands elsewhere."""
    return place if whole.start <= place.start and place.end <= whole.end else whole


def _detail(value: Any) -> str:
    if isinstance(value, MapNode):
        return str(value.get("type", "")) if isinstance(value.get("type"), str) else ""
    if isinstance(value, SeqNode):
        return f"{len(value)}"
    return "" if value is None else str(value)[:60]
