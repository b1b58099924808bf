"""What stands between the values of a document: comments and empty lines.

Responsible for reading them off the text between two values, and for listing every comment of a
document. Never decides where one belongs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.document.positions import FOLDED, LITERAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Node, Place

_COMMENT: Final = re.compile(r"(?:(?<=[\s,\[\]{}])|^)#[^\n]*", re.MULTILINE)
_CHARACTER: Final = re.compile(r"[^\n]")
_BLOCKS: Final = (LITERAL, FOLDED)
_EMPTY_LINE: Final = 2  # line ends without anything between them


class Piece(NamedTuple):
    """A comment, or an empty line where `text` is None.

    Attributes:
        text: From `#` to the end of the line.
        column: 0-based column of the `#`.
        is_alone: Whether the comment has its line for itself.
        offset: Where it stands in the text.
    """

    text: str | None
    column: int = 0
    is_alone: bool = True
    offset: int = 0


def read_trivia(text: str, at: int) -> tuple[list[Piece], int]:
    """Return the comments and empty lines from `at` on, and where something else begins."""
    pieces: list[Piece] = []
    line_ends = 1 if at == 0 or text[at - 1] == "\n" else 0
    while at < len(text):
        character = text[at]
        if character in " \t":
            at += 1
        elif character == "\n":
            line_ends += 1
            at += 1
        elif character == "#":
            if line_ends >= _EMPTY_LINE:
                pieces.append(Piece(None))
            stop = line_end(text, at)
            column = at - (text.rfind("\n", 0, at) + 1)
            pieces.append(Piece(text[at:stop].rstrip(), column, line_ends > 0, at))
            at, line_ends = stop, 0
        else:
            break
    if line_ends >= _EMPTY_LINE:
        pieces.append(Piece(None))
    return pieces, at


def line_end(text: str, at: int) -> int:
    """Return the offset of the next line feed, or of the text's end."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def comments_of(text: str, root: Node) -> list[str]:
    """Return every comment of a document, in the order of the text."""
    spans = sorted({_content(text, place) for place in _scalars(root)})
    kept, at = [], 0
    for start, end in spans:
        kept += [text[at:start], _CHARACTER.sub("x", text[start:end])]
        at = max(at, end)
    return [match[0].rstrip() for match in _COMMENT.finditer("".join((*kept, text[at:])))]


def _scalars(root: Node) -> Iterator[Place]:
    pending: list[Node] = [root]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MapNode):
            yield from node.key_places.values()
            values, places = list(node.values()), list(node.places.values())
        else:
            values, places = list(node), node.places
        for value, place in zip(values, places, strict=True):
            if place[2] is None:
                pending.append(value)
            else:
                yield place


def _content(text: str, place: Place) -> tuple[int, int]:
    """Return where a scalar's own characters are: in a block scalar below its first line."""
    start, end, style = place
    content = line_end(text, start) if style in _BLOCKS else start
    return content, max(content, end)
