"""Reading YAML up to a cursor, by lines.

Responsible for block mappings, lists and scalars; what is in brackets is `flows`. A construct that
is never closed ends with the first line that is not indented below it, so that one missing quote
or bracket does not swallow the rest of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.rulebook.editing.flows import FlowScan
from interlock.rulebook.editing.frames import Frame, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\\n]|\\.)*"[ \t]*|'(?:[^'\n]|'')*'[ \t]*"""
    r"""|[^\s\#&*!|>%@`,\[\]{}"':][^\n]*?):(?=[ \t\r\n]|$)"""
)
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*)+(?=[^\s]|$)")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))\#")
_QUOTED = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL),
    "'": re.compile(r"'(?:[^']|'')*'(?!')"),
}


class Scan:
    """One scan of `text` from `start`, inside `frames`, to its end; then they are those there."""

    def __init__(self, text: str, start: int, frames: Iterable[Frame] = ()) -> None:
        self.text = text
        self.frames = list(frames)
        self._at = start
        self._plain_start = start  # of the last plain scalar

    def run(self) -> Slot:
        """Read all lines and return what may follow the last character."""
        slot: Slot | None = None
        while slot is None:
            slot = self._line()
        return slot

    def _line(self) -> Slot | None:
        """Read one line, with what goes on in later ones; a slot where the text ends."""
        end = self._line_end(self._at)
        is_last = end == len(self.text)
        at = self._skip_space(self._at, end)
        if not is_last and (at == end or self.text[at] in "#\r" or self._is_marker(at)):
            self._at = end + 1
            return None
        column = at - self._at
        at, column, is_item = self._dashes(at, column, end)
        if self.text[at : at + 1] == "#":
            return self._comment(at, end)
        if not is_item and self._continues(column):
            return self._continuation(end)
        key = _KEY.match(self.text, at, end)
        if key is not None and _COMMENT.search(key["key"]) is None:
            self._enter_key(column, _plain_key(key["key"]))
            return self._value(key.end(), end, column, is_item=False)
        if is_last and at == end:
            return self._empty(at, column, is_item=is_item)
        if not is_item:
            self._leave(column, is_dash=False)
        return self._value(at, end, column, is_item=is_item, is_key=True)

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def _skip_space(self, at: int, end: int) -> int:
        while at < end and self.text[at] in " \t":
            at += 1
        return at

    def _is_marker(self, at: int) -> bool:
        return at == self._at and self.text[at : at + 3] in ("---", "...")

    def _dashes(self, at: int, column: int, end: int) -> tuple[int, int, bool]:
        """Enter the items that a line begins with; return where its content begins."""
        is_item = False
        while self.text[at : at + 1] == "-" and (at + 1 == end or self.text[at + 1] in " \t\r"):
            self._enter_item(column)
            after = self._skip_space(at + 1, end)
            column += after - at
            at, is_item = after, True
        return at, column, is_item

    def _leave(self, column: int, *, is_dash: bool) -> None:
        """Close what is indented deeper than a line, or ends because a key follows its items."""
        frames = self.frames
        while frames and (
            frames[-1].column > column
            or (frames[-1].column == column and frames[-1].is_list and not is_dash)
        ):
            frames.pop()

    def _enter_item(self, column: int) -> None:
        self._leave(column, is_dash=True)
        top = self.frames[-1] if self.frames else None
        if top is not None and top.is_list and top.column == column:
            top.advance()
        else:
            self.frames.append(Frame(column, is_list=True, step=0))

    def _enter_key(self, column: int, key: str) -> None:
        self._leave(column, is_dash=False)
        top = self.frames[-1] if self.frames else None
        if top is None or top.is_list or top.column != column:
            self.frames.append(Frame(column, is_list=False, step=""))
        self.frames[-1].begin(key)

    def _continues(self, column: int) -> bool:
        """Tell whether a line is deeper than a key or dash whose value has begun above."""
        top = self.frames[-1] if self.frames else None
        return top is not None and column > top.column and top.has_value

    def _continuation(self, end: int) -> Slot | None:
        if end < len(self.text):
            self._at = end + 1
            return None
        start = self._plain_start
        return Slot() if start < 0 else Slot(is_value=True, text=self.text[start:end], start=start)

    def _comment(self, at: int, end: int) -> Slot | None:
        if end < len(self.text):
            self._at = end + 1
            return None
        return Slot(is_comment=True, text=self.text[at:end], start=at)

    def _empty(self, at: int, column: int, *, is_item: bool) -> Slot:
        """Return what may stand at the end of a line that has only indentation and dashes."""
        if is_item:
            return Slot(is_key=True, is_value=True, start=at, column=column)
        self._leave(column, is_dash=False)
        return self._word(at, at, column)

    def _word(self, at: int, end: int, column: int) -> Slot:
        """Return what a word without colon, alone on its line, may be."""
        text = self.text[at:end]
        top = self.frames[-1] if self.frames else None
        if top is None:
            self.frames.append(Frame(column, is_list=False, step=""))
            return Slot(is_key=True, text=text, start=at, column=column)
        if not top.is_list and top.column == column:
            top.step = ""
            return Slot(is_key=True, text=text, start=at, column=column)
        return Slot(is_key=True, is_value=True, text=text, start=at, column=column)

    def _value(
        self, at: int, end: int, column: int, *, is_item: bool, is_key: bool = False
    ) -> Slot | None:
        """Read the value that begins at `at`, behind a key, a dash or nothing."""
        colon = at
        at = self._skip_space(at, end)
        if properties := _PROPERTIES.match(self.text, at, end):
            at = properties.end()
        first = self.text[at : at + 1]
        if at == end or first == "\r":
            if end < len(self.text):
                self._at = end + 1
                return None
            return Slot(is_value=True, start=at, column=column, is_glued=at == colon)
        if first == "#":
            return self._comment(at, end)
        if first in "|>":
            return self._block_scalar(at, end)
        if first in "\"'":
            return self._quoted(at, first, is_key=is_key, column=column)
        if first in "[{":
            return self._flow(at)
        return self._plain(at, end, column, is_item=is_item, is_key=is_key)

    def _plain(self, at: int, end: int, column: int, *, is_item: bool, is_key: bool) -> Slot | None:
        comment = _COMMENT.search(self.text, at + 1, end)
        if comment is not None:
            self._take(self.text[at : comment.start()].rstrip())
            return self._comment(comment.start(), end)
        if end < len(self.text):
            self._take(self.text[at:end].rstrip(), at)
            self._at = end + 1
            return None
        if is_key and not is_item:
            return self._word(at, end, column)
        return Slot(is_key=is_key, is_value=True, text=self.text[at:end], start=at, column=column)

    def _take(self, text: str, plain_start: int = -1) -> None:
        self._plain_start = plain_start
        if self.frames:
            self.frames[-1].take(text)

    def _parent_column(self) -> int:
        return self.frames[-1].column if self.frames else -1

    def _block_scalar(self, at: int, end: int) -> Slot | None:
        """Skip a block scalar: the lines indented below its key or dash."""
        if end == len(self.text):
            return Slot()
        parent = self._parent_column()
        style = self.text[at]
        self._take(style)
        start = line = end + 1
        while True:
            stop = self._line_end(line)
            content = self._skip_space(line, stop)
            is_blank = content == stop or self.text[content] == "\r"
            is_inside = content - line > parent
            if stop == len(self.text):
                if is_inside:
                    body = self.text[start:]
                    return Slot(is_value=True, text=body, start=start, style=style)
                self._at = line
                return None
            if not is_blank and not is_inside:
                self._at = line
                return None
            line = stop + 1

    def abandoned_at(self, start: int, end: int, closing: str = "") -> int | None:
        """Return where a line in `start:end` begins that is not indented below its parent."""
        parent = self._outer_column()
        line = self.text.find("\n", start, end)
        while line >= 0:
            line += 1
            stop = self._line_end(line)
            content = self._skip_space(line, stop)
            is_blank = content == stop or self.text[content] == "\r"
            is_last = stop == len(self.text)
            is_closing = not is_blank and self.text[content] in closing
            if content - line <= parent and (is_last or not is_blank) and not is_closing:
                return line
            line = self.text.find("\n", line, end)
        return None

    def _outer_column(self) -> int:
        return next((frame.column for frame in reversed(self.frames) if not frame.is_flow), -1)

    def _quoted(self, at: int, quote: str, *, is_key: bool, column: int) -> Slot | None:
        match = _QUOTED[quote].match(self.text, at)
        end = len(self.text) if match is None else match.end()
        left = self.abandoned_at(at, end)
        if left is not None:
            self._take("")
            self._at = left
            return None
        if match is None:
            return Slot(
                is_key=is_key and "\n" not in self.text[at:],
                is_value=True,
                text=self.text[at + 1 :],
                start=at + 1,
                style=quote,
                column=column,
            )
        self._take(match[0][1:-1])
        return self._rest_of_line(match.end())

    def _flow(self, at: int) -> Slot | None:
        """Read what is in brackets."""
        before = len(self.frames)
        flow = FlowScan(self, at)
        found = flow.run()
        if isinstance(found, Slot):
            return found
        del self.frames[before:]
        self._take("")
        if flow.is_abandoned:
            self._at = found
            return None
        return self._rest_of_line(found)

    def _rest_of_line(self, at: int) -> Slot | None:
        """Leave a value that is closed; nothing may be typed behind it."""
        end = self._line_end(at)
        comment = _COMMENT.search(self.text, at, end)
        if end < len(self.text):
            self._at = end + 1
            return None
        return Slot() if comment is None else self._comment(comment.start(), end)


def _plain_key(key: str) -> str:
    key = key.rstrip()
    if key[:1] == "'":
        return key[1:-1].replace("''", "'")
    return key[1:-1] if key[:1] == '"' else key
