"""Checking a rulebook that is a folder of files.

Responsible for which files make one unit: `_shared.yaml` holds definitions and rules that come
first in each of the others, and every other file says by its `scope` which events are its own.
Never reads a file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.catalogue import finding
from interlock.rulebook.checking import Checked, stem
from interlock.rulebook.diagnostics import Diagnostic, Label, has_errors, sort_diagnostics
from interlock.rulebook.document.decoder import Decoded, convert_element, decode_rulebook
from interlock.rulebook.document.merging import merge_documents
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph.compiler import compile_model
from interlock.rulebook.model import Rulebook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.graph.state_graph import StateGraph
    from interlock.rulebook.source import SourceFile

SHARED = "_shared"
_SEVERAL = "a folder with several rulebook files: events are not yet divided among them by `scope`"


def check_folder(
    sources: Sequence[SourceFile],
    *,
    name: str | None,
    is_digested: bool,
    accepted: Mapping[str, Accepted] | None = None,
) -> Checked:
    """Check the files of a folder as one unit and return everything found.

    With several files beside `_shared.yaml` the model and graphs are those of the first, and the
    graph's digest is that of all.
    """
    readings = [read_document(source) for source in sources]
    found = [item for reading in readings for item in reading.diagnostics]
    roots = [reading.root for reading in readings if reading.root is not None]
    if len(roots) < len(sources):
        return Checked(None, None, None, sort_diagnostics(found))
    files = [decode_rulebook(root) for root in roots]
    found += [item for file in files for item in file.diagnostics]
    shared = next((file for file in files if _is_shared(file)), None)
    others = [file for file in files if file is not shared] or files
    found += _check_scopes(shared if others != files else None, others)
    units = [_unit(shared, other, found) for other in others]
    compiled = [
        compile_model(
            unit.model,
            name=name or stem(unit.model.node.source.name),
            lost=unit.lost,
            is_digested=is_digested,
            accepted=accepted,
        )
        for unit in units
    ]
    found += [item for unit in compiled for item in unit.diagnostics]
    draft = _together([unit.graph for unit in compiled])
    graph = draft if is_digested and not has_errors(found) else None
    model = units[0].model
    return Checked(model, graph, draft, sort_diagnostics(found), model.node)


def _is_shared(file: Decoded) -> bool:
    return stem(file.model.node.source.name) == SHARED


def _unit(shared: Decoded | None, other: Decoded, found: list[Diagnostic]) -> Decoded:
    """Return a file with what is shared in it."""
    if shared is None or shared is other:
        return other
    merged, twice = merge_documents(shared.model.node, other.model.node)
    found += twice
    return Decoded(convert_element(merged, Rulebook), (), {**shared.lost, **other.lost})


def _check_scopes(shared: Decoded | None, others: list[Decoded]) -> list[Diagnostic]:
    found = []
    if shared is not None and shared.model.scope is not None:
        message = f"`{SHARED}.yaml` is for every event and has no `scope`"
        found.append(finding("Y005", message, key(shared.model, "scope")))
    for file in others if len(others) > 1 else ():
        if file.model.scope is None:
            first = span(others[0].model)
            found.append(
                finding(
                    "Y004",
                    "`scope` is missing: the folder holds several rulebook files",
                    span(file.model),
                    help="say which events are this file's, such as event.labels.team == 'db'",
                    labels=(Label(first, "another file"),) if file is not others[0] else (),
                )
            )
    return found


def _together(graphs: list[StateGraph]) -> StateGraph:
    first, *rest = graphs
    if not rest:
        return first
    digests = "".join(graph.digest for graph in graphs)
    digest = "sha256:" + hashlib.sha256(digests.encode()).hexdigest()
    return replace(first, digest=digest, unsupported=(*first.unsupported, _SEVERAL))
