"""Comments to the linter: `# interlock: ignore[X210] reason`, as they stand in a text.

Responsible for finding them and for the lines each covers: alone on its line the next value, else
the one it stands beside, each with everything in it. Never decides which finding is silenced.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.document.nodes import span_of
from interlock.rulebook.document.pointers import path_at
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import MapNode
    from interlock.rulebook.source import SourceFile

_MARK = "interlock:"
_COMMENT = (  # compiled when a text has the mark
    r"#[ \t]*interlock:[ \t]*(?P<kind>ignore-file|ignore|snooze)"
    r"\[(?P<codes>[^\]\n]*)\](?P<rest>[^\n]*)"
)
_UNTIL = re.compile(r"\s*until\s+(?P<date>\S+)(?P<reason>.*)")


class Comment(Struct, frozen=True):
    """One comment.

    Attributes:
        codes: The codes it names.
        reason: Why; empty when it does not say.
        span: The comment itself.
        first_line: First line that it covers.
        last_line: Last line that it covers.
        until: The last day on which a snooze holds; None for `ignore`.
        is_snooze: Whether it is one; without `until` its date could not be read.
        is_alone: Whether nothing else stands on its line.
    """

    codes: tuple[str, ...]
    reason: str
    span: Span
    first_line: int
    last_line: int
    until: date | None = None
    is_snooze: bool = False
    is_alone: bool = False

    def is_expired(self, today: date | None) -> bool:
        """Tell whether a snooze is over, or has no date that it could hold until."""
        if not self.is_snooze:
            return False
        return self.until is None or (today is not None and today > self.until)


def find_comments(source: SourceFile, document: MapNode | None) -> tuple[Comment, ...]:
    """Return the comments of a text, in order.

    Args:
        source: The text.
        document: What it holds, so that text inside a value is not taken for a comment.
    """
    if _MARK not in source.text:
        return ()
    return tuple(_comments(source, document))


def _comments(source: SourceFile, document: MapNode | None) -> Iterator[Comment]:
    for match in re.finditer(_COMMENT, source.text):
        line, column = source.position(match.start())
        before = source.line_text(line)[: column - 1]
        is_comment = not before or before[-1].isspace()
        if is_comment and not (document and _is_inside_value(document, source, match.start())):
            yield _read(source, match, line, is_alone=not before.strip())


def _is_inside_value(document: MapNode, source: SourceFile, offset: int) -> bool:
    path = path_at(document, Span(source, offset, offset + 1))
    value = span_of(document, *path)
    found: object = document
    for step in path:
        found = found[step]  # type: ignore[index]  # the path leads through collections
    if not isinstance(found, str) or not value.start <= offset < value.end:
        return False
    is_header = value.text[:1] in ("|", ">") and "\n" not in source.text[value.start : offset]
    return not is_header


def _read(source: SourceFile, match: re.Match[str], line: int, *, is_alone: bool) -> Comment:
    end = source.position(len(source.text))[0]
    if match["kind"] == "ignore-file":
        first, last = 1, end
    else:
        first = _next_content(source, line, end) if is_alone else line
        last = _last_line(source, first, end)
    rest, until = match["rest"], None
    if match["kind"] == "snooze" and (dated := _UNTIL.match(rest)):
        until, rest = _date(dated["date"]), dated["reason"]
    return Comment(
        codes=tuple(code.strip().upper() for code in match["codes"].split(",")),
        reason=rest.strip(),
        span=Span(source, match.start(), match.start() + len(match[0].rstrip())),
        first_line=first,
        last_line=last,
        until=until,
        is_snooze=match["kind"] == "snooze",
        is_alone=is_alone,
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _next_content(source: SourceFile, line: int, end: int) -> int:
    """Return the next line that is neither empty nor a comment."""
    for following in range(line + 1, end + 1):
        text = source.line_text(following).strip()
        if text and not text.startswith("#"):
            return following
    return line + 1


def _last_line(source: SourceFile, first: int, end: int) -> int:
    """Return the last line of the value that begins on a line: of what is indented below it."""
    if first >= end:
        return first
    opening = source.line_text(first)
    indent, last = _indent(opening), first
    for line in range(first + 1, end + 1):
        text = source.line_text(line)
        if not text.strip():
            continue
        # The items of a list may stand no deeper than the key it belongs to.
        is_item = _indent(text) == indent and _is_item(text) and not _is_item(opening)
        if _indent(text) <= indent and not is_item:
            break
        last = line
    return last


def _is_item(text: str) -> bool:
    return text.lstrip().startswith("- ") or text.strip() == "-"


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
