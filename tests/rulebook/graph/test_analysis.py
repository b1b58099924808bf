from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook import compile_rulebook
from interlock.rulebook.graph.analysis import (
    reachable,
    reversed_edges,
    shortest_path,
    successors,
)

STATES = "ABCDE"
GRAPHS = st.fixed_dictionaries(
    {state: st.lists(st.sampled_from(STATES), unique=True, max_size=3) for state in STATES}
)


def test_successors_are_other_states_once_each_in_rule_order():
    graph = compile_rulebook(
        "workflow_rules:\n"
        "  - {transition: TRIAGE -> RESOLVED, trigger: x.a}\n"
        "  - {transition: TRIAGE -> TRIAGE, after: 5m}\n"
        "  - {transition: TRIAGE -> MITIGATING, trigger: x.b}\n"
        "  - {transition: TRIAGE -> RESOLVED, trigger: x.c}\n"
    )
    assert successors(graph)["TRIAGE"] == ("RESOLVED", "MITIGATING")
    assert successors(graph)["POST_MORTEM"] == ()


@given(GRAPHS, st.sampled_from(STATES))
def test_reachable_is_closed_and_minimal(edges, start):
    seen = reachable(edges, [start])
    assert start in seen
    for state in seen:
        assert set(edges[state]) <= seen
        assert state == start or shortest_path(edges, start, state) is not None


@given(GRAPHS)
def test_reversing_twice_gives_the_same_edges(edges):
    twice = reversed_edges(reversed_edges(edges))
    assert {state: set(targets) for state, targets in twice.items()} == {
        state: set(targets) for state, targets in edges.items()
    }


@given(GRAPHS, st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_shortest_path_follows_edges_and_repeats_no_state(edges, start, end):
    path = shortest_path(edges, start, end)
    if path is None:
        assert end not in reachable(edges, edges[start])
        return
    assert (path[0], path[-1]) == (start, end)
    assert len(path) >= 2
    assert len(set(path[1:])) == len(path) - 1
    for source, target in itertools.pairwise(path):
        assert target in edges[source]


@pytest.mark.parametrize(
    ("start", "end", "path"),
    [("A", "C", ("A", "B", "C")), ("A", "A", ("A", "B", "C", "A")), ("C", "D", None)],
)
def test_shortest_paths(start, end, path):
    assert shortest_path({"A": ["B"], "B": ["C"], "C": ["A"], "D": ["A"]}, start, end) == path
