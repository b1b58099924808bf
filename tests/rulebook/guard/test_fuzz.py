"""Two hundred thousand random inputs to the parser and as many to checker and evaluator.

Every input ends in a value, a `ParseProblem` or a `GuardError`; nothing else may come out. A
failure prints its seed; set INTERLOCK_FUZZ to a larger number to try more inputs.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from interlock.rulebook.guard import GuardError, ParseProblem, Uint, parse, unparse
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.compiled import link
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.nodes import Expr
from interlock.rulebook.guard.types import DYN, OptionalType
from interlock.rulebook.guard.values import (
    TYPES,
    BoolKeyMap,
    Duration,
    OptionalValue,
    Timestamp,
    type_name,
)

INPUTS = max(200_000, int(os.environ.get("INTERLOCK_FUZZ", "0")))
SHARDS = 8
TOKENS = [
    *"()[]{}.,:?!-+*/%<>=&|\"'`\\#$;@~^ \n\t\0é😀\u202e\ud800",
    *["&&", "||", "==", "!=", "<=", ">=", ".?", "[?", "{?", "//", '"""', "'''", "r'", 'b"', "br'"],
    *["in", "true", "false", "null", "for", "as", "has(", "x.all(e, ", "cel.bind(v, ", ".map(y, "],
    *[
        "x",
        "incident",
        ".severity",
        "['k']",
        "math.greatest(",
        "size(",
        "google.protobuf.Timestamp",
    ],
    *[
        "0",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "0x",
        "0xfF",
        "1u",
        "1.5",
        "1e5",
        "1e999",
    ],
    *["'a'", '"\\n"', r"'\u00e9'", r"'\ud800'", "b'\\xff'", r"r'\d+'", "'''a'b'''", "``", "`a-b`"],
]
GUARDS = [
    'incident.severity in ["P1", "P2"] && incident.labels.service.startsWith("check")',
    "has(event.labels.team) && event.labels.team != '' || event.metrics['p99'] > 1500.0",
    "incident.alerts.exists(a, a.firing && a.labels.all(k, v, k != v)) ? now - duration('5m') : t",
    "event.?labels.?team.optMap(t, t.lowerAscii()).orValue('none').matches(r'^[a-z]+$')",
    "{?'a': optional.of(1), 'b': [1, 2u, -3.5e2, b'\\x00'].map(x, x, dyn(x))}.b[0] == 1",
    "cel.bind(n, group.count * 2, n % 3 == 0 && !(n < 10)) // a comment",
]


def any_text(random):
    return "".join(random.choices(TOKENS, k=random.randrange(1, 12)))


def damaged(random):
    text = random.choice(GUARDS)
    for _ in range(random.randrange(1, 4)):
        start = random.randrange(len(text))
        end = min(len(text), start + random.randrange(6))
        text = text[:start] + random.choice((*TOKENS, "", text[end : end + 9])) + text[end:]
    return text


@pytest.mark.parametrize("shard", range(SHARDS))
def test_parser_answers_every_text(shard):
    random = Random(shard)
    accepted = 0
    for count in range(INPUTS // SHARDS):
        text = any_text(random) if count % 2 else damaged(random)
        parsed = parse(text)
        if isinstance(parsed, ParseProblem):
            assert 0 <= parsed.start <= parsed.end <= len(text), (shard, text)
            assert parsed.message, (shard, text)
        else:
            accepted += 1
            if count % 8 == 0:
                assert parse(unparse(parsed)) == parsed, (shard, text)
    assert accepted > INPUTS // SHARDS // 50


VALUES = [
    *[None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), Uint(0), Uint(1), Uint(2**64 - 1)],
    *[0.0, -0.0, 1.5, float("nan"), float("inf"), -float("inf"), 1e308, 5e-324, 2.0**63],
    *[
        "",
        "a",
        "ab-é😀",
        "\ud800",
        "P1",
        "1",
        "1h",
        "2024-02-29T23:59:59.999999999Z",
        "UTC",
        "%s%d",
    ],
    *[b"", b"\xff\x00", b"a", [], [1], [1, Uint(1), 1.0, True], ["a", "b"], (1, 2), [[1], []]],
    *[{}, {"k": 1}, {"k": {"k": []}}, {1: "a", 2: "b"}, {True: 1}, BoolKeyMap({True: 1}, {1: 2})],
    *[Timestamp(0), Timestamp(-62_135_596_800 * 10**9), Timestamp(253_402_300_799 * 10**9)],
    *[Duration(0), Duration(2**63 - 1), Duration(-(2**63)), OptionalValue(has_value=False)],
    *[OptionalValue(has_value=True, value={"k": 1}), TYPES["int"], list(range(300)), "a" * 2_000],
]
KINDS = {
    kind: [value for value in VALUES if type_name(value) == kind]
    for kind in sorted({type_name(value) for value in VALUES})
}
CALLS = [
    (function.name, overload)
    for function in FUNCTIONS.values()
    if function.name[0].isalpha()
    for overload in function.overloads
]
LITERALS = [
    *["0", "1", "-1", "1u", "1.5", "true", "null", "''", "'k'", "b'a'", "[]", "{}", "int", "0.0"],
    *["'^a+$'", "'%s|%d'", "'Europe/Berlin'", "'-02:30'", "'1h'", "9223372036854775807"],
]
MACROS = [
    *["{}.all(e, {})", "{}.exists(e, {})", "{}.exists_one(e, {})", "{}.filter(e, {})"],
    *[
        "{}.map(e, {})",
        "{}.all(i, e, {})",
        "{}.transformList(i, e, {})",
        "{}.transformMap(i, e, {})",
    ],
    *["{}.transformMapEntry(i, e, {{i: {}}})", "{}.optMap(e, {})", "cel.bind(e, {}, {})"],
]
SHAPES = [
    *["{} == {}", "{} != {}", "{} < {}", "{} >= {}", "{} in {}", "{} + {}", "{} - {}", "{} * {}"],
    *[
        "{} / {}",
        "{} % {}",
        "{} && {}",
        "{} || {}",
        "({})[{}]",
        "({})[?{}]",
        "{{{}: {}}}",
        "[{}, ?{}]",
    ],
]


def kind_of(wanted):
    """The name that values of a parameter's type have; None when any value will do."""
    kind = str(wanted).partition("(")[0]
    return kind if kind in KINDS else None


def variable(kind):
    return f"v_{kind.replace('.', '_')}"


class Grower:
    """Grows one random expression, mostly of operands that fit."""

    def __init__(self, random):
        self.random = random

    def leaf(self, kind=None):
        random = self.random
        if kind is not None and random.random() < 0.9:
            return variable(kind)
        if random.random() < 0.6:
            return variable(random.choice(list(KINDS)))
        return random.choice((*LITERALS, "e", "i"))

    def grow(self, depth, kind=None):
        random = self.random
        if depth == 0 or (kind is not None and random.random() < 0.7):
            return self.leaf(kind)
        kind = random.random()
        if kind < 0.35:
            same = random.choice((*KINDS, None))
            one, two = self.grow(depth - 1, same), self.grow(random.randrange(depth), same)
            return f"({random.choice(SHAPES).format(one, two)})"
        if kind < 0.5:
            over = self.grow(depth - 1, random.choice(("list", "map", "optional_type")))
            return random.choice(MACROS).format(f"({over})", self.grow(depth - 1))
        if kind < 0.85:
            return self.call(depth)
        if kind < 0.92:
            return f"({self.grow(depth - 1, 'map')}).{random.choice(['k', '?k', '`a b`'])}"
        one = self.grow(depth - 1, random.choice(("bool", "int", "map")))
        return random.choice(["has(({}).k)", "(!{})", "(-{})", "({} ? 1 : 2)"]).format(one)

    def call(self, depth):
        random = self.random
        name, overload = random.choice(CALLS)
        args = [self.grow(depth - 1, kind_of(wanted)) for wanted in overload.params]
        if random.random() < 0.02:
            args.append(self.leaf())
        if overload.is_member:
            return f"({args[0]}).{name}({', '.join(args[1:])})"
        return f"{name}({', '.join(args)})"


UNTYPED = {"type": DYN, "optional_type": OptionalType(DYN)}
ENVIRONMENT = declare({variable(kind): UNTYPED.get(kind, kind) for kind in KINDS})


def compiled(source, expr, bindings):
    try:
        return link(source, expr)(bindings)
    except GuardError as error:
        return error


def evaluated(expr, bindings):
    try:
        return evaluate_tree(expr, bindings, cost_limit=2_000)
    except GuardError as error:
        return error


@pytest.mark.parametrize("shard", range(SHARDS))
def test_evaluator_gives_a_value_or_a_guard_error(shard):
    random = Random(1_000 + shard)
    grower = Grower(random)
    valued = 0
    for count in range(INPUTS // SHARDS):
        source = grower.grow(random.choice((1, 1, 2, 2, 3)))
        expr = parse(source, nesting_max=None)
        assert isinstance(expr, Expr), (shard, source, expr)
        for problem in check(expr, ENVIRONMENT, source=source).problems:
            assert problem.message, (shard, source)
            assert 0 <= problem.start <= problem.end <= len(source), (shard, source, problem)
        bindings = {variable(kind): random.choice(pool) for kind, pool in KINDS.items()}
        outcome = evaluated(expr, bindings)
        if count % 32 == 0:
            other = compiled(source, expr, bindings)
            assert isinstance(other, GuardError) or type_name(other), (shard, source, bindings)
        if isinstance(outcome, GuardError):
            is_placed = outcome.start is not None and outcome.end <= len(source)
            assert outcome.message, (shard, source, bindings)
            assert is_placed, (shard, source, bindings)
        else:
            type_name(outcome)
            valued += 1
    assert valued > INPUTS // SHARDS // 5
