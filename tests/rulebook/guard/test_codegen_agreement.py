"""The generated function and the tree evaluator agree on every expression and every binding."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from interlock.rulebook.guard.codegen import DOUBTS, generate
from interlock.rulebook.guard.compiled import link
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.nodes import Expr
from interlock.rulebook.guard.parser import parse
from support.guard_author import Author, bindings, outcome

SEEDS = range(24)
EXPRESSIONS = 120
BINDINGS = 12


def parsed(source: str) -> Expr:
    expr = parse(source, nesting_max=None)
    assert isinstance(expr, Expr), f"{source}: {expr}"
    return expr


@pytest.mark.parametrize("seed", SEEDS)
def test_random_expressions_have_the_same_value_or_error_in_both_forms(seed):
    random = Random(seed)
    sense = (0.1, 0.6, 0.95)[seed % 3]
    author = Author(random, sense)
    for _ in range(EXPRESSIONS):
        source = author.expression(random.choice((1, 2, 2, 3, 4)))
        expr = parsed(source)
        guard = link(source, expr)
        for _ in range(BINDINGS):
            bound = bindings(random, sense)
            expected = outcome(lambda bound=bound, expr=expr: evaluate_tree(expr, bound))
            assert outcome(lambda bound=bound, guard=guard: guard(bound)) == expected, (
                source,
                bound,
            )


def test_most_random_expressions_are_generated_and_most_of_their_values_too():
    # or the test above would compare the tree evaluator with itself
    random = Random(0)
    author = Author(random, 0.95)
    generated = calls = 0
    slow: list[Any] = []

    def leave(bound):
        slow.append(bound)

    for _ in range(300):
        program = generate(parsed(author.expression(3)))
        if program is None:
            continue
        generated += 1
        scope: dict[str, Any] = {
            **program.namespace,
            "_DOUBTS": DOUBTS,
            "_otherwise": leave,
        }
        exec(program.text, scope)
        for _ in range(5):
            scope["guard"](bindings(random, 0.95))
            calls += 1
    assert generated > 250
    assert len(slow) / calls < 0.6
