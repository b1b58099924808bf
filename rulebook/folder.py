"""Checking a rulebook that is a folder of files.

Responsible for which files make one unit: `_shared.yaml` holds definitions and rules that come
first in each of the others, and every other file says by its `scope` which events are its own.
Never reads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.catalogue import finding
from interlock.rulebook.checking import Checked
from interlock.rulebook.diagnostics import Diagnostic, Label, has_errors, sort_diagnostics
from interlock.rulebook.document.decoder import Decoded, convert_element, decode_rulebook
from interlock.rulebook.document.merging import SHARED, merge_documents
from interlock.rulebook.document.nodes import MapNode, key_span
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph.compiler import compile_model
from interlock.rulebook.graph.files import join_files
from interlock.rulebook.model import Rulebook
from interlock.rulebook.source import stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.graph.state_graph import Gate, Rule, StateGraph
    from interlock.rulebook.source import SourceFile, Span

_COMMON = ("sources", "teams", "notification_channels")
"""Sections whose names the daemon knows without knowing the incident."""


def check_folder(
    sources: Sequence[SourceFile],
    *,
    name: str | None,
    is_digested: bool,
    accepted: Mapping[str, Accepted] | None = None,
) -> Checked:
    """Check the files of a folder as one unit and return everything found.

    With several files beside `_shared.yaml` the model is that of the first; the graph is the
    folder's, with a graph for each file and a digest that is that of all.
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
    found += _declared_apart(others)
    units = [_unit(shared, other, found) for other in others]
    compiled = [
        compile_model(
            unit.model,
            name=(name if len(others) == 1 else None) or stem(unit.model.node.source.name),
            lost=unit.lost,
            is_digested=is_digested,
            accepted=accepted,
        )
        for unit in units
    ]
    found += [item for unit in compiled for item in unit.diagnostics]
    graphs = [unit.graph for unit in compiled]
    if shared is not None and shared not in others:
        found += [item for graph in graphs for item in _removed_gates(graph, shared)]
    is_divided = len(graphs) > 1 or graphs[0].scope is not None
    draft = join_files(name or _folder(sources[0]), graphs) if is_divided else graphs[0]
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


def _declared_apart(others: list[Decoded]) -> list[Diagnostic]:
    """Report names that two files declare and that would mean either, whatever the incident."""
    found: list[Diagnostic] = []
    first: dict[tuple[str, str], Span] = {}
    for file in others:
        for section, name, where in _common_names(file.model):
            before = first.setdefault((section, name), where)
            if before.source is not where.source:
                message = f"`{name}` of `{section}` is declared in {before.source.name} too"
                help_ = f"declare it once, in {SHARED}.yaml, or under two names"
                label = Label(before, "first declared here")
                found.append(finding("Y007", message, where, help=help_, labels=(label,)))
    return found


def _common_names(model: Rulebook) -> Iterator[tuple[str, str, Span]]:
    for section in _COMMON:
        written = model.node.get(section)
        if isinstance(written, MapNode):
            yield from ((section, name, key_span(written, name)) for name in written)
    for hook in model.remediation_hooks or ():
        yield "remediation_hooks", hook.id, span(hook)
    if model.on_call is not None:
        schedules = model.node["on_call"].get("schedules")
        if isinstance(schedules, MapNode):
            yield from (("on_call", name, key_span(schedules, name)) for name in schedules)


def _removed_gates(graph: StateGraph, shared: Decoded) -> Iterator[Diagnostic]:
    """Report rules of a file that would pass by a gate that is shared."""
    source = shared.model.node.source
    written = [(rule, rule.span) for rule in graph.rules if rule.span is not None]
    gated = [(rule, place) for rule, place in written if place.source is source and _is_gated(rule)]
    for rule, place in written:
        for strict, there in gated if place.source is not source else ():
            is_same = strict.target == rule.target and set(strict.sources) & set(rule.sources)
            if is_same and not _is_as_strict(rule.gate, strict.gate):
                yield finding(
                    "Y004",
                    f"`{rule.id}` would pass by the gate that {source.name} puts before"
                    f" {strict.target}",
                    place,
                    help="give it a gate that asks for no less, or leave it to the shared rule",
                    labels=(Label(there, "the shared gate"),),
                )
                break


def _is_gated(rule: Rule) -> bool:
    return rule.gate is not None and not rule.gate.is_implicit


def _is_as_strict(gate: Gate | None, shared: Gate | None) -> bool:
    if gate is None or shared is None:
        return False
    asks_enough = gate.approvals >= shared.approvals and set(shared.exclude) <= set(gate.exclude)
    is_wider = bool(shared.roles) and not set(gate.roles or ("",)) <= set(shared.roles)
    is_always = gate.when is None or (
        shared.when is not None and gate.when.text == shared.when.text
    )
    approves_late = gate.on_expiry == "approve" and shared.on_expiry != "approve"
    return asks_enough and is_always and not is_wider and not approves_late


def _folder(source: SourceFile) -> str:
    """Return the name of a file's folder."""
    return stem(source.name.replace("\\", "/").rpartition("/")[0])
