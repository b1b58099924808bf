"""The canonical order of keys.

Responsible for moving entries, each with its comments. Never writes text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from interlock.rulebook.format.tree import Block, Entry, Flow, Section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.format.shapes import Shape
    from interlock.rulebook.format.tree import Document, Value

T = TypeVar("T")
# Lines for editors and licence scanners, which look for them at the top of a file.
_MODELINE: Final = re.compile(r"#\s*(?:yaml-language-server:|vim?:|-\*-|SPDX-|Copyright\b)")


def arrange_document(document: Document, *, is_ordered: bool) -> None:
    """Put the keys of every mapping that the schema closes into its order, where asked to."""
    root = document.root
    if isinstance(root, Flow):
        _arrange(root, is_ordered=is_ordered)
    elif isinstance(root, Block):
        first = root.entries[0]
        _arrange(root, is_ordered=is_ordered)
        if root.entries[0] is not first:
            count = next(
                (n for n, line in enumerate(first.before) if not _MODELINE.match(line or "")),
                len(first.before),
            )
            root.head += [*first.before[:count], None] if count else []
            del first.before[:count]


def _arrange(value: Value | None, *, is_ordered: bool) -> None:
    if isinstance(value, Flow):
        for _, item in value.entries:
            _arrange(item, is_ordered=is_ordered)
        if value.is_map and is_ordered:
            pairs = ((str(key.value), (key, item)) for key, item in value.entries if key)
            value.entries = _ordered(value.shape, pairs)
    elif isinstance(value, Block):
        for entry in value.entries:
            if isinstance(entry, Entry):
                _arrange(entry.value, is_ordered=is_ordered)
        if value.is_map and is_ordered:
            value.entries = _ordered(
                value.shape, ((_name(entry), entry) for entry in value.entries)
            )


def _name(entry: Entry | Section) -> str:
    if isinstance(entry, Section):
        return entry.name
    return "" if entry.key is None else str(entry.key.value)


def _ordered(shape: Shape, named: Iterable[tuple[str, T]]) -> list[T]:
    entries = dict(named)
    return [entries[name] for name in shape.arrange(entries)]
