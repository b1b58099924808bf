from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.graph.definitions import order_definitions, show_circle

NAMES = "abcdef"
USES = st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3) for name in NAMES})


def reached(uses, start):
    seen, pending = set(), list(uses[start])
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += uses[name]
    return seen


@given(USES)
def test_what_a_definition_uses_is_ordered_before_it(uses):
    order = order_definitions(uses)
    for name, rank in order.ranks.items():
        assert all(order.ranks[part] < rank for part in uses[name])


@given(USES)
def test_endless_is_what_reaches_a_circle(uses):
    order = order_definitions(uses)
    for name in uses:
        is_endless = any(part in reached(uses, part) for part in {name, *reached(uses, name)})
        assert order.is_endless(name) == is_endless


@given(USES)
def test_circles_are_real_and_begin_with_their_first_definition(uses):
    order = order_definitions(uses)
    for first, circle in order.circles.items():
        assert circle[0] == circle[-1] == first == min(circle, key=list(uses).index)
        for name, following in pairwise(circle):
            assert following in uses[name]
    assert bool(order.circles) == (len(order.ranks) < len(uses))


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("aa", "`a` → `a`"),
        ("abcda", "`a` → `b` → `c` → `d` → `a`"),
        ("abcdefga", "`a` → `b` → `c` → (2 more) → `f` → `g` → `a`"),
    ],
)
def test_long_ways_are_shortened(names, shown):
    assert show_circle(tuple(names)) == shown
