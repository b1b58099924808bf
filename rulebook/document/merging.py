"""The files of a folder put together.

Responsible for one document out of `_shared.yaml` and another file: sections of names and lists are
joined, shared entries first, and whatever else both write is reported. Every part keeps the place
where it was written. Never knows what a section means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Label
from interlock.rulebook.document.nodes import MapNode, SeqNode, key_span, source_of

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic

SHARED = "_shared"
_OWN = frozenset({"version", "description"})  # each file may say these of itself


def merge_documents(shared: MapNode, other: MapNode) -> tuple[MapNode, tuple[Diagnostic, ...]]:
    """Return both documents as one, and what they both declare."""
    found: list[Diagnostic] = []
    merged = _empty_map(other)
    for key in dict.fromkeys((*shared, *other)):
        if key not in other:
            _put(merged, key, shared[key], shared)
        elif key not in shared or key in _OWN:
            _put(merged, key, other[key], other)
        else:
            _put(merged, key, _joined(key, shared, other, found), other)
    return merged, tuple(found)


def _joined(key: str, shared: MapNode, other: MapNode, found: list[Diagnostic]) -> Any:
    first, second = shared[key], other[key]
    if isinstance(first, SeqNode) and isinstance(second, SeqNode):
        return _joined_lists(first, second)
    if isinstance(first, MapNode) and isinstance(second, MapNode):
        return _joined_maps(first, second, found)
    found.append(_declared_twice(key, shared, other))
    return second


def _joined_lists(first: SeqNode, second: SeqNode) -> SeqNode:
    joined = SeqNode(second.source, second.start)
    joined.end = second.end
    joined.sources = []
    for part in (first, second):
        joined.extend(part)
        joined.places.extend(part.places)
        joined.sources.extend(source_of(part, index) for index in range(len(part)))
    return joined


def _joined_maps(first: MapNode, second: MapNode, found: list[Diagnostic]) -> MapNode:
    joined = _empty_map(second)
    for part in (first, second):
        for key, item in part.items():
            if key not in joined:
                _put(joined, key, item, part)
            elif isinstance(item, MapNode) and isinstance(joined[key], MapNode) and key in _NESTED:
                _put(joined, key, _joined_maps(joined[key], item, found), part)
            else:
                found.append(_declared_twice(key, joined, part))
    return joined


_NESTED = frozenset({"schedules"})  # `on_call.schedules` is a section of names inside a section


def _declared_twice(key: str, first: MapNode, second: MapNode) -> Diagnostic:
    before = key_span(first, key)
    return finding(
        "Y007",
        f"`{key}` is declared in {before.source.name} too",
        key_span(second, key),
        help="keep one of the two",
        labels=(Label(before, "first declared here"),),
    )


def _empty_map(like: MapNode) -> MapNode:
    merged = MapNode(like.source, like.start)
    merged.end = like.end
    merged.sources = {}
    return merged


def _put(merged: MapNode, key: str, value: Any, origin: MapNode) -> None:
    assert merged.sources is not None
    merged[key] = value
    merged.places[key] = origin.places[key]
    merged.key_places[key] = origin.key_places[key]
    merged.sources[key] = source_of(origin, key)
