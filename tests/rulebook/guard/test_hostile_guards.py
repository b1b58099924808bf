"""Hostile guards: each ends, in bounded time and memory, with a value or an error in words.

The numbers are those of the catalogue of hostile guards. Every case states its outcome, which both
forms of a guard must have: the plain tree evaluator and the compiled function.
"""

from __future__ import annotations

import tracemalloc
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from interlock.rulebook.guard import (
    ErrorKind,
    GuardError,
    ParseProblem,
    Uint,
    compile_guard,
    evaluate,
    parse,
)
from interlock.rulebook.guard.compiled import link
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.functions_operators import COST_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_MAX = 64 * 2**20
FIVE_LOOPS = "l.all(a, l.all(b, l.all(c, l.all(d, l.all(e, a + b + c + d + e >= 0)))))"
FIVE_MAPS = "l.map(a, l.map(b, l.map(c, l.map(d, l.map(e, e))))).size() > 0"
LIST = {"l": list(range(10_000))}
UNLIMITED = {"nesting_max": None}
FEW = {"cost_limit": 20_000}  # as much as a millisecond
TOO_MUCH = (ErrorKind.SIZE, ErrorKind.COST)
NAN = {"n": float("nan")}


class Case(NamedTuple):
    number: int  # in the catalogue
    source: str
    outcome: Any  # a value, the kind of a `GuardError`, or a part of a `ParseProblem`
    bindings: Mapping[str, Any] = MappingProxyType({})
    options: Mapping[str, Any] = MappingProxyType({})

    @property
    def expr(self):
        return parse(self.source, nesting_max=self.options.get("nesting_max", 2))

    @property
    def cost_limit(self):
        return self.options.get("cost_limit", COST_LIMIT)


def doubled(start, step):
    return start + f".map(x, {step})" * 40 + "[0].size() > 0"


ROWS = [
    (33, FIVE_LOOPS, "loops nest 2 deep at most"),
    (33, FIVE_MAPS, "loops nest 2 deep at most"),
    (33, FIVE_LOOPS, ErrorKind.COST, LIST, UNLIMITED),
    (33, FIVE_MAPS, ErrorKind.COST, LIST, UNLIMITED | FEW),
    (33, "l.exists(a, l.exists(b, a + b < 0))", ErrorKind.COST, LIST, FEW),
    (33, "l.all(a, l.all(b, a + b >= 0)) || true", ErrorKind.COST, LIST, FEW),
    (33, "[1].exists(x, l.all(a, a >= 0)) || true", ErrorKind.COST, LIST, FEW),
    (33, "[1].exists(x, l.all(a, l.all(b, a + b >= 0))) || true", "loops nest", LIST),
    (33, "cel.bind(x, l.all(a, a >= 0), true)", ErrorKind.COST, LIST, FEW),
    (34, " || ".join(f"x == {n}" for n in range(9_000)), True, {"x": 8_999}),
    (34, " || ".join(f"x == {n}" for n in range(9_000)), False, {"x": -1}),
    (34, " || ".join(f"x.f{n}" for n in range(9_000)), True, {"x": {"f8999": True}}),
    (35, "(" * 10_000 + "1" + ")" * 10_000, "nested deeper"),
    (35, "[" * 10_000 + "]" * 10_000, "nested deeper"),
    (35, "!" * 10_000 + "true", "nested deeper"),
    (36, "9223372036854775807 + 1", ErrorKind.OVERFLOW),
    (36, "n + 1", ErrorKind.OVERFLOW, {"n": 2**63 - 1}),
    (36, "18446744073709551615u + 1u", ErrorKind.OVERFLOW),
    (36, "0u - 1u", ErrorKind.OVERFLOW),
    (37, "-9223372036854775808 / -1", ErrorKind.OVERFLOW),
    (37, "n / -1", ErrorKind.OVERFLOW, {"n": -(2**63)}),
    (37, "-n", ErrorKind.OVERFLOW, {"n": -(2**63)}),
    (38, "1 / 0", ErrorKind.DIVISION_BY_ZERO),
    (38, "1 % 0", ErrorKind.DIVISION_BY_ZERO),
    (38, "1 / n", ErrorKind.DIVISION_BY_ZERO, {"n": 0}),
    (39, "1 + dyn(1u)", ErrorKind.NO_SUCH_OVERLOAD),
    (39, "n + 1", ErrorKind.NO_SUCH_OVERLOAD, {"n": 1.0}),
    (39, "dyn(1) == 1.0 && dyn(1) == 1u", True),
    (40, "n == n", False, NAN),
    (40, "n < 1.0 || n >= 1.0", False, NAN),
    (40, "{0.0 / 0.0: 1}", ErrorKind.NO_SUCH_OVERLOAD),
    (41, "t.matches('(a+)+$')", True, {"t": "a" * 100_000}),
    (41, "t.matches('(a+)+$')", False, {"t": "a" * 100_000 + "b"}),
    (41, "t.matches('(x+x+)+y')", ErrorKind.COST, {"t": "x" * 4_000_000}),
    *(
        (42, f"'a'.matches('{pattern}')", ErrorKind.ARGUMENT)
        for pattern in (r"(a)\\1", r"(?=a)", r"(?<=a)", r"(?!a)", "(", "[", "a{1001}", "*")
    ),
    (43, "'aa'.matches(event.p)", True, {"event": {"p": "^a+$"}}),
    (43, "'a'.matches(event.p)", ErrorKind.SIZE, {"event": {"p": "a" * 1_025}}),
    (43, "'a'.matches(event.p)", ErrorKind.ARGUMENT, {"event": {"p": "\ud800"}}),
    (43, "event.p.matches('a')", ErrorKind.ARGUMENT, {"event": {"p": "\ud800"}}),
    (44, doubled("['aaaaaaaaaa']", "x + x"), TOO_MUCH),
    (44, doubled("[[1, 2, 3]]", "x + x"), TOO_MUCH),
    (44, doubled("[b'aaaaaaaaaa']", "x + x"), TOO_MUCH),
    (
        44,
        doubled("['aaaaaaaaaa']", "x.replace('a', 'aaaaaaaaaa')"),
        TOO_MUCH,
    ),
    (44, doubled("['aaaaaaaaaa']", "[x, x, x].join(x)"), TOO_MUCH),
    (
        44,
        doubled("['aaaaaaaaaa']", "'%s%s%s'.format([x, x, x])"),
        TOO_MUCH,
    ),
    (44, doubled("['aaaaaaaaaa']", "strings.quote(x + x)"), TOO_MUCH),
    (44, "lists.range(100000000).size()", ErrorKind.SIZE),
    (44, "lists.range(9223372036854775807).size()", ErrorKind.SIZE),
    (44, "lists.range(100000).all(i, lists.range(100000).size() > i)", ErrorKind.COST),
    (44, "t.split('').size()", ErrorKind.SIZE, {"t": "a" * 200_000}),
    (45, "event.labels.team == 'db'", ErrorKind.NO_SUCH_KEY, {"event": {"labels": {}}}),
    (45, "has(event.labels.team)", False, {"event": {"labels": {}}}),
    (45, "event.labels.?team.orValue('') == ''", True, {"event": {"labels": {}}}),
    (46, "false && event.x == 1", False, {"event": {}}),
    (46, "event.x == 1 && false", False, {"event": {}}),
    (46, "event.x == 1 || true", True, {"event": {}}),
    (46, "event.x == 1 || event.x == 2", ErrorKind.NO_SUCH_KEY, {"event": {}}),
    (46, "event.x == 1 && true", ErrorKind.NO_SUCH_KEY, {"event": {}}),
    (47, "timestamp('10000-01-01T00:00:00Z')", ErrorKind.CONVERSION),
    (47, "timestamp('0000-12-31T23:59:59Z')", ErrorKind.CONVERSION),
    (47, "timestamp('9999-12-31T23:59:59Z') + duration('1s')", ErrorKind.OVERFLOW),
    (47, "timestamp('2016-12-31T23:59:60Z')", ErrorKind.CONVERSION),
    (48, "duration('99999999999999h')", ErrorKind.OVERFLOW),
    (48, "duration('9223372036s') + duration('9223372036s')", ErrorKind.OVERFLOW),
    (49, "1 + 1", 2),
    (49, "null", None),
    *(
        (50, f"event.{field} == 1 && has(event.{field})", True, {"event": {field: 1}})
        for field in ("as", "for", "while", "all", "map", "has", "size", "int", "exists_one")
    ),
    (51, r"'\ud800'", "surrogate"),
    (51, "'\ud800'", "surrogate"),
    (51, "event.s == 'a'", False, {"event": {"s": "\ud800"}}),
    (51, "event.s.size()", 1, {"event": {"s": "\ud800"}}),
    (51, "strings.quote(event.s)", '"\ufffd"', {"event": {"s": "\ud800"}}),
    (52, "size('e\u0301')", 2),
    (52, "size('👩\u200d👩\u200d👧')", 5),
    *((53, f"{kind}('{'9' * 5_000}')", ErrorKind.CONVERSION) for kind in ("int", "uint", "double")),
    *((53, text, "outside") for text in ("9" * 5_000, "9" * 5_000 + "u", "0x" + "f" * 5_000)),
    (54, "event.severity == 'P1'", False, {"event": {"severity": ["P1"]}}),
    (54, "event.severity < 'P2'", ErrorKind.NO_SUCH_OVERLOAD, {"event": {"severity": ["P1"]}}),
    (
        54,
        "event.severity.startsWith('P')",
        ErrorKind.NO_SUCH_OVERLOAD,
        {"event": {"severity": ["P1"]}},
    ),
]
CASES = [Case(*row) for row in ROWS]


def outcome_of(call):
    """What a call gives: a value, or the kind of its error, which has words and a place."""
    try:
        return call()
    except GuardError as error:
        return error.kind if error.message and error.start is not None else error


def same(found, expected):
    return found in expected if isinstance(expected, tuple) else found == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number}: {case.source[:40]}")
def test_hostile_guard_ends_as_stated_in_both_forms(case, capfd):
    expr = case.expr
    if isinstance(expr, ParseProblem):
        assert isinstance(case.outcome, str)
        assert case.outcome in expr.message
        assert len(expr.message) < 200
        assert 0 <= expr.start < expr.end <= len(case.source)
    else:
        guard = link(case.source, expr, cost_limit=case.cost_limit)
        tree = outcome_of(lambda: evaluate_tree(expr, case.bindings, case.cost_limit))
        assert same(tree, case.outcome)
        assert outcome_of(lambda: guard(case.bindings)) == tree
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.number == 44], ids=lambda case: case.source[:40]
)
def test_growing_values_end_before_they_take_memory(case):
    guard = compile_guard(case.source)
    tracemalloc.start()
    assert same(outcome_of(lambda: guard(case.bindings)), case.outcome)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_MAX


def test_every_hostile_guard_of_the_catalogue_has_a_case():
    assert {case.number for case in CASES} == set(range(33, 55))


def error_of(source, **bindings):
    with pytest.raises(GuardError) as raised:
        evaluate_tree(parse(source), bindings)
    with pytest.raises(GuardError) as compiled:
        compile_guard(source)(bindings)
    assert compiled.value.kind == raised.value.kind
    return raised.value


@pytest.mark.parametrize(
    "use",
    [
        "x == y",
        "x in [y]",
        "'%s'.format([x]) == ''",
        "x.flatten(100).size() > 0",
        "[x, y].distinct().size() > 0",
    ],
)
def test_exponential_sharing_is_paid_for(use):
    steps = "".join(".map(x, [x, x])" for _ in range(40))
    shared = f"[[1]]{steps}[0]"
    error = error_of(f"cel.bind(x, {shared}, cel.bind(y, {shared}, {use}))")
    assert error.kind in {ErrorKind.SIZE, ErrorKind.COST}


def test_missing_field_is_an_error_that_names_the_field():
    error = error_of("event.labels.team == 'db'", event={"labels": {}})
    assert (error.kind, error.start, error.end) == (ErrorKind.NO_SUCH_KEY, 0, 17)
    assert "'team'" in error.message


def test_values_the_language_does_not_know_are_errors():
    assert "set is no value of guards" in error_of("x < 1", x={1}).message
    assert "set is no value of guards" in error_of("type(x)", x={1}).message


def test_guards_never_change_their_bindings():
    event = {"l": [3, 1, 2], "m": {"a": [1]}}
    evaluate("event.l.sort() == event.l.reverse() || event.m.a + [2] == event.l", {"event": event})
    assert event == {"l": [3, 1, 2], "m": {"a": [1]}}


def test_uint_refuses_what_it_cannot_hold():
    with pytest.raises(GuardError):
        Uint(-1)
    with pytest.raises(GuardError):
        Uint(2**64)
    assert (repr(Uint(2**64 - 1)), str(Uint(5))) == ("18446744073709551615u", "5u")
