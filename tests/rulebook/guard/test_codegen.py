"""What the generated function does beside being right, which is test_codegen_agreement."""

from __future__ import annotations

import gc
import linecache
import traceback
from time import process_time

import pytest

from interlock.rulebook.guard import ErrorKind, GuardError, compile_guard, forms, parse
from interlock.rulebook.guard.codegen import generate
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.nodes import Expr


def generated(source):
    expr = parse(source)
    assert isinstance(expr, Expr)
    program = generate(expr)
    return None if program is None else program.text


def failure(call, *args):
    with pytest.raises(GuardError) as caught:
        call(*args)
    error = caught.value
    return error.kind, error.message, error.start, error.end


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('a.b == "x"', "return (bindings['a']['b'] == 'x')"),
        ("a == true", "return (bindings['a'] is True)"),
        ("a != null", "return (bindings['a'] is not None)"),
        ("a == 2", "return (bindings['a'] == 2)"),
        ('a in ["x", "y"]', "return (bindings['a'] in ('x', 'y'))"),
        ('a.b.startsWith("x")', "return bindings['a']['b'].startswith('x')"),
        ("size(a) < 5", "return (len(bindings['a']) < 5)"),
        ('on_call("sre") == "ada"', "return (bindings['on_call']['sre'] == 'ada')"),
    ],
)
def test_what_python_computes_alike_is_written_bare(source, line):
    assert line in (text.strip() for text in generated(source).splitlines())


def test_a_path_is_read_once():
    text = generated('a.b.c == "x" || a.b.c == "y" || a.b.d == "z"')
    assert text.count("bindings") == 3  # the parameter, one look-up, and the tree's
    assert text.count("['b']") == 1


def test_code_is_made_at_the_first_call():
    guard = compile_guard('incident.severity == "P1"')
    before = guard.__code__
    assert guard({"incident": {"severity": "P1"}}) is True
    after = guard.__code__
    assert after is not before
    assert guard({"incident": {"severity": "P2"}}) is False
    assert guard.__code__ is after


def test_a_debugger_sees_the_source():
    guard = compile_guard('incident.severity == "P1"')
    guard({"incident": {"severity": "P1"}})
    name = guard.__code__.co_filename
    assert 'incident.severity == "P1"' in name
    assert "return (bindings['incident']['severity'] == 'P1')" in "".join(linecache.getlines(name))
    linecache.checkcache(name)
    assert linecache.getlines(name)


def test_the_source_is_forgotten_with_the_guard():
    guard = compile_guard("incident.severity")
    guard({"incident": {"severity": "P1"}})
    name = guard.__code__.co_filename
    del guard
    gc.collect()
    assert name not in linecache.cache


@pytest.mark.parametrize(
    "source", ["a\0b", '"\\u0000" == a', "\n\n  a ==\n 'x'", '"<\\r\\n>" == a']
)
def test_any_text_may_name_the_code(source):
    try:
        guard = compile_guard(source)
    except GuardError:
        return
    assert guard({"a": "y"}) is False


def test_an_error_shows_nothing_of_the_fast_path():
    guard = compile_guard("incident.severity")
    with pytest.raises(GuardError) as caught:
        guard({"incident": {}})
    assert caught.value.__context__ is None
    assert "KeyError" not in "".join(traceback.format_exception(caught.value))


def test_a_name_with_dots_takes_precedence_over_fields():
    guard = compile_guard("a.b == 1")
    assert guard({"a.b": 1, "a": {"b": 2}}) is True
    assert guard({"a": {"b": 2}}) is False


def test_a_guard_says_what_it_was_made_from():
    guard = compile_guard("a && b")
    assert guard.source == "a && b"
    assert guard.expr == parse("a && b")


FEW = 20_000  # cost units


@pytest.mark.parametrize(
    ("source", "bindings"),
    [
        ("a.all(x, a.all(y, x + y >= 0))", {"a": list(range(200))}),
        ("a.exists(x, a.exists(y, x == y && x < 0))", {"a": list(range(1_000))}),
        ("a.map(x, x * 2).filter(y, y in a).size() > 5", {"a": list(range(300))}),
        ('a.exists(x, x.contains("z"))', {"a": ["x" * 400] * 1_000}),
        ("a == b", {"a": [[1] * 200] * 200, "b": [[1] * 200] * 200}),
        ('a.matches("(x+x+)+y")', {"a": "x" * 100_000}),
        ("a in b", {"a": "z", "b": ["x"] * 40_000}),
    ],
)
def test_what_costs_too_much_fails_where_the_tree_evaluator_fails(source, bindings):
    guard = compile_guard(source, cost_limit=FEW)
    found = failure(guard, bindings)
    assert found == failure(evaluate_tree, guard.expr, bindings, FEW)
    assert found[0] is ErrorKind.COST


def test_the_usual_limit_ends_an_evaluation_within_a_second():
    guard = compile_guard("a.all(x, a.all(y, x + y >= 0))")
    begin = process_time()
    assert failure(guard, {"a": list(range(2_000))})[0] is ErrorKind.COST
    assert process_time() - begin < 10


def test_an_exact_count_decides_where_the_estimate_is_too_high():
    # a step is estimated at more than it costs: the function leaves early and the tree goes on
    guard = compile_guard('a.all(x, x.contains("b") || x != y)')
    assert guard({"a": ["b"] * 1_500, "y": ""}) is True


@pytest.mark.parametrize(
    "source",
    [
        " || ".join(f"a == {number}" for number in range(2, 9_000)),
        "(" * 100 + "a == 2" + ")" * 100,
        "!" * 100 + "(a == 2)",
        "+".join(["a"] * 120),
        "a" + ".map(x, x)" * 60,
        "b.all(x, " * 25 + "x == a" + ")" * 25,
        "[" * 60 + "a" + "]" * 60,
        "a == 8998 ? (" * 60 + "b" + ") : c" * 60,
        " && ".join(["b.exists(x, x == a)"] * 150),
    ],
)
def test_wide_and_deep_guards_are_evaluated_or_refused_alike(source):
    guard = compile_guard(source, nesting_max=None)
    bindings = {"a": 8_998, "b": [8_998], "c": 3}

    def outcome(call, *args):
        try:
            return call(*args)
        except GuardError as error:
            return error.kind, error.start

    assert outcome(guard, bindings) == outcome(evaluate_tree, guard.expr, bindings)


@pytest.mark.parametrize(
    "text", ["'", '"', "\\", "{}", "{0}", "%s", "\n", "\0", "é", "'''", "\U0001f600"]
)
def test_text_of_the_author_stays_text(text):
    guard = compile_guard(f"a == {text!r}" if "\0" not in text else 'a == "\\u0000"')
    assert guard({"a": text}) is True
    assert guard({"a": text + "x"}) is False


@pytest.mark.parametrize("field", ["class", "a-b", "0", "__class__", "_doubt_1", "bindings"])
def test_any_field_name_is_a_key(field):
    guard = compile_guard(f"a.`{field}` == 1 && a.`{field}` < 2")
    assert guard({"a": {field: 1}}) is True


@pytest.mark.parametrize(
    "name", ["len", "type", "enumerate", "spent", "bindings", "guard", "_expr"]
)
def test_names_of_the_author_are_not_names_of_the_function(name):
    guard = compile_guard(f"[1, 2].all({name}, {name} > 0) && size([{name}]) == 1 && {name} == 5")
    assert guard({name: 5}) is True


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('a.?none.orValue("x") == "x"', True),
        ('a.?b.?none.orValue("x") == "x"', True),
        ('a.b.?none.?x.optMap(x, x == "y").orValue(true)', True),
        ('a[?"none"].hasValue() || a.?b.none.hasValue()', False),
        ("has(a.none) || has(a.?none.x)", False),
        ('a.?none.or(a.?b).value() == {"c": 1}', True),
        ("[?a.?none, ?a.?one] == [1]", True),
        ('{?"x": a.?none, ?"y": a.?one} == {"y": 1}', True),
        ("a.none == 1 || a.one == 1", True),
        ("a.one == 1 || a.none == 1", True),
        ("a.none == 1 && a.one == 2", False),
        ("(a.none == 1 && a.one == 1) || a.one == 1", True),
        ("a.list.exists(x, x.k == 2)", True),
        ("a.list.all(x, x.k == 1)", False),
        ("cel.bind(x, a.one, a.none == 1 || x == 1)", True),
    ],
)
def test_a_missing_field_is_no_matter_for_the_tree_evaluator(source, value, monkeypatch):
    guard = compile_guard(source)

    def fail(*_args):
        raise AssertionError("left to the tree evaluator")

    monkeypatch.setattr(forms, "evaluate_tree", fail)
    bound = {"a": {"b": {"c": 1}, "one": 1, "list": [{}, {"k": 2}]}}
    assert guard(bound) is value
    assert evaluate_tree(guard.expr, bound) is value


@pytest.mark.parametrize(
    "source",
    [
        "cel.bind(x, a.none, a.one == 1 || x == 1)",
        "a.none == 1 || a.one == 2",
        "a.list.exists(x, x.k == 3)",
        "a.none.all(x, x) || a.one == 2",
        "(a.none == 1 || (a.one == 1 && " * 20 + "a.none" + "))" * 20,
    ],
)
def test_what_the_second_form_cannot_decide_is_decided_by_the_tree(source):
    guard = compile_guard(source)
    bound = {"a": {"one": 1, "list": [{}, {"k": 2}]}}
    try:
        expected = evaluate_tree(guard.expr, bound)
    except GuardError:
        assert failure(guard, bound) == failure(evaluate_tree, guard.expr, bound)
    else:
        assert guard(bound) is expected
