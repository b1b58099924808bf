"""Findings about a rulebook, as values.

Rules of this file: a `Diagnostic` is complete when it is made (code, place, words, remedy); nothing
here prints. Expected failures of the language are returned as diagnostics; `RulebookError` carries
them only across the seam to callers who asked for a compiled graph.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How bad a finding is: an error is wrong on every reading, info is taste."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Label(Struct, frozen=True):
    """A secondary place that explains a finding (a previous declaration, another rule)."""

    span: Span
    text: str


class Edit(Struct, frozen=True):
    """Characters to be replaced: those of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(Struct, frozen=True):
    """Edits that repair a finding together.

    Attributes:
        edits: They do not overlap.
        is_safe: Whether the author certainly meant this; an unsafe one changes what is decided.
    """

    edits: tuple[Edit, ...]
    is_safe: bool = True


class Diagnostic(Struct, frozen=True):
    """One finding.

    Attributes:
        code: Catalogue code such as `X203`; never reused or re-meant.
        name: Kebab-case slug of the defect, such as `unknown-field`.
        level: Error, warning or info.
        message: What is wrong, with the author's own words in backquotes; no full stop.
        span: The exact characters that are wrong.
        help: One possible remedy, or None.
        notes: Further facts, such as the members of a closed set.
        labels: At most three secondary places.
        subject: What the finding is about, such as ``rule `mitigate` ``.
        fix: Edits that repair it, or None.
        pointer: Where in the document it is, as a JSON pointer (RFC 6901); None: not known.
        trace: The places on the way that an incident takes to what is wrong, in order.
    """

    code: str
    name: str
    level: Level
    message: str
    span: Span
    help: str | None = None
    notes: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    subject: str | None = None
    fix: Fix | None = None
    pointer: str | None = None
    trace: tuple[Label, ...] = ()


def replacing(span: Span, text: str, *, is_safe: bool = True) -> Fix:
    """Return the fix that puts `text` where `span` is."""
    return Fix((Edit(span, text),), is_safe)


class RulebookError(Exception):
    """A rulebook that cannot be compiled; holds every diagnostic, errors and warnings alike."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sort_diagnostics(diagnostics)
        super().__init__("\n".join(f"{d.span}: {d.message} [{d.code}]" for d in self.diagnostics))


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Order by file, place and code, and drop exact repetitions."""
    distinct = dict.fromkeys(diagnostics)
    return tuple(
        sorted(distinct, key=lambda d: (d.span.source.name, d.span.start, d.span.end, d.code))
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any finding is an error."""
    return any(d.level is Level.ERROR for d in diagnostics)
