"""Lints one rulebook: what the language reports, then what the lint rules find.

Rules of this file: pure. An error of the language is always reported; choosing codes chooses among
the rest, so a rulebook that does not compile is never clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import Level, sort_diagnostics
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.registry import PAGES, RULES
from interlock.rulebook.lint.suppression import is_language_error, suppress
from interlock.rulebook.lint.tally import tally
from interlock.rulebook.report import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from interlock.rulebook.checking import Checked
    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Linted:
    """The findings of one rulebook, in the order of its text, and how much was checked."""

    diagnostics: tuple[Diagnostic, ...]
    tally: Tally


def lint_rulebook(
    sources: Sequence[SourceFile], *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Linted:
    """Check a rulebook and run the lint rules on it.

    Args:
        sources: The file, or the files of a folder in order of their names.
        select: Codes or their beginnings to report; none: all.
        ignore: Codes or their beginnings not to report, of those selected.
    """
    checked = check_rulebook(sources)
    found = sort_diagnostics((*checked.diagnostics, *_run(checked, RULES)))
    counts = tally(len(sources), checked.draft)
    for source in sources:
        suppressed = suppress(source, found, (page.code for page in PAGES))
        found = suppressed.kept
        counts += Tally(ignored=suppressed.silenced)
    chosen = (item for item in found if is_language_error(item) or _is_chosen(item, select, ignore))
    return Linted(sort_diagnostics(chosen), counts)


def _run(checked: Checked, rules: Iterable[LintRule]) -> Iterator[Diagnostic]:
    if checked.model is None or checked.draft is None:
        return
    context = LintContext(checked.model, checked.draft)
    errors = [item for item in checked.diagnostics if item.level is Level.ERROR]
    broken = {
        (section, item.code[0]) for item in errors for section in _sections(context, item.span)
    }
    for rule in rules:
        letters = {letter for section, letter in broken if section in rule.sections}
        if letters <= rule.tolerates:
            yield from rule.check(context)


def _sections(context: LintContext, where: Span) -> Iterator[str]:
    """Yield the top-level keys whose value holds the place."""
    for name in context.model.node:
        section = span(context.model, name)
        if section.start <= where.start <= section.end:
            yield name


def _is_chosen(item: Diagnostic, select: Sequence[str], ignore: Sequence[str]) -> bool:
    is_selected = not select or item.code.startswith(tuple(select))
    return is_selected and not item.code.startswith(tuple(ignore))
