"""Values as authors wrote them, without their places.

Responsible for plain, read-only copies of what the graph passes on unread: arguments of actions,
options of channels, headers. Never interprets them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
