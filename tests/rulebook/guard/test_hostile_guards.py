"""Hostile guards: each ends, in bounded time and memory, with a value or an error in words."""

from __future__ import annotations

import tracemalloc

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
from interlock.rulebook.guard.evaluator import evaluate_tree

TEN_THOUSAND = list(range(10_000))


def error_of(source, **bindings):
    with pytest.raises(GuardError) as raised:
        evaluate_tree(parse(source), bindings)
    with pytest.raises(GuardError) as compiled:
        compile_guard(source)(bindings)
    assert compiled.value.kind == raised.value.kind
    return raised.value


@pytest.mark.parametrize(
    "source",
    [
        "l.all(a, l.all(b, l.all(c, l.all(d, l.all(e, a + b + c + d + e >= 0)))))",
        "l.map(a, l.map(b, l.map(c, l.map(d, l.map(e, e))))).size() > 0",
        "l.exists(a, l.exists(b, l.exists(c, a + b + c < 0)))",
    ],
)
def test_nested_loops_over_a_long_list_run_out_of_budget(source):
    assert error_of(source, l=TEN_THOUSAND).kind is ErrorKind.COST


def test_running_out_of_budget_is_never_absorbed():
    loop = "l.all(a, l.all(b, a + b >= 0))"
    assert error_of(f"{loop} || true", l=TEN_THOUSAND).kind is ErrorKind.COST
    assert error_of(f"[1].exists(x, {loop}) || true", l=TEN_THOUSAND).kind is ErrorKind.COST
    assert error_of(f"cel.bind(x, {loop}, true)", l=TEN_THOUSAND).kind is ErrorKind.COST


def test_chain_of_nine_thousand_terms_has_a_value():
    source = " || ".join([f"x == {n}" for n in range(9_000)])
    assert evaluate_tree(parse(source), {"x": 8_999}) is True
    assert compile_guard(source)({"x": -1}) is False


def test_ten_thousand_parentheses_are_refused_in_words():
    problem = parse("(" * 10_000 + "1" + ")" * 10_000)
    assert isinstance(problem, ParseProblem)
    assert "nested deeper" in problem.message


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("9223372036854775807 + 1", ErrorKind.OVERFLOW),
        ("-9223372036854775808 / -1", ErrorKind.OVERFLOW),
        ("1 / 0", ErrorKind.DIVISION_BY_ZERO),
        ("1 % 0", ErrorKind.DIVISION_BY_ZERO),
        ("1 + dyn(1u)", ErrorKind.NO_SUCH_OVERLOAD),
        ("{0.0 / 0.0: 1}", ErrorKind.NO_SUCH_OVERLOAD),
        ("timestamp('10000-01-01T00:00:00Z')", ErrorKind.CONVERSION),
        ("timestamp('2016-12-31T23:59:60Z')", ErrorKind.CONVERSION),
        ("duration('99999999999999h')", ErrorKind.OVERFLOW),
        ("duration('9223372036s') + duration('9223372036s')", ErrorKind.OVERFLOW),
        ("int('" + "9" * 5_000 + "')", ErrorKind.CONVERSION),
        ("uint('" + "9" * 5_000 + "')", ErrorKind.CONVERSION),
        ("double('" + "9" * 5_000 + "')", ErrorKind.CONVERSION),
    ],
    ids=lambda part: str(part)[:40],
)
def test_value_outside_its_range_is_an_error(source, kind):
    assert error_of(source).kind is kind


def test_numbers_of_five_thousand_digits_are_refused_before_they_are_read():
    for source in ("9" * 5_000, "9" * 5_000 + "u", "0x" + "f" * 5_000):
        problem = parse(source)
        assert isinstance(problem, ParseProblem)
        assert "outside" in problem.message
        assert len(problem.message) < 200


def test_numbers_compare_across_types_and_do_not_mix_in_sums():
    assert evaluate("dyn(1) == 1.0 && dyn(1) == 1u", {}) is True
    assert evaluate("n == n", {"n": float("nan")}) is False


def test_nested_quantifiers_in_a_pattern_take_linear_time():
    text = "a" * 100_000
    assert evaluate("t.matches('(a+)+$')", {"t": text}) is True
    assert evaluate("t.matches('(a+)+$')", {"t": text + "b"}) is False


@pytest.mark.parametrize(
    "pattern", [r"(a)\\1", r"(?=a)", r"(?<=a)", r"(?!a)", "(", "[", "a{1001}", "*"]
)
def test_patterns_that_no_linear_engine_has_are_errors(pattern, capfd):
    assert "no RE2 pattern" in error_of(f"'a'.matches('{pattern}')").message
    assert capfd.readouterr() == ("", "")


def test_pattern_from_the_event_is_bounded():
    assert evaluate("'aa'.matches(event.p)", {"event": {"p": "^a+$"}}) is True
    assert error_of("'a'.matches(event.p)", event={"p": "a" * 1_025}).kind is ErrorKind.SIZE
    assert error_of("'a'.matches(event.p)", event={"p": "\ud800"}).message
    assert error_of("event.p.matches('a')", event={"p": "\ud800"}).message


def doubled(start, step, times):
    return start + "".join(f".map(x, {step})" for _ in range(times)) + "[0].size() > 0"


@pytest.mark.parametrize(
    "source",
    [
        doubled("['aaaaaaaaaa']", "x + x", 40),
        doubled("[[1, 2, 3]]", "x + x", 40),
        doubled("['aaaaaaaaaa']", "x.replace('a', 'aaaaaaaaaa')", 40),
        doubled("['aaaaaaaaaa']", "[x, x, x, x].join(x)", 40),
        doubled("['aaaaaaaaaa']", "'%s%s%s%s'.format([x, x, x, x])", 40),
        doubled("[b'aaaaaaaaaa']", "x + x", 40),
        doubled("['aaaaaaaaaa']", "strings.quote(x + x)", 40),
    ],
    ids=["text", "list", "replace", "join", "format", "bytes", "quote"],
)
def test_doubling_ends_before_it_takes_memory(source):
    tracemalloc.start()
    error = error_of(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.kind in {ErrorKind.SIZE, ErrorKind.COST}
    assert peak < 64 * 2**20


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


@pytest.mark.parametrize(
    "source",
    [
        "lists.range(100000000).size()",
        "lists.range(9223372036854775807).size()",
        "t.split('').size()",
    ],
)
def test_long_lists_are_not_made(source):
    assert error_of(source, t="a" * 200_000).kind is ErrorKind.SIZE


def test_missing_field_is_an_error_that_names_the_field():
    error = error_of("event.labels.team == 'db'", event={"labels": {}})
    assert (error.kind, error.start, error.end) == (ErrorKind.NO_SUCH_KEY, 0, 17)
    assert "'team'" in error.message


def test_absorption_holds_for_missing_fields():
    assert evaluate("false && event.x == 1", {"event": {}}) is False
    assert evaluate("event.x == 1 && false", {"event": {}}) is False
    assert evaluate("event.x == 1 || true", {"event": {}}) is True


def test_result_that_is_no_bool_is_returned_as_it_is():
    assert evaluate("1 + 1", {}) == 2
    assert evaluate("'a'", {}) == "a"
    assert evaluate("null", {}) is None


@pytest.mark.parametrize(
    "field", ["as", "for", "while", "all", "map", "has", "size", "int", "exists_one"]
)
def test_fields_named_like_words_of_the_language_can_be_read(field):
    assert evaluate(f"event.{field}", {"event": {field: 1}}) == 1
    assert evaluate(f"has(event.{field})", {"event": {field: 1}}) is True


def test_lone_surrogates_are_refused_in_source_and_harmless_in_values():
    assert isinstance(parse(r"'\ud800'"), ParseProblem)
    event = {"event": {"s": "\ud800"}}
    assert evaluate("event.s.size()", event) == 1
    assert evaluate("event.s == 'a'", event) is False
    assert evaluate("strings.quote(event.s)", event) == '"\ufffd"'


def test_size_counts_code_points():
    assert evaluate("size('e\u0301')", {}) == 2
    assert evaluate("size('👩‍👩‍👧')", {}) == 5


def test_type_that_the_event_changes_is_an_error_and_not_false():
    event = {"event": {"severity": ["P1"]}}
    assert evaluate("event.severity == 'P1'", event) is False
    assert error_of("event.severity < 'P2'", **event).kind is ErrorKind.NO_SUCH_OVERLOAD
    assert error_of("event.severity.startsWith('P')", **event).kind is ErrorKind.NO_SUCH_OVERLOAD


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
