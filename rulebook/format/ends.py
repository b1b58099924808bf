"""Comments at the ends of lines.

Responsible for seeing which of them stand in one column on purpose. Never moves one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.format.tree import EndComment

if TYPE_CHECKING:
    from interlock.rulebook.format.trivia import Piece

_GAP = 2


class EndComments:
    """The comments at the ends of the lines of one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def at(self, piece: Piece) -> EndComment:
        """Return the comment of a piece."""
        return self.make(piece.text or "", piece.offset)

    def make(self, comment: str, offset: int) -> EndComment:
        """Return the comment that begins at `offset`.

        It is aligned where its line has more room before it than it needs, or where a neighbouring
        line has a comment in the same column.
        """
        start = self._text.rfind("\n", 0, offset) + 1
        column = offset - start
        code = self._text[start:offset].rstrip()
        neighbours = (self._line(start - 1, before=True), self._line(offset, before=False))
        is_aligned = column - len(code) > _GAP or any(
            line[column : column + 1] == "#" and line[:column].strip() for line in neighbours
        )
        return EndComment(comment, column, is_aligned)

    def _line(self, offset: int, *, before: bool) -> str:
        """Return the line that ends at `offset`, or the one after the line that holds it."""
        if before:
            return self._text[self._text.rfind("\n", 0, max(offset, 0)) + 1 : max(offset, 0)]
        start = self._text.find("\n", offset) + 1
        return self._text[start:].partition("\n")[0] if start else ""
