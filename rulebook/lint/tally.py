"""Counts what a lint run looked at, for its summary.

Rules of this file: a rule, runbook or guard counts when it could be compiled, whether or not a lint
rule likes it; what an author left to the defaults counts too, for it was checked and will run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.report import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import StateGraph

_COUNTED_ELSEWHERE = frozenset({"rules_from"})


def tally(files: int, graph: StateGraph | None) -> Tally:
    """Return the numbers of one rulebook; of one that could not be read, only its files."""
    if graph is None:
        return Tally(files=files)
    built_in = sum(guard.span is None for guard in graph.guards.values())
    return Tally(
        files=files,
        rules=sum(rule.is_automatic for rule in graph.rules),
        runbooks=len(graph.runbooks),
        guards=sum(1 for _ in _guards(graph)) - built_in,
    )


def _guards(value: Any) -> Iterator[GuardRef]:
    if isinstance(value, GuardRef):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            if name not in _COUNTED_ELSEWHERE:
                yield from _guards(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _guards(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _guards(item)
