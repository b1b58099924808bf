"""Typed access to the parts of a configuration.

Responsible for saying, with its place, that a part is not of the shape it should be. Knows no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.catalogue import finding
from interlock.rulebook.document.nodes import MapNode, SeqNode, span_of

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import Step


class MalformedError(Exception):
    """A part of a configuration is none that Alertmanager takes; holds the finding."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Fields:
    """One mapping of the configuration; everything is None or empty where it is not written."""

    def __init__(self, node: MapNode) -> None:
        self.node = node

    def wrong(self, message: str, *path: Step) -> MalformedError:
        """Return the error to raise about the mapping, or about what `path` leads to."""
        return MalformedError(finding("Y005", message, span_of(self.node, *path)))

    def text(self, key: str) -> str | None:
        """Return a scalar as it is written: `500` is "500"."""
        value = self.node.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, MapNode | SeqNode):
            raise self.wrong(f"`{key}` is a single value", key)
        return span_of(self.node, key).text

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of scalars; one alone stands for a list of it."""
        value = self.node.get(key)
        if value is None:
            return ()
        if not isinstance(value, SeqNode):
            return (self.text(key) or "",)
        return tuple(self._item(value, key, number) for number in range(len(value)))

    def _item(self, items: SeqNode, key: str, number: int) -> str:
        value = items[number]
        if isinstance(value, MapNode | SeqNode):
            raise self.wrong(f"`{key}` is a list of single values", key, number)
        return value if isinstance(value, str) else span_of(self.node, key, number).text

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a truth value."""
        value: Any = self.node.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(f"`{key}` is true or false", key)
        return value

    def part(self, key: str) -> Fields | None:
        """Return a mapping."""
        value = self.node.get(key)
        if value is None:
            return None
        if not isinstance(value, MapNode):
            raise self.wrong(f"`{key}` is a mapping", key)
        return Fields(value)

    def parts(self, key: str) -> list[Fields]:
        """Return a list of mappings."""
        value = self.node.get(key)
        if value is None:
            return []
        if not isinstance(value, SeqNode) or not all(isinstance(item, MapNode) for item in value):
            raise self.wrong(f"`{key}` is a list of mappings", key)
        return [Fields(item) for item in value]
