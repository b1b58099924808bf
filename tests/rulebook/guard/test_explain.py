"""Explanations: every sub-expression, the one that decided, and the nearest change."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml

from interlock.rulebook.guard import GuardError, Uint, evaluate, parse
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.explain import Outcome, explain
from interlock.rulebook.guard.explain_text import render
from interlock.rulebook.guard.nodes import walk
from interlock.rulebook.guard.shown import shown

CASES = yaml.safe_load(
    (Path(__file__).parent / "guard_cases" / "explanations.yaml").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_explanation_says_what_its_row_says(case):
    bound = {name: evaluate(text, {}) for name, text in case.get("vars_cel", {}).items()}
    explanation = explain(parse(case["expr"]), {**case.get("vars", {}), **bound})
    assert render(explanation) == case["lines"]
    node = explanation.deciding.node
    assert case["expr"][node.start : node.end] == case["deciding"]


def test_every_sub_expression_has_a_step():
    expr = parse("a.b > 1 ? [1, x].map(e, e + 1) : {'k': has(a.c)}")
    steps = explain(expr, {"a": {"b": 0}, "x": 1}).steps
    entries = 1
    assert len(steps) == len(list(walk(expr))) - entries
    by_text = {step.node: step for step in steps}
    assert by_text[parse("has(a.c)")].outcome is Outcome.FALSE
    assert by_text[parse("e + 1")].outcome is Outcome.NOT_EVALUATED
    assert by_text[parse("a.b")].value == 0


def test_macro_bodies_keep_the_element_that_decided():
    explanation = explain(parse("l.all(x, x > 1)"), {"l": [3, 2, 1, 0]})
    body = next(step for step in explanation.steps if step.node == parse("x > 1"))
    element = next(step for step in explanation.steps if step.node == parse("x"))
    assert (body.outcome, body.times, element.value) == (Outcome.FALSE, 3, 1)


def test_long_chains_are_explained():
    source = " || ".join(f"x == {n}" for n in range(3_000))
    explanation = explain(parse(source), {"x": -1})
    assert len(explanation.clauses) == 3_000
    assert str(explanation.nearest) == "x = 0"


def test_errors_are_kept_where_they_arose_and_where_they_passed():
    explanation = explain(parse("1 / n > 1 || false"), {"n": 0})
    failed = [step for step in explanation.steps if step.outcome is Outcome.ERROR]
    assert [str(step.error) for step in failed] == ["division by zero (at 1)"] * 3
    assert explanation.result.outcome is Outcome.ERROR


ATOMS = [
    "a > 3",
    "a <= 3",
    "b == 'x'",
    "b != 'x'",
    "m.k >= 2.5",
    "has(m.j)",
    "c",
    "b in ['x', 'y']",
    "m.?k.orValue(1.0) > 2.0",
    "m.?j.orValue(0) == 1",
]


def random_guard(random, depth):
    if depth == 0:
        return random.choice(ATOMS)
    one, two = random_guard(random, depth - 1), random_guard(random, depth - 1)
    return random.choice([f"({one}) && ({two})", f"({one}) || ({two})", f"!({one})", one])


@pytest.mark.parametrize("seed", range(8))
def test_nearest_change_is_true_to_its_word(seed):
    random = Random(seed)
    told = 0
    for _ in range(300):
        expr = parse(random_guard(random, random.randrange(4)))
        bindings = {
            "a": random.choice([0, 3, 4, Uint(9), 2.5]),
            "b": random.choice(["", "x", "y"]),
            "c": random.choice([True, False]),
            "m": random.choice([{}, {"k": 2.5}, {"k": 0, "j": 1}]),
        }
        before = repr(bindings)
        explanation = explain(expr, bindings)
        assert repr(bindings) == before
        outcome = explanation.result.outcome
        try:
            value = evaluate_tree(expr, bindings)
        except GuardError:
            assert outcome is Outcome.ERROR
        else:
            assert outcome is (Outcome.TRUE if value else Outcome.FALSE)
        assert outcome is not Outcome.TRUE or explanation.nearest is None
        if explanation.nearest is not None and explanation.nearest.relation == "=":
            told += 1
            path = explanation.nearest.path.split(".")
            changed = {**bindings}
            if len(path) > 1:
                changed[path[0]] = {**changed[path[0]], path[1]: explanation.nearest.value}
            else:
                changed[path[0]] = explanation.nearest.value
            assert evaluate_tree(expr, changed) is True
    assert told > 20


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("[1, 2u, 1.5, null, true, 'a', b'\\xff']", '[1, 2u, 1.5, null, true, "a", b"\\xff"]'),
        (
            "{'a': duration('90s'), 1: timestamp(0)}",
            '{"a": duration("90s"), 1: timestamp("1970-01-01T00:00:00Z")}',
        ),
        ("[optional.of(1), optional.none(), int]", "[optional.of(1), optional.none(), int]"),
        ("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "[1, 2, 3, 4, 5, 6, 7, 8, ...]"),
        ("[] == {}", "false"),
    ],
)
def test_values_are_shown_as_the_language_writes_them(source, text):
    assert shown(evaluate(source, {})) == text


def test_long_values_are_cut():
    assert len(shown("x" * 10_000)) == 60
    assert len(shown([["x" * 10_000] * 1_000] * 1_000)) <= 60
