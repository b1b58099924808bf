"""What can be reached in a state graph.

Responsible for reachability over a compiled graph, shared by lint and by later proofs. Guards and
gates are ignored: what is unreachable here is unreachable whatever they say. Never reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.rulebook.graph.state_graph import StateGraph

Successors = dict[str, tuple[str, ...]]


def successors(graph: StateGraph) -> Successors:
    """Return, for each state, the other states that a rule leads to, in rule order."""
    return {
        state: tuple(
            dict.fromkeys(
                rule.target for rule in graph.rules_from.get(state, ()) if rule.target != state
            )
        )
        for state in graph.lifecycle.states
    }


def reachable(edges: Mapping[str, Iterable[str]], starts: Iterable[str]) -> frozenset[str]:
    """Return the states that paths from any of `starts` enter, those included."""
    seen = set(starts)
    pending = list(seen)
    while pending:
        for state in edges.get(pending.pop(), ()):
            if state not in seen:
                seen.add(state)
                pending.append(state)
    return frozenset(seen)


def reversed_edges(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return, for each state, the states that lead to it."""
    backwards: dict[str, list[str]] = {state: [] for state in edges}
    for source, targets in edges.items():
        for target in targets:
            backwards.setdefault(target, []).append(source)
    return backwards


def shortest_path(
    edges: Mapping[str, Iterable[str]], start: str, end: str
) -> tuple[str, ...] | None:
    """Return the states of a shortest path of at least one edge, ends included; None if none."""
    came_from: dict[str, str] = {}
    pending = [start]
    for state in pending:
        for target in edges.get(state, ()):
            if target == end:
                return _unwind(came_from, start, state, end)
            if target != start and target not in came_from:
                came_from[target] = state
                pending.append(target)
    return None


def _unwind(came_from: Mapping[str, str], start: str, last: str, end: str) -> tuple[str, ...]:
    path = [end, last]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
