"""An index answers as asking every guard in order does."""

from __future__ import annotations

from random import Random

import pytest

from interlock.rulebook.guard import GuardError, Uint, compile_guard
from interlock.rulebook.guard.index import GuardIndex
from interlock.rulebook.guard.index_atoms import Atom, atoms_of
from support.guard_author import Author, bindings

SERVICE = ("incident", "labels", "service")


def event(**fields):
    incident = {
        "severity": "P1",
        "labels": {"service": "svc-1", "env": "prod"},
        "load": 5,
        "tags": [],
    }
    return {"incident": incident | fields}


def index(*sources):
    return GuardIndex([compile_guard(source) for source in sources])


def ask_each(guards, bound):
    """What every guard says, in order: true, or why it has no value; false ones are left out."""
    said = []
    for number, guard in enumerate(guards):
        try:
            value = guard(bound)
        except GuardError as error:
            said.append((number, error.kind, error.message, error.start, error.end))
            continue
        if value is not False:
            said.append((number, "true" if value is True else "no bool"))
    return said


def ask_index(outcomes):
    said = []
    for number, error in outcomes:
        if error is None:
            said.append((number, "true"))
        elif error.message.startswith("a guard must be a bool"):
            said.append((number, "no bool"))
        else:
            said.append((number, error.kind, error.message, error.start, error.end))
    return said


@pytest.mark.parametrize("seed", range(40))
def test_random_guards_are_answered_as_one_by_one(seed):
    random = Random(seed)
    sense = (0.2, 0.9, 1.0)[seed % 3]
    author = Author(random, sense)
    sources = [
        " && ".join(
            author.expression(random.choice((0, 0, 0, 1, 2)))
            for _ in range(random.choice((1, 2, 3)))
        )
        for _ in range(60)
    ]
    guards = [compile_guard(source) for source in sources]
    built = GuardIndex(guards)
    for _ in range(25):
        bound = bindings(random, sense)
        expected = ask_each(guards, bound)
        assert ask_index(built.outcomes(bound)) == expected
        asked = {number for number, *_ in expected}
        assert asked <= set(built.candidates(bound))
        assert built.matching(bound) == [number for number, *what in expected if what == ["true"]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('incident.labels.service == "a"', [Atom(SERVICE, ("a",))]),
        ('"a" == incident.labels.service', [Atom(SERVICE, ("a",))]),
        ('incident.labels.service in ["a", "b"]', [Atom(SERVICE, ("a", "b"))]),
        (
            'incident.labels.service == "a" || incident.labels.service in ["b"]',
            [Atom(SERVICE, ("a", "b"))],
        ),
        ('incident.labels.service.startsWith("a")', [Atom(SERVICE, prefix="a")]),
        ("event.load > 5", [Atom(("event", "load"), low=5.0)]),
        ("event.load >= 5 && event.load < 9.5", [Atom(("event", "load"), low=5.0, high=9.5)]),
        ("5 < event.load", [Atom(("event", "load"), low=5.0)]),
        (
            'event.a == "x" && event.b == 1',
            [Atom(("event", "a"), ("x",)), Atom(("event", "b"), (1,))],
        ),
        # what a guard can be true without
        ('event.a == "x" || event.b == "y"', []),
        ('event.a != "x"', []),
        ('!(event.a == "x")', []),
        ("event.a == event.b", []),
        ("event.a", []),
        # the language rounds these, an index does not
        ("event.load > 9007199254740992.0", []),
        # may exhaust the cost limit before the test is reached, and that error is not absorbed
        ('event.tags.exists(t, t == "x") && event.a == "x"', []),
        ('event.text.contains("x") && event.a == "x"', []),
        ('event.a == "x" && event.tags.exists(t, t == "x")', [Atom(("event", "a"), ("x",))]),
    ],
)
def test_necessary_tests_are_recognised(source, expected):
    assert atoms_of(compile_guard(source).expr) == expected


def test_a_guard_whose_test_has_no_value_is_an_error_and_matches_nothing():
    built = index('incident.labels.service == "svc-1"', 'incident.severity == "P1"')
    bound = event(labels={})
    assert built.matching(bound) == [1]
    (broken, error), (true, nothing) = built.outcomes(bound)
    assert (broken, true, nothing) == (0, 1, None)
    assert error.message == "no such key: 'service'"


def test_outcomes_asks_no_guard_after_the_one_where_the_caller_stops():
    built = index("incident.load > 1", "incident.load > 2 / 0")
    first = next(built.outcomes(event()))
    assert first == (0, None)


def test_true_is_not_filed_under_one():
    built = index("incident.load == 1", "incident.load == true", "incident.load == 1.0")
    assert built.matching(event(load=True)) == [1]
    assert built.matching(event(load=1)) == [0, 2]
    assert built.matching(event(load=Uint(1))) == [0, 2]


@pytest.mark.parametrize(
    "load", [0, 3, 10, 10.5, 19, 20, 1e300, float("inf"), float("nan"), True, "x"]
)
def test_ranges_are_found_by_number(load):
    guards = [
        compile_guard(f"incident.load >= {low} && incident.load < {low + 10}")
        for low in range(-50, 50)
    ]
    bound = event(load=load)
    assert ask_index(GuardIndex(guards).outcomes(bound)) == ask_each(guards, bound)


@pytest.mark.parametrize(
    "service", ["", "svc", "svc-1", "svc-12", "xsvc-1", ["svc-1"], {}, None, 5]
)
def test_prefixes_of_any_length_are_found(service):
    guards = [
        compile_guard(f'incident.labels.service.startsWith("{prefix}")')
        for prefix in ("", "s", "svc-", "svc-1", "svc-2")
    ]
    bound = event(labels={"service": service})
    assert ask_index(GuardIndex(guards).outcomes(bound)) == ask_each(guards, bound)


def test_a_guard_that_is_no_bool_is_an_error():
    [(number, error)] = index("incident.severity").outcomes(event())
    assert number == 0
    assert error.message == "a guard must be a bool, this is string"


def test_no_guards_match_nothing():
    assert index().matching(event()) == []
    assert list(index().outcomes(event())) == []
