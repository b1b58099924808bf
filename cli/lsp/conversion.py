"""From the values of the language to those of the protocol.

Responsible for kinds, ranges and Markdown. Never decides anything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from interlock.rulebook.diagnostics import Level
from interlock.rulebook.editing.items import Item, ItemKind, without_places
from interlock.rulebook.editing.lines import Lines
from interlock.rulebook.editing.outline import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from interlock.rulebook.diagnostics import Diagnostic, Edit
    from interlock.rulebook.source import SourceFile, Span

SOURCE = "interlock"
_LEVELS = {
    Level.ERROR: lsp.DiagnosticSeverity.Error,
    Level.WARNING: lsp.DiagnosticSeverity.Warning,
    Level.INFO: lsp.DiagnosticSeverity.Information,
}
_ITEM_KINDS = {
    ItemKind.KEY: lsp.CompletionItemKind.Property,
    ItemKind.VALUE: lsp.CompletionItemKind.EnumMember,
    ItemKind.NAME: lsp.CompletionItemKind.Reference,
    ItemKind.STATE: lsp.CompletionItemKind.Value,
    ItemKind.GUARD: lsp.CompletionItemKind.Constant,
    ItemKind.VARIABLE: lsp.CompletionItemKind.Variable,
    ItemKind.FIELD: lsp.CompletionItemKind.Field,
    ItemKind.FUNCTION: lsp.CompletionItemKind.Function,
    ItemKind.MACRO: lsp.CompletionItemKind.Keyword,
    ItemKind.NAMESPACE: lsp.CompletionItemKind.Module,
    ItemKind.KEYWORD: lsp.CompletionItemKind.Keyword,
}
_ENTRY_KINDS = {
    EntryKind.SECTION: lsp.SymbolKind.Namespace,
    EntryKind.ENTRY: lsp.SymbolKind.Object,
    EntryKind.STEP: lsp.SymbolKind.Field,
}


@lru_cache(maxsize=32)
def lines_of(source: SourceFile, encoding: str) -> Lines:
    """Return the lines of a text in the editor's units."""
    return Lines(source.text, encoding)


def to_range(span: Span, encoding: str) -> lsp.Range:
    """Return a span as the editor counts."""
    return range_in(lines_of(span.source, encoding), span.start, span.end)


def range_in(lines: Lines, start: int, end: int) -> lsp.Range:
    """Return the range of two offsets."""
    return lsp.Range(lsp.Position(*lines.position(start)), lsp.Position(*lines.position(end)))


def to_diagnostic(
    item: Diagnostic, uris: Mapping[str, str], encoding: str, page_uri: Callable[[str], str | None]
) -> lsp.Diagnostic:
    """Return a finding with its remedies, its other places and the address of its page."""
    lines = [item.message, *item.notes]
    if item.help is not None:
        lines.append(f"help: {item.help}")
    related = [
        lsp.DiagnosticRelatedInformation(
            lsp.Location(uris[label.span.source.name], to_range(label.span, encoding)), label.text
        )
        for label in item.labels
        if label.span.source.name in uris
    ]
    page = page_uri(item.code)
    is_unused = item.name.startswith(("unused", "useless", "unreachable"))
    return lsp.Diagnostic(
        range=to_range(item.span, encoding),
        message="\n".join(lines),
        severity=_LEVELS[item.level],
        code=item.code,
        code_description=None if page is None else lsp.CodeDescription(page),
        source=SOURCE,
        tags=[lsp.DiagnosticTag.Unnecessary] if is_unused else None,
        related_information=related or None,
    )


def to_completion(
    item: Item, lines: Lines, index: int, *, has_snippets: bool
) -> lsp.CompletionItem:
    """Return a completion; `index` keeps the order."""
    is_snippet = item.is_snippet and has_snippets
    text = without_places(item.insert) if item.is_snippet and not has_snippets else item.insert
    return lsp.CompletionItem(
        label=item.label,
        kind=_ITEM_KINDS[item.kind],
        detail=item.detail or None,
        documentation=to_markdown(item.doc) if item.doc else None,
        sort_text=f"{index:04}",
        insert_text_format=lsp.InsertTextFormat.Snippet if is_snippet else None,
        insert_text_mode=lsp.InsertTextMode.AdjustIndentation if "\n" in text else None,
        text_edit=lsp.TextEdit(range_in(lines, item.start, item.end), text),
    )


def to_markdown(text: str) -> lsp.MarkupContent:
    """Return Markdown."""
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, text)


def to_edits(
    edits: Iterable[Edit], uris: Mapping[str, str], encoding: str
) -> lsp.WorkspaceEdit | None:
    """Return edits by file; None when one of the files has no address."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for edit in edits:
        uri = uris.get(edit.span.source.name)
        if uri is None:
            return None
        changes.setdefault(uri, []).append(lsp.TextEdit(to_range(edit.span, encoding), edit.text))
    return lsp.WorkspaceEdit(changes=changes)


def to_symbol(entry: Entry, encoding: str) -> lsp.DocumentSymbol:
    """Return a part of the outline with what stands in it."""
    return lsp.DocumentSymbol(
        name=entry.name.strip() or "?",
        detail=entry.detail or None,
        kind=_ENTRY_KINDS[entry.kind],
        range=to_range(entry.span, encoding),
        selection_range=to_range(entry.place, encoding),
        children=[to_symbol(below, encoding) for below in entry.below],
    )
