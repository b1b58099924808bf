"""A document and its text to the tree of its layout.

Responsible for walking the text beside the positioned nodes and for giving each comment to what it
is about: at the end of a line to that line, above a key or dash to it, below the last entry to the
innermost mapping or list that it is indented with. Never changes a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.document.positions import FOLDED, LITERAL, PLAIN
from interlock.rulebook.format.ends import end_comment
from interlock.rulebook.format.flows import Untouchable, build_flow, read_properties
from interlock.rulebook.format.scalars import content_indent
from interlock.rulebook.format.shapes import rulebook_shape
from interlock.rulebook.format.tree import (
    Alias,
    Block,
    Document,
    Entry,
    Flow,
    Lines,
    Scalar,
    Section,
    Verbatim,
)
from interlock.rulebook.format.trivia import Piece, line_end, read_trivia

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import Node, Place
    from interlock.rulebook.format.shapes import Shape
    from interlock.rulebook.format.tree import EndComment

_BLOCKS: Final = (LITERAL, FOLDED)
_ALIAS: Final = re.compile(r"\*[^\s,\[\]{}]+")
_HEADER: Final = re.compile(r"(?P<marks>[|>][-+0-9]*)[ \t]*(?P<comment>#[^\n]*)?")
_PROLOGUE: Final = re.compile(r"(?:(?:%[^\n]*|[ \t]*(?:#[^\n]*)?)\n)*---(?=[ \t\n]|$)")


def build_document(text: str, root: MapNode) -> Document:
    """Return the layout of a document whose lines end with line feeds."""
    return _Builder(text).document(root)


class _Builder:
    """Walks one text from its start to its end; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self, root: MapNode) -> Document:
        prologue: Lines = []
        if match := _PROLOGUE.match(self.text):
            prologue = [line.rstrip() for line in match[0].split("\n") if line.strip()]
            self.at = match.end()
        pieces = self._trivia()
        if self.text.startswith(("&", "!"), self.at):
            raise Untouchable
        built: Block | Flow | Verbatim
        if self.text.startswith("{", self.at):
            built = self._flow(root, rulebook_shape(), "", 0)
            document = Document(built, prologue, [piece.text for piece in pieces])
        else:
            built = self._block(root, rulebook_shape(), pieces)
            document = Document(built, prologue)
        rest = self._trivia()
        if self.text.startswith("...", self.at):
            self.at += 3
            rest += self._trivia()
        if isinstance(built, Block):
            rest = _hand_down(rest, built)
        document.tail = [piece.text for piece in rest]
        return document

    def _trivia(self) -> list[Piece]:
        pieces, self.at = read_trivia(self.text, self.at)
        return pieces

    def _expect(self, what: str) -> None:
        if not self.text.startswith(what, self.at):
            raise Untouchable
        self.at += len(what)

    def _block(self, node: Node, shape: Shape, pieces: list[Piece]) -> Block:
        block = Block(isinstance(node, MapNode), shape, self._column(node.start))
        is_root = isinstance(node, MapNode) and block.column == 0
        block.head, before = _split_head(pieces)
        steps: list[Any] = list(node) if isinstance(node, MapNode) else list(range(len(node)))
        for number, step in enumerate(steps):
            if number:
                lines = [piece.text for piece in _hand_down(self._trivia(), block)]
                before = _keep_above(lines, block.entries[-1])
            began = self.at
            try:
                block.entries.append(self._entry(node, step, block, before))
            except Untouchable:
                if not is_root:
                    raise
                self.at = began
                following = steps[number + 1] if number + 1 < len(steps) else None
                block.entries.append(self._section(node, step, following, before))
        return block

    def _entry(self, node: Node, step: Any, block: Block, before: Lines) -> Entry:
        place = node.places[step]
        value = node[step]
        if isinstance(node, MapNode):
            key_place = node.key_places[step]
            if key_place[0] != self.at or key_place[2] is None:
                raise Untouchable
            key = self._scalar(step, key_place, None, block.column)
            entry = Entry(key, before=before)
            self.at = key_place[1]
            self._trivia_on_line()
            self._expect(":")
            shape = block.shape.child(step, value)
        else:
            entry = Entry(None, before=before)
            self._expect("-")
            shape = block.shape.item(value)
        self._value(entry, value, place, shape, block)
        return entry

    def _value(self, entry: Entry, value: Any, place: Place, shape: Shape, block: Block) -> None:
        began = self.at
        pieces = self._trivia()
        properties, more = self._properties()
        pieces += more
        start, end, style = place
        alias = _ALIAS.match(self.text, self.at)
        if alias:
            entry.value, self.at = Alias(alias[0]), alias.end()
        elif start == end and not properties:
            self.at, pieces = began, []
        elif start != self.at:
            raise Untouchable
        elif style is not None:
            entry.value = scalar = self._scalar(value, place, shape.notation, block.column)
            scalar.properties = properties
            self.at = end
            if style in _BLOCKS:
                entry.end = self._block_header(scalar, place)
        elif self.text[self.at] in "{[":
            entry.value = self._flow(value, shape, properties, block.column)
        else:
            pieces = self._above_block(entry, pieces)
            entry.value = nested = self._block(value, shape, pieces)
            nested.properties = properties
            return
        self._comments_round(entry, pieces, is_joined="\n" in self.text[start : self.at])

    def _comments_round(self, entry: Entry, pieces: list[Piece], *, is_joined: bool) -> None:
        """Give the comments between a key and its value, and the one after it, to the entry.

        One after a value of several lines has no column to keep: they may become one.
        """
        on_line = [piece for piece in pieces if piece.text and not piece.is_alone]
        alone = [piece.text for piece in pieces if piece.text and piece.is_alone]
        following = self._trivia_on_line()
        found = [end_comment(self.text, piece.offset) for piece in on_line + following]
        for comment in found:
            comment.is_aligned &= not is_joined
        if entry.end is not None:
            found.append(entry.end)
        entry.before += alone + [comment.text for comment in found[:-1]]
        entry.end = found[-1] if found else None

    def _above_block(self, entry: Entry, pieces: list[Piece]) -> list[Piece]:
        """Take the comments on the line of a key or dash; return those for the block below."""
        on_line = [piece for piece in pieces if piece.text and not piece.is_alone]
        if entry.key is None:
            entry.before += [piece.text for piece in on_line]
        elif on_line:
            entry.before += [piece.text for piece in on_line[:-1]]
            entry.end = end_comment(self.text, on_line[-1].offset)
        kept = [piece for piece in pieces if piece.is_alone]
        return kept[1:] if kept and kept[0].text is None else kept

    def _trivia_on_line(self) -> list[Piece]:
        """Read on to the end of the line, over one comment."""
        if self.at and self.text[self.at - 1] == "\n":
            return []
        at = self.at
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        self.at = at
        if self.text[at : at + 1] != "#":
            return []
        self.at = line_end(self.text, at)
        return [Piece(self.text[at : self.at].rstrip(), is_alone=False, offset=at)]

    def _properties(self) -> tuple[str, list[Piece]]:
        properties, pieces, self.at = read_properties(self.text, self.at)
        return properties, pieces

    def _scalar(self, value: Any, place: Place, notation: str | None, column: int) -> Scalar:
        start, end, style = place
        return Scalar(value, self.text[start:end], style or PLAIN, notation, parent_column=column)

    def _block_header(self, scalar: Scalar, place: Place) -> EndComment | None:
        """Take the comment out of a block scalar's first line, and the empty lines below it."""
        header, _, content = scalar.text.partition("\n")
        match = _HEADER.match(header)
        if match is None:
            raise Untouchable
        marks = match["marks"]
        if place[1] == len(self.text) and not self.text.endswith("\n"):
            # A text that ends inside it has no last line feed to keep; the formatted one would.
            marks = marks.rstrip("+-") + "-"
        if "+" not in marks:
            lines = content.split("\n")
            indent = content_indent(marks, lines, scalar.parent_column)
            while lines and not lines[-1][:indent].strip(" ") and not lines[-1][indent:]:
                lines.pop()
            self.at -= len(content) - len("\n".join(lines))
            content = "\n".join(lines)
        scalar.text = f"{marks}\n{content}"
        if not match["comment"]:
            return None
        return end_comment(self.text, place[0] + match.start("comment"))

    def _flow(self, node: Node, shape: Shape, properties: str, column: int) -> Flow | Verbatim:
        start = self.at
        self.at = node.end
        try:
            flow = build_flow(self.text, node, shape)
        except Untouchable:
            return Verbatim(self.text[start : node.end], column, properties)
        flow.properties = properties
        return flow

    def _section(self, node: Node, name: str, following: str | None, before: Lines) -> Section:
        """Take a top-level entry as it is, up to the comments above the next one."""
        assert isinstance(node, MapNode)
        end = len(self.text)
        if following is not None:
            end = node.key_places[following][0]
            end = self.text.rfind("\n", 0, end) + 1
        lines = self.text[self.at : end].split("\n")
        while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith(("#", "..."))):
            lines.pop()
        self.at += len("\n".join(lines))
        return Section(name, lines, before)

    def _column(self, offset: int) -> int:
        return offset - (self.text.rfind("\n", 0, offset) + 1)


def _split_head(pieces: list[Piece]) -> tuple[Lines, Lines]:
    """Divide what stands above the first entry: up to the last empty line it is about them all."""
    lines = [piece.text for piece in pieces]
    if None not in lines:
        return [], lines
    last = len(lines) - lines[::-1].index(None)
    return lines[:last], lines[last:]


def _keep_above(lines: Lines, entry: Entry | Section) -> Lines:
    """Give comments right below an entry, with an empty line after them, to it; return the rest."""
    if lines and lines[0] is not None and None in lines:
        until = lines.index(None)
        entry.after += lines[:until]
        return lines[until:]
    return lines


def _hand_down(pieces: list[Piece], block: Block) -> list[Piece]:
    """Give comments that are indented with what has ended inside the block to its last entry."""
    ended: list[Block] = []
    last = block.entries[-1] if block.entries else None
    while isinstance(last, Entry) and isinstance(last.value, Block):
        ended.append(last.value)
        last = last.value.entries[-1]
    taken = pending = 0
    for piece in pieces:
        if piece.text is None:
            pending += 1
            continue
        ended = [part for part in ended if part.column <= piece.column]
        if piece.column <= block.column or not ended:
            break
        after = ended[-1].entries[-1].after
        after += [None] * pending + [piece.text]
        taken, pending = taken + pending + 1, 0
    return pieces[taken:]
