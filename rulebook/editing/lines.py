r"""Places in a text as editors count them.

Responsible for lines and characters of the Language Server Protocol (3.17, "Position"): both
0-based, lines ended by `\n`, `\r\n` or `\r`, characters in units of the negotiated encoding. Never
raises for a place outside the text: it means the nearest one inside.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"
_LINE_END = re.compile(r"\r\n|\n|\r")
_BEYOND_BMP: Final = 0x10000
_UTF8_SIZES: Final = (0x80, 0x800, _BEYOND_BMP)


class Lines:
    """The lines of one text.

    Args:
        text: The text.
        encoding: What a character is counted in: `utf-8`, `utf-16` or `utf-32` units.
    """

    def __init__(self, text: str, encoding: str = UTF16) -> None:
        self._text = text
        self._encoding = encoding
        self._is_plain = encoding == UTF32 or text.isascii()
        self._starts = [0]
        self._ends: list[int] = []
        for match in _LINE_END.finditer(text):
            self._ends.append(match.start())
            self._starts.append(match.end())
        self._ends.append(len(text))

    def offset(self, line: int, character: int) -> int:
        """Return the offset of a place; one inside a character is before it."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self._text)
        start, end = self._starts[line], self._ends[line]
        if self._is_plain:
            return min(start + max(character, 0), end)
        units = 0
        for at in range(start, end):
            units += _units(self._text[at], self._encoding)
            if units > character:
                return at
        return end

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and character of an offset; one inside a line end is before it."""
        offset = min(max(offset, 0), len(self._text))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        stop = min(offset, self._ends[line])
        if self._is_plain:
            return line, stop - start
        return line, sum(_units(char, self._encoding) for char in self._text[start:stop])


def _units(char: str, encoding: str) -> int:
    code = ord(char)
    if encoding == UTF16:
        return 2 if code >= _BEYOND_BMP else 1
    if encoding == UTF8:
        return 1 + sum(code >= size for size in _UTF8_SIZES)
    return 1
