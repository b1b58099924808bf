"""A rulebook's text in canonical layout.

Responsible for the order of the steps and for giving out no text that says something else than the
one that came in. Pure: text in, text out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import has_errors
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.format.arranging import arrange_document
from interlock.rulebook.format.building import build_document
from interlock.rulebook.format.flows import Untouchable
from interlock.rulebook.format.preservation import find_change, find_change_of_graph
from interlock.rulebook.format.printer import print_document
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import MapNode


@dataclass(frozen=True, slots=True)
class Formatted:
    """What formatting gave.

    Attributes:
        text: The rulebook in canonical layout; None where the text cannot be read, or where the
            formatted text would say something else.
        diagnostics: Why the text cannot be read.
        refusal: What the formatted text would have changed.
    """

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()
    refusal: str | None = None


def format_rulebook(source: SourceFile) -> Formatted:
    """Return a rulebook in canonical layout.

    The text must be readable YAML with distinct keys; it need not conform to the schema. Line ends
    become line feeds. Formatting the result again changes nothing.
    """
    plain = SourceFile(source.name, source.text.removeprefix("\ufeff").replace("\r\n", "\n"))
    reading = read_document(plain)
    if reading.root is None or has_errors(reading.diagnostics):
        return Formatted(None, reading.diagnostics)
    refusal = None
    # Aliases may forbid the canonical order: what they repeat must stand above them.
    for is_ordered in (True, False):
        text = _layout(plain, reading.root, is_ordered=is_ordered)
        if text == plain.text:
            return Formatted(text)
        formatted = SourceFile(source.name, text)
        refusal = find_change(plain, reading.root, formatted)
        if refusal is None:
            break
    if refusal is None:
        refusal = find_change_of_graph(plain, formatted)
    return Formatted(None, refusal=refusal) if refusal else Formatted(text)


def _layout(source: SourceFile, root: MapNode, *, is_ordered: bool) -> str:
    try:
        document = build_document(source.text, root)
    except Untouchable:
        return source.text
    arrange_document(document, is_ordered=is_ordered)
    return print_document(document)
