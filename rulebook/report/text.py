"""Diagnostics for people: with the source line, carets and remedies, or one line each.

Rules of this file: the first line of a finding can be clicked (`file:line:column`) and says what is
wrong; everything below it helps. The width of the left margin is that of the largest line number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.report.cells import clean
from interlock.rulebook.report.excerpt import excerpt
from interlock.rulebook.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from interlock.rulebook.diagnostics import Diagnostic
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
    labels = item.labels[:_LABELS_MAX]
    lines = [span.line for span in (item.span, *(label.span for label in labels))]
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


def _places(item: Diagnostic, style: Style, margin: str) -> Iterator[str]:
    """Show the primary place, then each label; places on one line share it."""
    marks: list[tuple[Span, str, str, Callable[[str], str]]] = [
        (item.span, "^", "", style.level(item.level))
    ]
    marks += [
        (label.span, "~", clean(label.text), style.frame) for label in item.labels[:_LABELS_MAX]
    ]
    previous: Span | None = None
    for span, mark, text, paint in marks:
        if not span.source.text:
            continue
        part = excerpt(span)
        if previous is None:
            yield f"{margin} {style.frame('|')}"
        elif previous.source.name != span.source.name:
            yield f"{margin} {style.frame(':::')} {clean(str(span))}"
        elif previous.line != span.line:
            yield style.frame("...")
        if previous is None or (previous.source.name, previous.line) != (
            span.source.name,
            span.line,
        ):
            number = str(part.line).rjust(len(margin))
            yield f"{style.frame(f'{number} |')} {part.text}".rstrip()
        until = f"(to line {part.last_line})" if part.last_line != part.line else ""
        said = " ".join(filter(None, (mark * part.length, until, text)))
        yield f"{margin} {style.frame('|')} {' ' * part.indent}{paint(said)}"
        previous = span
