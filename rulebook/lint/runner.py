"""Lints one rulebook: what the language reports, then what the lint rules find.

Rules of this file: pure. An error of the language is always reported; choosing codes chooses among
the rest, so a rulebook that does not compile is never clean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import Diagnostic, Level, sort_diagnostics
from interlock.rulebook.document.merging import SHARED
from interlock.rulebook.document.nodes import MapNode, span_of
from interlock.rulebook.document.pointers import path_at, pointer_of
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.lint.context import LintContext
from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.registry import PAGE_BY_CODE, RULES
from interlock.rulebook.lint.settings import Settings, is_language_error
from interlock.rulebook.lint.suppression import Rules, Silenced, suppress
from interlock.rulebook.lint.tally import tally, tally_own
from interlock.rulebook.report import Tally
from interlock.rulebook.source import stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from interlock.rulebook.checking import Checked
    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.source import SourceFile, Span

_CODES = frozenset(PAGE_BY_CODE)


class Linted(Struct, frozen=True):
    """What linting one rulebook gave.

    Attributes:
        diagnostics: The findings, in the order of its files and their texts.
        tally: How much was checked.
        silenced: Findings that comments silence.
        documents: By name of a file what its text holds; None when it could not be read.
    """

    diagnostics: tuple[Diagnostic, ...]
    tally: Tally
    silenced: tuple[Silenced, ...] = ()
    documents: Mapping[str, MapNode | None] = {}


def lint_rulebook(
    sources: Sequence[SourceFile],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | Mapping[str, Settings] | None = None,
    today: date | None = None,
    accepted: Mapping[str, Accepted] | None = None,
) -> Linted:
    """Check a rulebook and run the lint rules on it.

    Args:
        sources: The file, or the files of a folder in order of their names.
        select: Codes or their beginnings to report; none: all.
        ignore: Codes or their beginnings not to report, of those selected.
        settings: What is reported at which level, for all files or by name of each; by default
            what is recommended.
        today: The day on which snoozed findings are looked at; None: no snooze is over.
        accepted: What hooks accept that do not say so in the rulebook: Python functions.
    """
    by_name = settings if isinstance(settings, Mapping) else {}
    default = settings if isinstance(settings, Settings) else Settings()
    raw, counts, documents = _find(sources, accepted)
    found = sort_diagnostics(raw)
    silenced: tuple[Silenced, ...] = ()
    for source in sources:
        wanted = by_name.get(source.name, default)
        rules = Rules(_CODES, today, is_reason_required=wanted.profile is Profile.STRICT)
        suppressed = suppress(source, documents[source.name], found, rules)
        found = suppressed.kept
        silenced += suppressed.silenced
    counts += Tally(ignored=len(silenced))
    levelled = (_levelled(item, by_name.get(item.span.source.name, default)) for item in found)
    chosen = (item for item in levelled if item is not None and _is_chosen(item, select, ignore))
    placed = (_placed(item, documents.get(item.span.source.name)) for item in chosen)
    return Linted(sort_diagnostics(placed), counts, silenced, documents)


_Found = tuple[list["Diagnostic"], Tally, dict[str, "MapNode | None"]]


def _find(sources: Sequence[SourceFile], accepted: Mapping[str, Accepted] | None) -> _Found:
    """Return every finding, how much was checked, and what each file holds."""
    if len(sources) == 1:
        checked = check_rulebook(sources, is_digested=False, accepted=accepted)
        documents = {sources[0].name: checked.document}
        found = [*checked.diagnostics, *_run(checked, documents)]
        return found, tally(checked.draft), documents
    documents = {source.name: read_document(source).root for source in sources}
    whole = check_rulebook(sources, is_digested=False, accepted=accepted)
    found = list(whole.diagnostics)
    shared = [source for source in sources if stem(source.name) == SHARED]
    others = [source for source in sources if source not in shared]
    counts = Tally(files=len(shared))
    everywhere: set[Diagnostic] | None = None
    for other in others or [shared.pop()]:
        checked = check_rulebook([*shared, other], is_digested=False, accepted=accepted)
        linted = set(_run(checked, documents))
        own = {item for item in linted if item.span.source not in shared}
        found += [*checked.diagnostics, *own]
        everywhere = linted - own if everywhere is None else everywhere & linted
        counts += tally_own(checked.draft, other)
    # What one file does not use of the shared definitions, another may.
    return [*found, *(everywhere or ())], counts, documents


def _run(checked: Checked, documents: Mapping[str, MapNode | None]) -> Iterator[Diagnostic]:
    if checked.model is None or checked.draft is None:
        return
    context = LintContext(checked.model, checked.draft.whole_files[0])
    broken = {
        (section, item.code[0])
        for item in checked.diagnostics
        if item.level is Level.ERROR
        for section in _sections(documents.get(item.span.source.name), item.span)
    }
    for rule in RULES:
        letters = {letter for section, letter in broken if section in rule.sections}
        if letters <= rule.tolerates:
            yield from rule.check(context)


def _sections(document: MapNode | None, where: Span) -> Iterator[str]:
    """Yield the top-level keys whose value holds the place, or stands behind it."""
    for name in document or ():
        assert document is not None
        section = span_of(document, name)
        if section.start <= where.start <= section.end:
            yield name


def _levelled(item: Diagnostic, settings: Settings) -> Diagnostic | None:
    """Return a finding at the level it is reported at; None: it is not."""
    level = settings.level_of(item, PAGE_BY_CODE.get(item.code))
    if level is item.level:
        return item
    return None if level is None else replace(item, level=level)


def _is_chosen(item: Diagnostic, select: Sequence[str], ignore: Sequence[str]) -> bool:
    if is_language_error(item):
        return True
    is_selected = not select or item.code.startswith(tuple(select))
    return is_selected and not item.code.startswith(tuple(ignore))


def _placed(item: Diagnostic, document: MapNode | None) -> Diagnostic:
    if document is None or item.span.source is not document.source:
        return item
    return replace(item, pointer=pointer_of(path_at(document, item.span)))
