"""Where text came from and where in it something stands.

Rules of this file: offsets are 0-based code points, lines and columns 1-based code points; nothing
here reads a file. A `Span` is a half-open range of one `SourceFile`.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from msgspec import Struct


class SourceFile(Struct, frozen=True, dict=True):
    """A named text; `name` is what a person sees in front of a line number."""

    name: str
    text: str

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r})"

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        position = find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = find("\n", position + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column (code points) of a 0-based offset."""
        line = bisect_right(self._line_starts, offset) - 1
        return line + 1, offset - self._line_starts[line] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the 0-based offset of a 1-based line and column."""
        return self._line_starts[line - 1] + column - 1

    def line_text(self, line: int) -> str:
        """Return the text of a 1-based line without its line end."""
        starts = self._line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")


class Span(Struct, frozen=True):
    """The half-open range `start:end` (0-based code points) of a source text."""

    source: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        """1-based line of the first character."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """1-based column of the first character, in code points."""
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The characters the span covers."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"


def stem(path: str) -> str:
    """Return a file's name without folders and ending: `rules/checkout.yaml` is `checkout`."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2].split(".")[0] or "rulebook"
