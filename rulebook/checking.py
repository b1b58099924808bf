"""Checking a rulebook: sources in, model, graph and every finding out.

Responsible for the order of the stages and for keeping all findings of all of them. Never reads a
file and never raises for what an author wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic, has_errors, sort_diagnostics
from interlock.rulebook.document.decoder import decode_rulebook
from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.elements import span
from interlock.rulebook.graph.compiler import compile_model
from interlock.rulebook.graph.state_graph import StateGraph
from interlock.rulebook.model import Rulebook
from interlock.rulebook.source import stem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.document.decoder import Decoded
    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.source import SourceFile


class Checked(Struct, frozen=True):
    """What checking gave.

    Attributes:
        model: The typed tree; where parts were wrong, without those parts. None when the text
            could not be read at all.
        graph: The compiled graph, only when no finding is an error and it has its digest.
        draft: What could be compiled of it, whatever was found; for further checks, never to run.
        diagnostics: Errors and warnings in the order of the text.
        document: What the text holds, with what is wrong; None when it could not be read.
    """

    model: Rulebook | None
    graph: StateGraph | None
    draft: StateGraph | None
    diagnostics: tuple[Diagnostic, ...]
    document: MapNode | None = None


def check_rulebook(
    sources: Sequence[SourceFile],
    *,
    name: str | None = None,
    is_digested: bool = True,
    accepted: Mapping[str, Accepted] | None = None,
) -> Checked:
    """Check a rulebook and return everything found.

    Args:
        sources: The file, or the files of a folder in order of their names.
        name: The rulebook's name where it does not say one; by default that of the first source.
        is_digested: Whether the graph gets its digest; without one it is never to run.
        accepted: What hooks accept that do not say so in the rulebook: Python functions.
    """
    if len(sources) > 1:
        # Imported here: it builds on this module, and most rulebooks are one file.
        from interlock.rulebook.folder import check_folder  # noqa: PLC0415

        return check_folder(sources, name=name, is_digested=is_digested, accepted=accepted)
    source = sources[0]
    reading = read_document(source)
    if reading.root is None:
        return Checked(None, None, None, sort_diagnostics(reading.diagnostics))
    decoded = decode_rulebook(reading.root)
    findings = [*reading.diagnostics, *decoded.diagnostics]
    compiled = compile_model(
        decoded.model,
        name=name or stem(source.name),
        lost=decoded.lost,
        is_digested=is_digested,
        accepted=accepted,
    )
    findings += _original(compiled.diagnostics, decoded)
    draft = compiled.graph
    if draft.scope is not None:
        # Imported here: most rulebooks are one file that takes every event.
        from interlock.rulebook.graph.files import join_files  # noqa: PLC0415

        draft = join_files(draft.name, [draft])
    graph = draft if is_digested and not has_errors(findings) else None
    return Checked(decoded.model, graph, draft, sort_diagnostics(findings), reading.root)


def _original(compiled: Sequence[Diagnostic], decoded: Decoded) -> list[Diagnostic]:
    """Leave out that a rule is never tried where what would try it was left out as wrong."""
    wrong = [item.span.start for item in decoded.diagnostics]
    rules = decoded.model.workflow_rules or ()
    spans = [span(rule) for rule in rules] if wrong else []
    broken = [one for one in spans if any(one.start <= at < one.end for at in wrong)]
    return [
        item
        for item in compiled
        if item.code != "R410" or not any(one.start <= item.span.start < one.end for one in broken)
    ]
