from __future__ import annotations

import itertools

import pytest

from interlock.rulebook import compile_rulebook
from interlock.rulebook.picture import outline
from interlock.rulebook.picture.order import order_states


def order(rules, states="A, B, C, D"):
    written = "".join(f"  - {{transition: {rule}, trigger: [x.y]}}\n" for rule in rules)
    graph = compile_rulebook(
        f"lifecycle: {{initial: A, states: [{states}]}}\nworkflow_rules:\n{written}"
    )
    return sorted(order_states(outline(graph)), key=order_states(outline(graph)).__getitem__)


@pytest.mark.parametrize(
    ("rules", "from_the_top"),
    [
        (["A -> B", "B -> C", "C -> D"], "ABCD"),
        (["A -> D", "D -> C", "C -> B"], "ADCB"),
        (["A -> B", "B -> C", "C -> A"], "ABCD"),
        (["A -> D", "D -> B", "B -> C"], "ADBC"),
        (["B -> C", "C -> D", "A -> A"], "ABCD"),
    ],
)
def test_transitions_run_downwards_but_for_those_that_lead_back(rules, from_the_top):
    assert "".join(order(rules)) == from_the_top


def test_a_state_added_to_the_default_ones_finds_its_place():
    graph = compile_rulebook(
        "lifecycle: {extend: default, states: [FAILING_OVER]}\n"
        "workflow_rules:\n"
        "  - {transition: DETECTED -> FAILING_OVER, trigger: [a.b]}\n"
        "  - {transition: FAILING_OVER -> RESOLVED, trigger: [a.c]}\n"
    )
    places = order_states(outline(graph))
    assert places["DETECTED"] < places["FAILING_OVER"] < places["RESOLVED"]


def test_as_many_states_as_the_language_takes_stand_in_their_order():
    states = [f"S{number}" for number in range(100)]
    rules = "".join(
        f"  - {{transition: {a} -> {b}, trigger: [a.b]}}\n" for a, b in itertools.pairwise(states)
    )
    graph = compile_rulebook(
        f"lifecycle: {{initial: S0, states: [{', '.join(states)}]}}\nworkflow_rules:\n{rules}"
    )
    assert list(order_states(outline(graph))) == states
