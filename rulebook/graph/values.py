"""Values as authors wrote them, without their places, and ids where they wrote none.

Responsible for plain, read-only copies of what the graph passes on unread (arguments of actions,
options of channels, headers) and for numbering. Never interprets a value.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from interlock.rulebook.elements import Element

_NOT_OPTIONS = frozenset({"type", "description"})


def plain(value: Any) -> Any:
    """Return the value with read-only mappings and tuples in place of document nodes."""
    if isinstance(value, dict):
        return MappingProxyType({key: plain(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(plain(item) for item in value)
    return value


def written_options(element: Element) -> Mapping[str, Any]:
    """Return what is written in an element, but its type and description."""
    written = {key: item for key, item in element.node.items() if key not in _NOT_OPTIONS}
    mapping: Mapping[str, Any] = plain(written)
    return mapping


def free_id(base: str, taken: Container[str], numbers: dict[str, int]) -> str:
    """Return `base`, or the first of `base#2`, `base#3`, … that is not taken.

    `numbers` remembers the last number of each base, so that many of one take no longer than few.
    """
    while True:
        number = numbers[base] = numbers.get(base, 0) + 1
        free = base if number == 1 else f"{base}#{number}"
        if free not in taken:
            return free
