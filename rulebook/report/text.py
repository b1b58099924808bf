"""Diagnostics for people: with the source line, carets and remedies, or one line each.

Rules of this file: the first line of a finding can be clicked (`file:line:column`) and says what is
wrong; everything below it helps. The width of the left margin is that of the largest line number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.report.cells import clean
from interlock.rulebook.report.excerpt import excerpt
from interlock.rulebook.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from interlock.rulebook.diagnostics import Diagnostic, Label
    from interlock.rulebook.source import Span

_LABELS_MAX = 3


def render_text(diagnostics: Iterable[Diagnostic], *, is_styled: bool = False) -> str:
    """Return each finding with its source line and remedies, an empty line after each."""
    style = Style(is_styled=is_styled)
    return "".join("\n".join((*_finding(item, style), "", "")) for item in diagnostics)


def render_compact(diagnostics: Iterable[Diagnostic], *, is_styled: bool = False) -> str:
    """Return one line per finding: place, level, code, message, remedy."""
    style = Style(is_styled=is_styled)
    return "".join(
        f"{_headline(item, style)}{f' ({clean(item.help)})' if item.help else ''}\n"
        for item in diagnostics
    )


def _headline(item: Diagnostic, style: Style) -> str:
    kind = style.level(item.level)(f"{item.level.value}[{item.code}]")
    return f"{style.strong(clean(str(item.span)))}: {kind}: {clean(item.message)}"


def _finding(item: Diagnostic, style: Style) -> Iterator[str]:
    lines = [span.line for span in (item.span, *(label.span for label in _labels(item)))]
    margin = " " * len(str(max(lines)))
    yield _headline(item, style)
    if item.subject:
        yield f"{margin} {style.frame('-->')} {clean(item.subject)}"
    yield from _places(item, style, margin)
    for name, text in _remarks(item):
        yield f"{margin} {style.frame('=')} {style.strong(name)}: {text}"


def _remarks(item: Diagnostic) -> Iterator[tuple[str, str]]:
    if item.help:
        yield "help", clean(item.help)
    for note in item.notes:
        yield "note", clean(note)
    yield "see", f"interlock explain {item.code}"


class _Mark(NamedTuple):
    """One underlined place: the primary one, or a label with its words."""

    span: Span
    character: str
    words: str
    paint: Callable[[str], str]


def _places(item: Diagnostic, style: Style, margin: str) -> Iterator[str]:
    """Show every place, line by line: first the file of the primary one, then each other file."""
    marks = [_Mark(item.span, "^", "", style.level(item.level))]
    marks += [_Mark(label.span, "~", clean(label.text), style.frame) for label in _labels(item)]
    files = dict.fromkeys(mark.span.source.name for mark in marks)
    for name in files:
        placed = sorted(
            (mark for mark in marks if mark.span.source.name == name and mark.span.source.text),
            key=lambda mark: mark.span.line,
        )
        if placed and name != item.span.source.name:
            yield f"{margin} {style.frame(':::')} {clean(str(placed[0].span))}"
        elif placed:
            yield f"{margin} {style.frame('|')}"
        yield from _lines(placed, style, margin)


def _lines(marks: list[_Mark], style: Style, margin: str) -> Iterator[str]:
    """Show the places of one file, ordered by line; places on one line share it."""
    shown = 0
    for span, character, words, paint in marks:
        part = excerpt(span)
        if shown and part.line > shown + 1:
            yield style.frame("...")
        if part.line != shown:
            number = str(part.line).rjust(len(margin))
            yield f"{style.frame(f'{number} |')} {part.text}".rstrip()
        until = f"(to line {part.last_line})" if part.last_line != part.line else ""
        said = " ".join(filter(None, (character * part.length, until, words)))
        yield f"{margin} {style.frame('|')} {' ' * part.indent}{paint(said)}"
        shown = part.line


def _labels(item: Diagnostic) -> tuple[Label, ...]:
    return item.labels[:_LABELS_MAX]
