"""Answers to an editor's questions.

Responsible for one function per question: the place is found in the text, the answer asked of
`rulebook.editing`, and given in the protocol's values. Keeps nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from interlock.cli.lsp.conversion import (
    range_in,
    to_completion,
    to_edits,
    to_markdown,
    to_range,
    to_symbol,
)
from interlock.rulebook.editing.completion import complete
from interlock.rulebook.editing.folding import folds_of
from interlock.rulebook.editing.hovering import show_at
from interlock.rulebook.editing.outline import outline_of
from interlock.rulebook.editing.recognition import is_rulebook, may_become_one
from interlock.rulebook.editing.references import declarations_of, places_of, target_at
from interlock.rulebook.editing.rename import Refusal, prepare_rename, rename
from interlock.rulebook.editing.signatures import signature_at
from interlock.rulebook.format import format_rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.cli.lsp.session import Session
    from interlock.cli.lsp.texts import OpenText
    from interlock.rulebook.editing.occurrences import Occurrence

_BEFORE_SPACE = (":", "->", "-", ",", "[", "{", "==", "!=", "&&", "||", "(", " in", "{{")
"""Behind these a space asks for what may follow; behind anything else it is only a space."""


def offset_of(text: OpenText, position: lsp.Position) -> int:
    """Return the offset of the editor's place."""
    return text.lines.offset(position.line, position.character)


def answer_completion(
    session: Session, text: OpenText, params: lsp.CompletionParams, *, has_snippets: bool
) -> list[lsp.CompletionItem] | None:
    """Return what may be typed."""
    if not may_become_one(text.source.text):
        return None
    offset = offset_of(text, params.position)
    context = params.context
    if context is not None and context.trigger_character == " ":
        start = text.source.text.rfind("\n", 0, offset) + 1
        if not text.source.text[start:offset].rstrip(" ").endswith(_BEFORE_SPACE):
            return None
    items = complete(text.source.text, offset, session.names_of(text).names)
    return [
        to_completion(item, text.lines, index, has_snippets=has_snippets)
        for index, item in enumerate(items)
    ]


def answer_hover(session: Session, text: OpenText, position: lsp.Position) -> lsp.Hover | None:
    """Return what is known about a place."""
    if not is_rulebook(text.source.text):
        return None
    shown = show_at(session.analysis(text), offset_of(text, position))
    if shown is None:
        return None
    return lsp.Hover(to_markdown(shown.text), range_in(text.lines, shown.start, shown.end))


def answer_definition(
    session: Session, text: OpenText, position: lsp.Position
) -> list[lsp.Location]:
    """Return where the name at a place is declared."""
    analysis = session.analysis(text)
    target = target_at(analysis, offset_of(text, position))
    if target is None:
        return []
    return _locations(session, text, declarations_of(analysis, target))


def answer_references(
    session: Session, text: OpenText, params: lsp.ReferenceParams
) -> list[lsp.Location]:
    """Return every place of the name at a place."""
    analysis = session.whole_analysis(text)
    target = target_at(analysis, offset_of(text, params.position))
    if target is None:
        return []
    places = places_of(analysis, target)
    if not params.context.include_declaration:
        places = tuple(place for place in places if not place.is_declaration)
    return _locations(session, text, places)


def answer_highlights(
    session: Session, text: OpenText, position: lsp.Position
) -> list[lsp.DocumentHighlight]:
    """Return the places of a name in its own text."""
    analysis = session.analysis(text)
    target = target_at(analysis, offset_of(text, position))
    if target is None or analysis.file.root is None:
        return []
    return [
        lsp.DocumentHighlight(to_range(place.span, session.texts.encoding))
        for place in places_of(analysis, target)
        if place.span.source.name == text.source.name
    ]


def answer_prepare_rename(
    session: Session, text: OpenText, position: lsp.Position
) -> lsp.PrepareRenamePlaceholder | Refusal:
    """Return the range of a name that can be renamed, or why it cannot."""
    target = prepare_rename(session.whole_analysis(text), offset_of(text, position))
    if isinstance(target, Refusal):
        return target
    assert target.occurrence is not None
    where = to_range(target.occurrence.span, session.texts.encoding)
    return lsp.PrepareRenamePlaceholder(where, target.name)


def answer_rename(
    session: Session, text: OpenText, params: lsp.RenameParams
) -> lsp.WorkspaceEdit | Refusal:
    """Return the edits that rename, or why there are none."""
    analysis = session.whole_analysis(text)
    edits = rename(analysis, offset_of(text, params.position), params.new_name)
    if isinstance(edits, Refusal):
        return edits
    found = to_edits(edits, session.group(text).uris, session.texts.encoding)
    return found or Refusal("one of the files has no address")


def answer_formatting(text: OpenText) -> list[lsp.TextEdit] | Refusal:
    """Return the edit that makes the layout canonical, or why there is none."""
    formatted = format_rulebook(text.source)
    if formatted.text is None:
        reason = formatted.refusal or "the text is no valid YAML"
        return Refusal(f"not formatted: {reason}")
    before, after = text.source.text, formatted.text
    if before == after:
        return []
    start = _common(before, after)
    limit = min(len(before), len(after)) - start
    back = 0
    while back < limit and before[-1 - back] == after[-1 - back]:
        back += 1
    end = len(before) - back
    if back and before[end - 1 : end + 1] == "\r\n":
        back, end = back - 1, end + 1  # no place lies inside a line end
    return [lsp.TextEdit(range_in(text.lines, start, end), after[start : len(after) - back])]


def answer_symbols(session: Session, text: OpenText) -> list[lsp.DocumentSymbol]:
    """Return the outline of a text; of one that is not readable now that of its last state."""
    root = session.analysis(text).file.last_root
    if root is None or not is_rulebook(text.source.text):
        return []
    return [to_symbol(entry, session.texts.encoding) for entry in outline_of(root)]


def answer_folds(session: Session, text: OpenText) -> list[lsp.FoldingRange]:
    """Return what can be folded; while the text is not readable nothing is said."""
    root = session.analysis(text).file.root
    if root is None or not is_rulebook(text.source.text):
        return []
    return [lsp.FoldingRange(first - 1, last - 1) for first, last in folds_of(root)]


def answer_signature(
    session: Session, text: OpenText, position: lsp.Position
) -> lsp.SignatureHelp | None:
    """Return what the function takes whose call is being typed."""
    if not may_become_one(text.source.text):
        return None
    names = session.names_of(text).names
    called = signature_at(text.source.text, offset_of(text, position), names)
    if called is None:
        return None
    signatures = [
        lsp.SignatureInformation(
            one.label,
            to_markdown(called.doc),
            [lsp.ParameterInformation(place) for place in one.parameters],
        )
        for one in called.signatures
    ]
    return lsp.SignatureHelp(signatures, called.best, called.argument)


def answer_workspace_symbols(session: Session, query: str) -> list[lsp.WorkspaceSymbol]:
    """Return the sections and entries of all open rulebooks whose names hold the words."""
    words = query.casefold().split()
    return [
        lsp.WorkspaceSymbol(
            location=lsp.Location(text.uri, symbol.selection_range),
            name=symbol.name,
            kind=symbol.kind,
            container_name=container,
        )
        for text in session.texts
        for symbol, container in _flat(answer_symbols(session, text), "")
        if all(word in symbol.name.casefold() for word in words)
    ]


def _flat(
    symbols: Iterable[lsp.DocumentSymbol], container: str
) -> Iterator[tuple[lsp.DocumentSymbol, str]]:
    for symbol in symbols:
        yield symbol, container
        yield from _flat(symbol.children or (), symbol.name)


def _common(before: str, after: str) -> int:
    """Return where two texts begin to differ, never inside a line end."""
    at = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return before.rfind("\n", 0, at) + 1


def _locations(
    session: Session, text: OpenText, places: Iterable[Occurrence]
) -> list[lsp.Location]:
    uris = session.group(text).uris
    return [
        lsp.Location(uris[place.span.source.name], to_range(place.span, session.texts.encoding))
        for place in places
        if place.span.source.name in uris
    ]
