"""The guard tables: each row is parsed, evaluated twice over, and written back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from interlock.rulebook.guard import GuardError, compile_guard, evaluate, parse, unparse
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.nodes import Expr

FOLDER = Path(__file__).parent / "guard_cases"


def read_rows():
    for name in ("language", "functions"):
        for section in yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")):
            for case in section["cases"]:
                yield pytest.param(case, id=f"{section['section']}-{case['name']}")


ROWS = list(read_rows())


def exact(value):
    """A value with its types, so that 1, 1u, 1.0 and true differ and NaN equals itself."""
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    if hasattr(value, "items"):
        return {(type(key).__name__, key): exact(item) for key, item in value.items()}
    return type(value).__name__, repr(value)


def bindings(case):
    bound = {name: evaluate(text, {}) for name, text in case.get("vars_cel", {}).items()}
    return {**case.get("vars", {}), **bound}


def outcome(call):
    try:
        return exact(call())
    except GuardError as error:
        return error.kind, error.message


@pytest.mark.parametrize("case", ROWS)
def test_guard_has_the_outcome_of_its_row(case):
    expr = parse(case["expr"])
    assert isinstance(expr, Expr), expr
    if "error" in case:
        with pytest.raises(GuardError) as raised:
            evaluate_tree(expr, bindings(case))
        assert case["error"] in raised.value.message
        if "column" in case:
            assert raised.value.start == case["column"] - 1
    else:
        wanted = evaluate(case["is"], {}) if "is" in case else case["value"]
        assert exact(evaluate_tree(expr, bindings(case))) == exact(wanted)


@pytest.mark.parametrize("case", ROWS)
def test_compiled_guard_has_the_outcome_of_its_row(case):
    guard = compile_guard(case["expr"])
    if "error" in case:
        with pytest.raises(GuardError) as raised:
            guard(bindings(case))
        assert case["error"] in raised.value.message
    else:
        wanted = evaluate(case["is"], {}) if "is" in case else case["value"]
        assert exact(guard(bindings(case))) == exact(wanted)


@pytest.mark.parametrize("case", ROWS)
def test_written_back_guard_is_the_same_guard(case):
    expr = parse(case["expr"])
    text = unparse(expr)
    again = parse(text)
    assert again == expr, text
    assert unparse(again) == text
    bound = bindings(case)
    assert outcome(lambda: evaluate_tree(again, bound)) == outcome(
        lambda: evaluate_tree(expr, bound)
    )


def test_case_names_are_unique():
    names = [row.id for row in ROWS]
    assert len(names) == len(set(names))
