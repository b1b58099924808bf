"""From a place in a scalar's value to the place in the source.

Responsible for following a scalar through quotes, escapes, folds and continuation lines. Guards
live inside scalars, so their errors must be shown at the characters the author typed. Never decides
what a scalar means; it retraces what the YAML reader did (YAML 1.2.2 chapters 7.3 and 8.1, as
libyaml implements them) and is checked against the reader's own value.
"""

from __future__ import annotations

import re

from msgspec import Struct

Style = str
"""How a scalar is written: its indicator, one of `'`, `"`, `|`, `>`, or nothing when plain."""

PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED = "", "'", '"', "|", ">"


class Trace(Struct):
    """A scalar's value with, per character, the source range it came from.

    Attributes:
        origin: Where the content begins, for a value without characters.
        chars: The characters of the value.
        starts: Per character the 0-based source offset where it begins.
        ends: Per character the offset after it.
    """

    origin: int
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    @property
    def value(self) -> str:
        """The characters together."""
        return "".join(self.chars)

    def add(self, char: str, start: int, end: int) -> None:
        """Append one character that came from the source range."""
        self.chars.append(char)
        self.starts.append(start)
        self.ends.append(end)

    def extend(self, text: str, start: int, end: int) -> None:
        """Append the source range as it stands."""
        self.chars.extend(text[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))

    def range(self, start: int, end: int) -> tuple[int, int]:
        """Return the source range of the value's range; an empty one keeps its place."""
        count = len(self.chars)
        start, end = min(max(start, 0), count), min(max(end, 0), count)
        if start == count:
            after = self.ends[-1] if self.ends else self.origin
            return after, after
        first = self.starts[start]
        return (first, first) if end <= start else (first, self.ends[end - 1])


_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*(?:[ \t]|\r?\n|#[^\n]*)*")
_FOLD = re.compile(r"[ \t]*(?:\r?\n[ \t]*)+")
_JOIN = re.compile(r"(?:\r?\n[ \t]*)+")
_BREAK = re.compile(r"\r?\n")
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}
_HEADER = re.compile(r"[|>](?P<marks>[-+1-9]*)[^\n]*(?:\n|$)")
_CONTENT = re.compile(r"(?m)^( *)[^ \r\n]")
_TRACED_MAX = 1024 * 1024  # a guard of 128 Ki characters, each written as an escape


def skip_properties(text: str, start: int, end: int) -> int:
    """Return where a node's content begins, after its anchor and tag."""
    while start < end and (match := _PROPERTY.match(text, start, end)):
        start = match.end()
    return start


def trace_scalar(text: str, start: int, end: int, style: Style, value: object) -> Trace | None:
    """Retrace the scalar at `text[start:end]`; None when that does not give `value`.

    Neither is a scalar traced that is longer than any guard may be.
    """
    if end - start > _TRACED_MAX or not isinstance(value, str):
        return None
    start = skip_properties(text, start, end)
    if style == PLAIN:
        trace = _trace_plain(text, start, end)
    elif style == SINGLE:
        trace = _trace_single(text, start + 1, end - 1)
    elif style == DOUBLE:
        trace = _trace_double(text, start + 1, end - 1)
    else:
        trace = _trace_block(text, start, end, value)
    return trace if trace.value == value else None


def _trace_plain(text: str, start: int, end: int) -> Trace:
    trace = Trace(start)
    while start < end:
        fold = _FOLD.search(text, start, end)
        stop = fold.start() if fold else end
        trace.extend(text, start, stop)
        if fold:
            _add_fold(trace, text, fold.start(), fold.end())
        start = fold.end() if fold else end
    return trace


def _trace_single(text: str, start: int, end: int) -> Trace:
    trace = Trace(start)
    while start < end:
        if fold := _FOLD.match(text, start, end):
            _add_fold(trace, text, start, fold.end())
            start = fold.end()
        elif text.startswith("''", start):
            trace.add("'", start, start + 2)
            start += 2
        else:
            trace.add(text[start], start, start + 1)
            start += 1
    return trace


def _trace_double(text: str, start: int, end: int) -> Trace:
    trace = Trace(start)
    while start < end:
        if fold := _FOLD.match(text, start, end):
            _add_fold(trace, text, start, fold.end())
            start = fold.end()
        elif text[start] == "\\":
            start = _add_escape(trace, text, start, end)
        else:
            trace.add(text[start], start, start + 1)
            start += 1
    return trace


def _add_escape(trace: Trace, text: str, start: int, end: int) -> int:
    if joined := _JOIN.match(text, start + 1, end):
        # An escaped line end joins the lines; only further, empty lines count.
        breaks = list(_BREAK.finditer(text, start + 1, joined.end()))
        for line_end in breaks[1:]:
            trace.add("\n", line_end.start(), line_end.end())
        return joined.end()
    letter = text[start + 1 : start + 2]
    digits = _ESCAPE_DIGITS.get(letter, 0)
    after = start + 2 + digits
    char = chr(int(text[start + 2 : after], 16)) if digits else _ESCAPES[letter]
    trace.add(char, start, after)
    return after


def _add_fold(trace: Trace, text: str, start: int, end: int) -> None:
    breaks = list(_BREAK.finditer(text, start, end))
    if len(breaks) == 1:
        trace.add(" ", start, end)
    for line_end in breaks[1:]:
        trace.add("\n", line_end.start(), line_end.end())


def _trace_block(text: str, start: int, end: int, value: str) -> Trace:
    header = _HEADER.match(text, start, end)
    assert header is not None, "libyaml found a block scalar here"
    first = header.end()
    # The indent is what the first line that is not empty has in the source and not in the value;
    # an indicator in the header would count from the parent, which is not known here.
    indent = _first_indent(text[first:end]) - _first_indent(value)
    return _BlockScan(text, first, end, max(indent, 0)).run(text[start], header["marks"])


def _first_indent(text: str) -> int:
    match = _CONTENT.search(text)
    return len(match[1]) if match else 0


class _BlockScan:
    """One walk over a block scalar's lines at a given indent."""

    def __init__(self, text: str, start: int, end: int, indent: int) -> None:
        self.text = text
        self.at = start
        self.end = end
        self.indent = indent
        self.trace = Trace(start)

    def run(self, kind: str, marks: str) -> Trace:
        line_break: tuple[int, int] | None = None
        was_blank = False
        empty = self._empty_lines()
        while self.at < self.end and self._is_indented():
            start = self.at + self.indent
            is_blank = self.text[start : start + 1] in (" ", "\t")
            if line_break is not None:
                if kind == FOLDED and not was_blank and not is_blank:
                    if not empty:
                        self.trace.add(" ", *line_break)
                else:
                    self.trace.add("\n", *line_break)
            self._add_breaks(empty)
            was_blank = is_blank
            line_break = self._add_line(start)
            empty = self._empty_lines()
        if "-" not in marks:
            if line_break is not None:
                self.trace.add("\n", *line_break)
            if "+" in marks:
                self._add_breaks(empty)
        return self.trace

    def _is_indented(self) -> bool:
        return self.text[self.at : self.at + self.indent] == " " * self.indent

    def _add_line(self, start: int) -> tuple[int, int] | None:
        found = _BREAK.search(self.text, start, self.end)
        stop = found.start() if found else self.end
        self.trace.extend(self.text, start, stop)
        self.at = found.end() if found else self.end
        return (found.start(), found.end()) if found else None

    def _empty_lines(self) -> list[tuple[int, int]]:
        breaks = []
        pattern = re.compile(rf" {{0,{self.indent}}}(\r?\n)")
        while match := pattern.match(self.text, self.at, self.end):
            breaks.append(match.span(1))
            self.at = match.end()
        return breaks

    def _add_breaks(self, breaks: list[tuple[int, int]]) -> None:
        for start, end in breaks:
            self.trace.add("\n", start, end)
