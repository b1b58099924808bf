"""Reading what is in brackets up to a cursor.

Responsible for flow mappings and lists inside the lines of `scanning`. Never reads beyond them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.rulebook.editing.frames import Frame, Slot

if TYPE_CHECKING:
    from interlock.rulebook.editing.scanning import Scan

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>(?<=\s)\#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'(?!'))|(?P<colon>:(?=[\s,\[\]{}]|$))"""
    r"""|(?P<word>(?:[^\s,\[\]{}:]|:(?![\s,\[\]{}]|$))+)""",
    re.DOTALL,
)
_CHARACTER = re.compile(r".", re.DOTALL)


class FlowScan:
    """One scan of a bracket at `at` and of all within it.

    Attributes:
        is_abandoned: Whether it was never closed, and a line that is not indented below it follows.
    """

    def __init__(self, scan: Scan, at: int) -> None:
        self.is_abandoned = False
        self._scan = scan
        self._text = scan.text
        self._at = at
        self._depth = 0
        self._start: int | None = None  # of the scalar being read
        self._stop = at
        self._is_quoted = False
        self._after_colon = -1

    def run(self) -> Slot | int:
        """Return the slot where the text ends inside, else the offset after the last bracket."""
        while (match := self._token()) is not None:
            kind = match.lastgroup or "word"
            if "\n" in match[0]:
                left = self._scan.abandoned_at(match.start(), match.end(), "]}")
                if left is not None:
                    self.is_abandoned = True
                    return left
            if kind == "comment" and match.end() == len(self._text):
                return Slot(is_comment=True, text=match[0], start=match.start())
            self._at = match.end()
            self._take(kind, match)
            if self._depth == 0:
                return self._at
        return self._unclosed()

    def _token(self) -> re.Match[str] | None:
        """Return the next token; None at the end, and at a quote that is never closed."""
        match = _TOKEN.match(self._text, self._at)
        if self._text[self._at : self._at + 1] in ("'", '"'):
            # Inside a plain scalar a quote is a character like others.
            if self._start is not None:
                return _CHARACTER.match(self._text, self._at)
            return match if match is not None and match.lastgroup == "quoted" else None
        return match or _CHARACTER.match(self._text, self._at)

    def _take(self, kind: str, match: re.Match[str]) -> None:
        frames = self._scan.frames
        if kind == "open":
            is_list = match[0] == "["
            frames.append(Frame(-1, is_list=is_list, step=0 if is_list else "", is_flow=True))
            self._depth += 1
            self._start = None
        elif kind == "close":
            self._keep()
            frames.pop()
            self._depth -= 1
        elif kind == "comma":
            self._keep()
            if frames[-1].is_list:
                frames[-1].advance()
            else:
                frames[-1].step = ""
        elif kind == "colon" and not frames[-1].is_list and frames[-1].step == "":
            frames[-1].begin(self._scalar())
            self._start = None
            self._after_colon = self._at
        elif kind in ("word", "quoted", "colon"):
            self._read(match, is_quoted=kind == "quoted")

    def _read(self, match: re.Match[str], *, is_quoted: bool) -> None:
        if self._start is None:
            self._start = match.start()
            self._is_quoted = is_quoted
        self._stop = match.end()

    def _scalar(self) -> str:
        if self._start is None:
            return ""
        text = self._text[self._start : self._stop]
        return text[1:-1] if self._is_quoted else text

    def _keep(self) -> None:
        """Keep the scalar that ends here as the value of the present key."""
        top = self._scan.frames[-1]
        if not top.is_list and top.step != "" and self._start is not None:
            top.take(self._scalar())
        self._start = None

    def _unclosed(self) -> Slot | int:
        """Return the slot at the end of the text, or in a quote that is never closed."""
        end = len(self._text)
        if self._at < end:
            left = self._scan.abandoned_at(self._at, end, "]}")
            if left is not None:
                self.is_abandoned = True
                return left
            return self._slot(self._at + 1, self._text[self._at])
        if self._start is not None and self._is_quoted:
            return Slot()  # behind a closed quote nothing may be typed
        return self._slot(end if self._start is None else self._start, "")

    def _slot(self, start: int, style: str) -> Slot:
        top = self._scan.frames[-1]
        is_key = not top.is_list and top.step == ""
        return Slot(
            is_key=is_key,
            is_value=not is_key,
            text=self._text[start:],
            start=start,
            style=style,
            is_glued=start == self._after_colon,
        )
