"""Golden cases in checker_cases.txt: an expression, its problems with carets, its type.

A line `## NAME` sets the place of the cases below it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.guard.checker import check, check_guard
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.nodes import Binary, Literal, walk
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.places import Place, Vocabulary, environments
from interlock.rulebook.guard.types import BOOL, DYN, ERROR, INT, STRING, TIMESTAMP

WORDS = Vocabulary(
    states=("DETECTED", "TRIAGE", "MITIGATING", "RESOLVED", "POST_MORTEM"),
    severities=("P1", "P2", "P3"),
    schedules=("sre", "dba"),
    steps=("scale", "drain"),
)
PLACES = environments(WORDS)
CASES = Path(__file__).with_name("checker_cases.txt").read_text("utf-8")


def read_cases(text):
    place = Place.RULE
    for block in text.strip().split("\n\n"):
        if block.startswith("## "):
            place = Place[block.removeprefix("## ")]
        else:
            yield place, block


def render(place, source):
    checked = check_guard(parse(source), PLACES[place], source=source)
    lines = [source]
    for problem in checked.problems:
        indent = " " * problem.start
        carets = "^" * (problem.end - problem.start)
        level = "warning" if problem.is_warning else "error"
        lines.append(f"{indent}{carets} {level} {problem.code}: {problem.message}")
        if problem.help is not None:
            lines.append(f"{indent}= help: {problem.help}")
        lines += [f"{indent}= note: {note}" for note in problem.notes]
        if problem.replacement is not None:
            fixed = source[: problem.start] + problem.replacement + source[problem.end :]
            lines.append(f"{indent}= fix: {fixed}")
    return "\n".join([*lines, f"=> {checked.type}"])


@pytest.mark.parametrize(
    ("place", "block"), list(read_cases(CASES)), ids=lambda value: str(value).split("\n")[0]
)
def test_a_guard_has_the_golden_problems_and_type(place, block):
    assert render(place, block.split("\n")[0]) == block


@pytest.mark.parametrize(("place", "block"), list(read_cases(CASES)))
def test_a_certain_fix_removes_its_problem(place, block):
    source = block.split("\n")[0]
    for problem in check_guard(parse(source), PLACES[place], source=source).problems:
        if problem.replacement is not None:
            fixed = source[: problem.start] + problem.replacement + source[problem.end :]
            left = check_guard(parse(fixed), PLACES[place], source=fixed).problems
            assert (problem.code, problem.message) not in {(p.code, p.message) for p in left}


def types_of(source, **variables):
    expr = parse(source)
    checked = check(expr, declare(variables), source=source)
    assert checked.problems == ()
    return checked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[]", "list(nothing)"),
        ("[] + [1]", "list(int)"),
        ("[1] + []", "list(int)"),
        ("[dyn(1)] + [1]", "list(dyn)"),
        ("[1, 'a']", "list(dyn)"),
        ("[[1], ['a']]", "list(list(dyn))"),
        ("{'a': 1, 'b': 2.0}", "map(string, dyn)"),
        ("{}.a", "dyn"),
        ("[][0]", "dyn"),
        ("[1, 2].map(x, string(x))", "list(string)"),
        ("[1, 2].map(x, x > 1, x * 2)", "list(int)"),
        ("{'a': 1}.map(k, k)", "list(string)"),
        ("{'a': 1}.filter(k, k == 'a')", "list(string)"),
        ("[1].transformList(i, v, [i, v])", "list(list(int))"),
        ("['x'].transformMap(i, v, v)", "map(int, string)"),
        ("{'x': 1}.transformMap(k, v, v > 0)", "map(string, bool)"),
        ("['x'].transformMapEntry(i, v, {v: i})", "map(string, int)"),
        ("cel.bind(x, [1], x[0] + 1)", "int"),
        ("optional.none()", "optional_type(nothing)"),
        ("optional.none().orValue(1)", "int"),
        ("optional.of(1).optMap(x, [x])", "optional_type(list(int))"),
        ("optional.of(1).optFlatMap(x, optional.of('a'))", "optional_type(string)"),
        ("{'a': {'b': 1}}.?a.b", "optional_type(int)"),
        ("{'a': {'b': 1}}.?a.?b", "optional_type(int)"),
        ("[1][?0]", "optional_type(int)"),
        ("[?optional.of(1), 2]", "list(int)"),
        ("d.x.y[0].z", "dyn"),
        ("d + 1", "int"),
        ("d + d", "dyn"),
        ("d < 1", "bool"),
        ("t - d", "dyn"),
        ("d - t", "google.protobuf.Duration"),
        ("d.first()", "optional_type(dyn)"),
        ("math.greatest(1, 2)", "int"),
        ("math.greatest(1, d)", "dyn"),
        ("d ? 1 : 2", "int"),
        ("true ? d : 1", "dyn"),
        ("type(1)", "type(int)"),
        ("t - t", "google.protobuf.Duration"),
        ("[3, 1].sort()", "list(int)"),
        ("1 == 1.0", "bool"),
        ("1u in [1, 2]", "bool"),
        ("{1: 'a'}[1.0]", "string"),
        ("google.protobuf.Timestamp == type(t)", "bool"),
        (".s + [s].map(s, s)[0]", "string"),
    ],
)
def test_types_are_deduced(source, expected):
    assert str(types_of(source, d=DYN, t=TIMESTAMP, s=STRING).type) == expected


def test_every_sub_expression_has_a_type():
    checked = types_of("[1, 2].all(x, x + n > 0) && size('a') == 1", n=INT)
    kinds = {str(checked.type_of(node)) for node in walk(checked.expr)}
    assert kinds == {"bool", "int", "list(int)", "string"}


def test_an_unparsed_text_still_gives_exact_places():
    source = 'incident.severty == "P1"'
    with_text = check_guard(parse(source), PLACES[Place.RULE], source=source).problems
    without = check_guard(parse(source), PLACES[Place.RULE]).problems
    assert with_text == without


def test_a_name_behind_parentheses_is_marked_exactly():
    source = "( incident ).severty == ( incident.title ) . startWith('a')"
    problems = check(parse(source), PLACES[Place.RULE], source=source).problems
    assert [source[p.start : p.end] for p in problems] == ["severty", "startWith"]


def test_fields_known_to_be_present_are_not_warned_about():
    expr = parse("incident.resolved_at < now")
    environment = PLACES[Place.RULE]
    assert [p.code for p in check(expr, environment).problems] == ["X208"]
    assert check(expr, environment, present=[("incident", "resolved_at")]).problems == ()


def test_warnings_are_no_errors():
    assert not check(parse("incident.owner == 'db'"), PLACES[Place.RULE]).has_errors
    assert check(parse("incident.ownr == 'db'"), PLACES[Place.RULE]).has_errors


@pytest.mark.parametrize(
    ("source", "codes"), [("1 + 1", ["X204"]), ("'a'", []), ("dyn(1)", []), ("nope", ["X202"])]
)
def test_a_value_may_be_expected_to_be_a_string(source, codes):
    checked = check(parse(source), declare({}), expects=STRING)
    assert [problem.code for problem in checked.problems] == codes


def test_an_ill_typed_expression_has_the_error_type():
    checked = check(parse("'a' + 1"), declare({}))
    assert checked.type == ERROR


def test_one_cause_gives_one_problem_and_hides_no_other():
    source = "(nope + 1 > 2 || nope2.x.y(1)) && ('a' * 2 == 3) && [missing].all(x, x.y == 1)"
    problems = check(parse(source), declare({}), source=source, expects=BOOL).problems
    assert [p.code for p in problems] == ["X202", "X202", "X206", "X204", "X202"]


def test_the_types_of_equal_nodes_are_kept_apart():
    expr = parse("[1].all(x, x == 1) && ['a'].all(x, x == 'a')")
    checked = check(expr, declare({}))
    idents = [n.left for n in walk(expr) if isinstance(n, Binary) and isinstance(n.right, Literal)]
    assert idents[0] == idents[1]
    assert [checked.type_of(ident) for ident in idents] == [INT, STRING]
