"""Comments that silence a finding: `# interlock: ignore[X210] reason`.

Responsible for finding such comments, for the lines each covers and for saying when one is of no
use. A comment covers the line it stands on or, alone on its line, the next one, each with what is
indented below it. Errors of the language cannot be silenced: such a rulebook does not run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock.rulebook.catalogue import CATALOGUE
from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.guard.suggest import nearest
from interlock.rulebook.lint.page import Page
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.rulebook.source import SourceFile

_COMMENT = re.compile(
    r"^(?P<before>(?:.*\s)?)#\s*interlock:\s*ignore(?P<file>-file)?\[(?P<codes>[^\]\n]*)\]"
    r"(?P<reason>.*)$",
    re.MULTILINE,
)

USELESS = Page(
    code="T711",
    name="useless-suppression",
    level=Level.WARNING,
    summary="A comment that silences a finding, but finds none, or gives no reason.",
    why=(
        "It would silence the next finding of that kind as well, without anybody having decided "
        "so; and without a reason nobody dares to remove it."
    ),
    bad="""\
severity_matrix:
  # interlock: ignore[T703] agreed with the vendor
  P1: {sla_minutes: 15}
  P2: {sla_minutes: 60}
""",
    good="""\
severity_matrix:
  # interlock: ignore[T703] agreed with the vendor
  P1: {sla_minutes: 60}
  P2: {sla_minutes: 15}
""",
    limits="While the rulebook has errors, unused comments are not reported.",
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: the codes it names, why, where it stands, and the lines it covers."""

    codes: tuple[str, ...]
    reason: str
    span: Span
    first_line: int
    last_line: int

    def covers(self, item: Diagnostic) -> bool:
        """Tell whether this comment silences a finding."""
        is_near = self.first_line <= item.span.line <= self.last_line
        is_here = item.span.source is self.span.source and is_near
        return is_here and item.code in self.codes and not is_language_error(item)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What is left of the findings, and how many were silenced."""

    kept: tuple[Diagnostic, ...]
    silenced: int


def is_language_error(item: Diagnostic) -> bool:
    """Tell whether a finding keeps the rulebook from running."""
    return item.level is Level.ERROR and item.code in CATALOGUE


def find_suppressions(source: SourceFile) -> tuple[Suppression, ...]:
    """Return the comments of a text, in order."""
    return tuple(_read(source, match) for match in _COMMENT.finditer(source.text))


def suppress(source: SourceFile, found: Iterable[Diagnostic], known: Iterable[str]) -> Suppressed:
    """Silence what the comments of a text name, and add what is wrong with the comments.

    Args:
        source: The text the findings are about.
        found: The findings.
        known: Every code there is.
    """
    findings = tuple(found)
    comments = find_suppressions(source)
    kept = tuple(item for item in findings if not any(one.covers(item) for one in comments))
    is_whole = not any(is_language_error(item) for item in findings)
    useless = [
        problem
        for one in comments
        for problem in _problems(one, findings, frozenset(known), is_whole=is_whole)
    ]
    return Suppressed((*kept, *useless), len(findings) - len(kept))


def _read(source: SourceFile, match: re.Match[str]) -> Suppression:
    start = match.end("before")
    line = source.position(start)[0]
    if match["file"]:
        first, last = 1, source.position(len(source.text))[0]
    else:
        first = line if match["before"].strip() else line + 1
        last = _last_line(source, first)
    return Suppression(
        codes=tuple(code.strip().upper() for code in match["codes"].split(",")),
        reason=match["reason"].strip(),
        span=Span(source, start, start + len(match[0].rstrip()) - len(match["before"])),
        first_line=first,
        last_line=last,
    )


def _last_line(source: SourceFile, first: int) -> int:
    """Return the last line of what is indented below a line."""
    end = source.position(len(source.text))[0]
    if first >= end:
        return first
    indent = _indent(source.line_text(first))
    last = first
    for line in range(first + 1, end + 1):
        text = source.line_text(line)
        if text.strip() and _indent(text) <= indent:
            break
        last = line
    return last


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _problems(
    one: Suppression, found: tuple[Diagnostic, ...], known: frozenset[str], *, is_whole: bool
) -> Iterator[Diagnostic]:
    for code in one.codes:
        if code not in known:
            near = nearest(code, sorted(known))
            remedy = f"did you mean `{near}`?" if near else "`interlock explain` lists all codes"
            yield USELESS.finding(f"`{code}` is no diagnostic code", one.span, help=remedy)
        elif is_whole and not any(item.code == code and one.covers(item) for item in found):
            yield USELESS.finding(
                f"there is no {code} here to ignore", one.span, help="remove the comment"
            )
    if not one.reason:
        yield USELESS.finding(
            "this comment gives no reason", one.span, help="say why after the bracket"
        )
