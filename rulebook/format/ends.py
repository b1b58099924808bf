"""Comments at the ends of lines.

Responsible for seeing which of them stand in one column on purpose. Never moves one.
"""

from __future__ import annotations

from interlock.rulebook.format.tree import EndComment
from interlock.rulebook.format.trivia import line_end

_GAP = 2


def end_comment(text: str, offset: int) -> EndComment:
    """Return the comment that begins at `offset` and goes on to the end of its line.

    It is aligned where there is more room before it than it needs, or where a neighbouring line has
    a comment in the same column.
    """
    start = text.rfind("\n", 0, offset) + 1
    stop = line_end(text, offset)
    column = offset - start
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
    below = text[stop + 1 : line_end(text, stop + 1)]
    is_aligned = column - len(text[start:offset].rstrip()) > _GAP or any(
        line[column : column + 1] == "#" and line[:column].strip() for line in (above, below)
    )
    return EndComment(text[offset:stop].rstrip(), column, is_aligned)
