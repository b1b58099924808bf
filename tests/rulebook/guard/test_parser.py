"""What the parser says about text that is no guard, and what it accepts at its limits."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from interlock.rulebook.guard import ParseProblem, parse
from interlock.rulebook.guard.nodes import Binary, Comprehension, Expr, Literal, Logical, walk
from interlock.rulebook.guard.parser import DEPTH_MAX, SOURCE_LENGTH_MAX

ERRORS = yaml.safe_load(
    (Path(__file__).parent / "guard_cases" / "syntax_errors.yaml").read_text("utf-8")
)


@pytest.mark.parametrize("row", ERRORS, ids=[row["expr"] or "empty" for row in ERRORS])
def test_syntax_error_is_placed_and_told_in_words(row):
    problem = parse(row["expr"])
    assert isinstance(problem, ParseProblem), problem
    assert row["message"] in problem.message
    assert problem.start + 1 == row["column"]
    assert problem.start <= problem.end <= len(row["expr"])
    assert row.get("help", "") in (problem.help or "")


def test_ranges_are_code_points_and_include_parentheses_of_operands():
    source = "'😀' == (a + b) && [1].all(x, x > 0)"
    both = parse(source)
    comparison, macro = both.operands
    assert source[comparison.start : comparison.end] == "'😀' == (a + b)"
    assert source[comparison.right.start : comparison.right.end] == "a + b"
    assert isinstance(macro, Comprehension)
    assert source[macro.start : macro.end] == "[1].all(x, x > 0)"
    assert source[macro.variables[0].start : macro.variables[0].end] == "x"


def test_every_range_lies_within_its_parent():
    source = (
        "has(a.b) ? {'k': [?a.?b, -c[0]]}.k.map(x, x in y, x * 2).size() : cel.bind(v, 1, v + 1)"
    )
    root = parse(source)
    assert isinstance(root, Expr)
    assert all(root.start <= node.start < node.end <= root.end for node in walk(root))


@pytest.mark.parametrize("opening", ["(", "[", "{1: "])
def test_brackets_nest_as_deep_as_the_specification_asks(opening):
    closing = {"(": ")", "[": "]", "{1: ": "}"}[opening]
    assert isinstance(parse(opening * 32 + "1" + closing * 32), Expr)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "[" * 10_000,
        "f(" * 10_000,
        "-" * 10_000 + "x",
        "!" * 10_000 + "x",
        "a" + ".b" * 10_000,
        "a" + "[0]" * 10_000,
        "a" + " + a" * 10_000,
        "a ? b : " * 10_000 + "c",
        "a" + ".map(x, x)" * 10_000,
    ],
    ids=lambda source: source[:9],
)
def test_deep_nesting_is_refused_in_words(source):
    problem = parse(source)
    assert isinstance(problem, ParseProblem)
    assert f"nested deeper than {DEPTH_MAX} levels" in problem.message


def test_long_chains_of_or_are_one_level():
    chain = parse(" || ".join(["a"] * 9_000))
    assert isinstance(chain, Logical)
    assert len(chain.operands) == 9_000


def test_wide_lists_and_calls_are_one_level():
    assert isinstance(
        parse(f"[{','.join(['1'] * 20_000)}].size() + f({','.join('1' * 500)})"), Binary
    )


def test_guard_longer_than_the_limit_is_refused():
    problem = parse("1" + " " * SOURCE_LENGTH_MAX)
    assert isinstance(problem, ParseProblem)
    assert "longer than" in problem.message
    assert parse("1" + " " * (SOURCE_LENGTH_MAX - 1)) == parse("1")


def test_lone_surrogate_in_the_source_is_refused():
    problem = parse("'a\ud800'")
    assert isinstance(problem, ParseProblem)
    assert (problem.start, problem.end) == (2, 3)
    assert "lone surrogate" in problem.message


def test_literals_of_other_types_are_other_expressions():
    texts = ["1", "1u", "1.0", "true", "'1'", "b'1'", "null", "0.0", "-0.0"]
    nodes = [parse(text) for text in texts]
    assert all(isinstance(node, Literal) for node in nodes)
    assert len(set(nodes)) == len(texts)


def test_equality_ignores_places():
    assert parse("a+b") == parse(" ( a  + b )")
    assert hash(parse("a+b")) == hash(parse("a + b"))
    assert parse("a+b") != parse("a-b")
    assert parse("a+b") != 3
