"""Counts what a lint run looked at, for its summary.

Rules of this file: a rule, runbook or guard counts when it could be compiled, whether or not a lint
rule likes it; what an author left to the defaults counts too, for it was checked and will run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.report import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import GuardRef, StateGraph
    from interlock.rulebook.source import SourceFile


def tally(graph: StateGraph | None) -> Tally:
    """Return the numbers of one file's rulebook."""
    if graph is None:
        return Tally(files=1)
    return Tally(
        files=1,
        rules=sum(rule.is_automatic for rule in graph.rules),
        runbooks=len(graph.runbooks),
        guards=sum(guard is not None for guard in _guards(graph)),
        properties=len(graph.properties),
    )


def tally_own(graph: StateGraph | None, source: SourceFile) -> Tally:
    """Return the numbers of one file of a folder, without what it shares with the others."""
    if graph is None:
        return Tally(files=1)
    return Tally(
        files=1,
        rules=sum(rule.span is not None and rule.span.source is source for rule in graph.rules),
        runbooks=sum(
            runbook.span is not None and runbook.span.source is source
            for runbook in graph.runbooks.values()
        ),
        guards=sum(
            guard is not None and guard.span is not None and guard.span.source is source
            for guard in _guards(graph)
        ),
        properties=sum(
            claim.span is not None and claim.span.source is source for claim in graph.properties
        ),
    )


def _guards(graph: StateGraph) -> Iterator[GuardRef | None]:
    """Yield every guard and expression where it is used, and named ones where they are written."""
    yield from (guard for guard in graph.guards.values() if guard.span is not None)
    yield graph.owner
    yield graph.post_mortem.owner
    for rule in graph.rules:
        yield rule.guard
        if rule.gate is not None:
            yield rule.gate.when
    for runbook in graph.runbooks.values():
        yield runbook.match
        yield from (step.when for step in runbook.steps)
    for entry in graph.correlation:
        yield entry.match
        yield from entry.group_by
    for claim in graph.properties:
        yield from (claim.never, claim.start)
    for source in graph.sources.values():
        yield from source.map.values()
