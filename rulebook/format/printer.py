"""The tree of a layout to lines.

Responsible for indentation, for what stays on one line and for empty lines: two spaces a level,
list items indented under their key, `{...}` and `[...]` on one line where they fit in `WIDTH`
columns and one entry per line where they do not. Never moves an entry and never loses a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.format.scalars import BLOCKS, write_inline, write_lines
from interlock.rulebook.format.tree import (
    Alias,
    Block,
    Entry,
    Flow,
    Scalar,
    Section,
    Verbatim,
)

if TYPE_CHECKING:
    from interlock.rulebook.format.tree import Document, EndComment, Lines, Value

WIDTH: Final = 100
_STEP: Final = 2
_GAP: Final = 2  # spaces before a comment at the end of a line


class _OpenEnd(str):
    """The last line of a block scalar that keeps its line ends: an empty line would be its own."""

    __slots__ = ()


def print_document(document: Document) -> str:
    """Return the text of a document, each line ended with a line feed."""
    root = document.root
    if isinstance(root, Flow) and root.entries:
        root = _opened(root)
    if isinstance(root, Block):
        lines = _sections(root)
    elif isinstance(root, Flow):
        lines = [_inline(root)]
    else:
        lines = [*root.text.split("\n")]
    return _finish([*document.prologue, *document.head, *lines, *document.tail])


def _sections(root: Block) -> Lines:
    """Return the lines of the top level: an empty line between all but bare single lines."""
    lines: Lines = [*root.head]
    was_bare = True
    for entry in root.entries:
        printed = _entry(entry, 0)
        before = _trimmed(entry.before)
        is_bare = len(printed) == 1 and not before
        if not (was_bare and is_bare) or len(before) < len(entry.before):
            lines += [None] if entry is not root.entries[0] else []
        lines += [*before, *printed, *_indented(entry.after, 0)]
        was_bare = len(printed) == 1 and not entry.after
    return lines


def _trimmed(lines: Lines) -> Lines:
    while lines and lines[0] is None:
        lines = lines[1:]
    return lines


def _finish(lines: Lines) -> str:
    """Join the lines, with at most one empty line where some are asked for and none at the ends."""
    kept: list[str] = []
    is_asked = False
    for line in lines:
        if line is None:
            is_asked = True
            continue
        if is_asked and kept and not isinstance(kept[-1], _OpenEnd):
            kept.append("")
        is_asked = False
        kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def _block(block: Block, indent: int) -> Lines:
    """Return the lines of a mapping or list, without empty lines at its start."""
    lines = _indented(block.head, indent)
    for entry in block.entries:
        lines += _indented(entry.before, indent)
        lines += _entry(entry, indent)
        lines += _indented(entry.after, indent)
    return _trimmed(lines)


def _indented(lines: Lines, indent: int) -> Lines:
    return [None if line is None else " " * indent + line for line in lines]


def _entry(entry: Entry | Section, indent: int) -> Lines:
    if isinstance(entry, Section):
        return [*entry.lines]
    margin = " " * indent
    if entry.key is None:
        start = f"{margin}- "
    else:
        start = f"{margin}{write_inline(entry.key, is_in_flow=False)}: "
    value = entry.value
    if isinstance(value, Flow) and value.entries:
        line = start + _with_properties(value, _inline(value))
        if len(line) <= WIDTH:
            return [_with_end(line, entry.end)]
        value = _opened(value)
        if entry.end is not None:
            entry.end.is_aligned = False
    if isinstance(value, Block):
        return _entry_of_block(entry, start, value, indent)
    first, *others = _inline_lines(value, indent, room=WIDTH - len(start))
    lines = [(start + first).rstrip(), *others]
    at = 0 if isinstance(value, Scalar) and value.style in BLOCKS else -1
    lines[at] = _with_end(lines[at], entry.end)
    if isinstance(value, Scalar) and value.style in BLOCKS and "+" in first:
        lines[-1] = _OpenEnd(lines[-1])
    return [*lines]


def _entry_of_block(entry: Entry, start: str, block: Block, indent: int) -> Lines:
    nested = _block(block, indent + _STEP)
    if entry.key is None and not block.properties:
        count = next(n for n, line in enumerate(nested) if line and line.lstrip()[:1] != "#")
        above = [None if line is None else line.strip() for line in nested[:count]]
        if entry.end is not None:
            above.insert(0, entry.end.text)
        first = nested[count]
        assert first is not None
        joined = type(first)(start + first[indent + _STEP :])
        return [*_indented(above, indent), joined, *nested[count + 1 :]]
    line = (start + block.properties).rstrip()
    return [_with_end(line, entry.end), *nested]


def _inline_lines(value: Value | None, indent: int, room: int) -> list[str]:
    """Return the lines of a value that begins on its key's line."""
    match value:
        case None:
            return [""]
        case Alias(text=text):
            return [text]
        case Verbatim(text=text, column=column):
            first, *others = text.split("\n")
            shift = indent - column
            moved = [_moved(line, shift, indent + _STEP) for line in others]
            return [_with_properties(value, first), *moved]
        case Scalar():
            first, *others = write_lines(value, room=room)
            margin = " " * (indent + _STEP)
            return [_with_properties(value, first), *(margin + o if o else "" for o in others)]
        case _:
            return [_with_properties(value, _inline(value))]


def _moved(line: str, shift: int, least: int) -> str:
    content = line.strip()
    indent = max(len(line) - len(line.lstrip()) + shift, least)
    return " " * indent + content if content else ""


def _with_properties(value: Value, text: str) -> str:
    properties = "" if isinstance(value, Alias) else value.properties
    return f"{properties} {text}" if properties else text


def _with_end(line: str, comment: EndComment | None) -> str:
    if comment is None:
        return line
    gap = _GAP if not comment.is_aligned else max(_GAP, comment.column - len(line))
    return f"{line}{' ' * gap}{comment.text}"


def _inline(value: Value) -> str:
    """Return a value on one line."""
    match value:
        case Flow(is_map=is_map, entries=entries):
            left, right = "{}" if is_map else "[]"
            parts = []
            for key, item in entries:
                start = "" if key is None else f"{write_inline(key, is_in_flow=True)}: "
                parts.append(start + _with_properties(item, _inline(item)))
            return f"{left}{', '.join(parts)}{right}"
        case Scalar():
            return write_inline(value, is_in_flow=True)
        case _:
            assert isinstance(value, Alias)
            return value.text


def _opened(flow: Flow) -> Block:
    """Return a flow collection with one entry per line."""
    entries: list[Entry | Section] = [Entry(key, item) for key, item in flow.entries]
    return Block(flow.is_map, flow.shape, 0, entries, properties=flow.properties)
