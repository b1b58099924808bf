"""Lints one rulebook: what the language reports, then what the lint rules find.

Rules of this file: pure. An error of the language is always reported; choosing codes chooses among
the rest, so a rulebook that does not compile is never clean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import Diagnostic, Level, sort_diagnostics
from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.document.pointers import path_at, pointer_of
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.registry import PAGE_BY_CODE, RULES
from interlock.rulebook.lint.settings import Settings, is_language_error
from interlock.rulebook.lint.suppression import Rules, Silenced, suppress
from interlock.rulebook.lint.tally import tally
from interlock.rulebook.report import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from interlock.rulebook.checking import Checked
    from interlock.rulebook.source import SourceFile, Span

_CODES = frozenset(PAGE_BY_CODE)


class Linted(Struct, frozen=True):
    """What linting one rulebook gave.

    Attributes:
        diagnostics: The findings, in the order of its text.
        tally: How much was checked.
        silenced: Findings that comments silence.
        document: What its text holds; None when it could not be read.
    """

    diagnostics: tuple[Diagnostic, ...]
    tally: Tally
    silenced: tuple[Silenced, ...] = ()
    document: MapNode | None = None


def lint_rulebook(
    sources: Sequence[SourceFile],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    today: date | None = None,
) -> Linted:
    """Check a rulebook and run the lint rules on it.

    Args:
        sources: The file, or the files of a folder in order of their names.
        select: Codes or their beginnings to report; none: all.
        ignore: Codes or their beginnings not to report, of those selected.
        settings: What is reported at which level; by default what is recommended.
        today: The day on which snoozed findings are looked at; None: no snooze is over.
    """
    wanted = settings or Settings()
    checked = check_rulebook(sources, is_digested=False)
    document = checked.document
    found = sort_diagnostics((*checked.diagnostics, *_run(checked, RULES)))
    counts = tally(len(sources), checked.draft)
    rules = Rules(_CODES, today, is_reason_required=wanted.profile is Profile.STRICT)
    silenced: tuple[Silenced, ...] = ()
    for source in sources:
        suppressed = suppress(source, document, found, rules)
        found = suppressed.kept
        silenced += suppressed.silenced
    counts += Tally(ignored=len(silenced))
    chosen = [item for item in _levelled(found, wanted) if _is_chosen(item, select, ignore)]
    placed = (_placed(item, document) for item in chosen)
    return Linted(sort_diagnostics(placed), counts, silenced, document)


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


def _levelled(found: Iterable[Diagnostic], settings: Settings) -> Iterator[Diagnostic]:
    """Yield the findings that are reported, at the level they are."""
    for item in found:
        level = settings.level_of(item, PAGE_BY_CODE.get(item.code))
        if level is item.level:
            yield item
        elif level is not None:
            yield replace(item, level=level)


def _is_chosen(item: Diagnostic, select: Sequence[str], ignore: Sequence[str]) -> bool:
    if is_language_error(item):
        return True
    is_selected = not select or item.code.startswith(tuple(select))
    return is_selected and not item.code.startswith(tuple(ignore))


def _placed(item: Diagnostic, document: MapNode | None) -> Diagnostic:
    if document is None or item.span.source is not document.source:
        return item
    return replace(item, pointer=pointer_of(path_at(document, item.span)))
