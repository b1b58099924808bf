"""Lines of a source with the characters in question underlined.

Rules of this file: a column of the underline stands below the cell it speaks of, whatever tabs,
wide or combining characters come before; a line longer than a screen is cut around the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.report.cells import show, width

if TYPE_CHECKING:
    from interlock.rulebook.source import Span

LINE_MAX = 140
_LEAD = 50
_CUT = "…"


class Excerpt(NamedTuple):
    """One source line as it is shown.

    Attributes:
        line: Its 1-based number.
        text: The line, perhaps cut.
        indent: How many cells stand before the underline.
        length: How many cells the underline takes; at least 1.
        last_line: The 1-based line where the span ends, the same unless it runs over several.
    """

    line: int
    text: str
    indent: int
    length: int
    last_line: int


def excerpt(span: Span) -> Excerpt:
    """Show the first line of a span; one over several lines is underlined to the line's end."""
    source = span.source
    end = span.start + max(len(span.text.rstrip()), 0)
    line, column = source.position(span.start)
    last_line, last_column = source.position(end)
    text = source.line_text(line)
    first = min(column - 1, len(text))
    last = last_column - 1 if last_line == line else len(text.rstrip())
    shown = show(text)
    before, marked, after = _cut(shown[:first], shown[first:last], shown[last:])
    return Excerpt(
        line=line,
        text="".join((*before, *marked, *after)).rstrip(),
        indent=sum(map(width, before)),
        length=max(1, sum(map(width, marked))),
        last_line=last_line,
    )


def _cut(
    before: list[str], marked: list[str], after: list[str]
) -> tuple[list[str], list[str], list[str]]:
    """Shorten what stands before, in and after the marked part until the line fits."""
    if len(before) + len(marked) + len(after) <= LINE_MAX:
        return before, marked, after
    if len(before) > _LEAD:
        before = [_CUT, *before[-_LEAD:]]
    room = LINE_MAX - len(before)
    if len(marked) > room:
        return before, [*marked[:room], _CUT], []
    if len(marked) + len(after) > room:
        after = [*after[: room - len(marked)], _CUT]
    return before, marked, after
