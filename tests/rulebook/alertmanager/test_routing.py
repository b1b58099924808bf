"""The decision list against Alertmanager's own walk, on random trees."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.rulebook.alertmanager.configuration import Matcher, Relation, Route
from interlock.rulebook.alertmanager.routing import DECISIONS_MAX, decide_routes

LABELS, VALUES = ("a", "b"), ("", "x", "y")
ALERTS = [{"a": one, "b": other} for one in VALUES for other in VALUES]


def route(receiver, matchers=(), routes=(), *, goes_on=False):
    return Route(receiver, tuple(matchers), goes_on, (), "30s", "5m", "4h", (), (), tuple(routes))


MATCHERS = st.builds(
    Matcher,
    st.sampled_from(LABELS),
    st.sampled_from([Relation.EQUAL, Relation.UNEQUAL]),
    st.sampled_from(VALUES),
)
TREES = st.recursive(
    st.builds(route, st.sampled_from("ABCDE"), st.lists(MATCHERS, max_size=2)),
    lambda children: st.builds(
        route,
        st.sampled_from("ABCDE"),
        st.lists(MATCHERS, max_size=2),
        st.lists(children, max_size=3),
        goes_on=st.booleans(),
    ),
    max_leaves=8,
).map(lambda tree: tree._replace(matchers=()))


def holds(matchers, alert):
    return all(
        (alert[one.label] == one.value) is (one.relation is Relation.EQUAL) for one in matchers
    )


def walk(tree, alert):
    """Alertmanager's `Route.Match`, as in dispatch/route.go."""
    if not holds(tree.matchers, alert):
        return []
    found = []
    for child in tree.routes:
        matched = walk(child, alert)
        found += matched
        if matched and not child.goes_on:
            break
    return found or [tree]


@settings(max_examples=300)
@given(TREES)
def test_the_first_decision_that_holds_has_the_routes_of_the_walk(tree):
    decided = decide_routes(tree)
    if decided.stopped:
        return
    for alert in ALERTS:
        first = next(one for one in decided.listed if holds(one.matchers, alert))
        expected = list(dict.fromkeys(found.receiver for found in walk(tree, alert)))
        assert list(first.receivers) == expected


@given(TREES)
def test_the_last_decision_takes_every_alert(tree):
    assert decide_routes(tree).listed[-1].matchers == ()


def test_a_continue_that_would_need_too_many_rules_is_left_and_named():
    routes = [
        route(f"R{n}", [Matcher(f"l{n}", Relation.EQUAL, "x")], goes_on=True) for n in range(30)
    ]
    decided = decide_routes(route("top", routes=routes))
    assert len(decided.listed) <= 2 * DECISIONS_MAX
    assert decided.stopped
    assert all(one.goes_on for one in decided.stopped)
