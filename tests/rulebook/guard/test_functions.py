"""The table of functions is complete in itself."""

from __future__ import annotations

import pytest

from interlock.rulebook.guard import GuardError, evaluate
from interlock.rulebook.guard.functions import BINARY, FUNCTIONS, NAMESPACES, UNARY
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.signature import constant_cost, function
from interlock.rulebook.guard.types import (
    BYTES,
    DYN,
    INT,
    STRING,
    ListType,
    MapType,
    TypeVar,
    parse_type,
)


@pytest.mark.parametrize("entry", FUNCTIONS.values(), ids=lambda entry: entry.name)
def test_entry_is_documented_priced_and_typed(entry):
    assert entry.doc
    assert "\n" not in entry.doc
    assert entry.overloads
    assert entry.has_member or entry.has_global
    assert len(set(map(str, entry.overloads))) == len(entry.overloads)


@pytest.mark.parametrize(
    "entry",
    [e for e in FUNCTIONS.values() if e.name not in {"_&&_", "_||_", "_?_:_", "type", "dyn"}],
    ids=lambda entry: entry.name,
)
def test_values_that_no_overload_takes_are_guard_errors(entry):
    for overload in entry.overloads:
        args = [object() for _ in overload.params]
        assert entry.cost(*args) >= 1
        if any(isinstance(param, TypeVar) for param in overload.params) or not args:
            continue
        with pytest.raises(GuardError):
            entry.call(*args)


def test_every_operator_of_the_grammar_is_in_the_table():
    assert {entry.name for entry in BINARY.values()} <= set(FUNCTIONS)
    assert {entry.name for entry in UNARY.values()} <= set(FUNCTIONS)
    assert {"math", "strings", "base64", "optional", "sets", "lists", "cel"} == NAMESPACES


def test_signatures_are_read_as_the_specification_writes_them():
    entry = function("f", len, "x", "list(A).(int) -> map(string, A)", "(int, string, ...) -> dyn")
    member, variadic = entry.overloads
    assert (member.params, member.result) == (
        (ListType(TypeVar("A")), INT),
        MapType(STRING, TypeVar("A")),
    )
    assert (variadic.params, variadic.is_variadic) == ((INT, STRING), True)
    assert [str(o) for o in entry.overloads] == [
        "list(A).(int) -> map(string, A)",
        "(int, string, ...) -> dyn",
    ]
    assert entry.takes(2, is_member=True)
    assert entry.takes(7, is_member=False)
    assert not entry.takes(1, is_member=False)


@pytest.mark.parametrize("text", ["nope", "list(int", "list(int, int)", "", "int int", "map(int)"])
def test_text_that_is_no_type_is_refused(text):
    with pytest.raises(ValueError, match="'"):
        parse_type(text)


def test_text_that_is_no_signature_is_refused():
    with pytest.raises(ValueError, match="no signature"):
        function("f", len, "x", "int -> int")
    with pytest.raises(ValueError, match="comma"):
        function("f", len, "x", "(int int) -> int")
    assert parse_type("list") == ListType(DYN)


# functions that take text, lists or maps and touch a bounded part of them
BOUNDED = frozenset(
    {"_[_]", "_?_:_", "charAt", "dyn", "first", "last", "size", "type", "value", "hasValue", "or"}
    | {"orValue", "optional.of", "optional.none", "optional.ofNonZeroValue"}
    | {"_&&_", "_||_"}
)


def is_sized(kind):
    return isinstance(kind, (ListType, MapType, TypeVar)) or kind in {STRING, BYTES, DYN}


@pytest.mark.parametrize(
    "entry", [e for e in FUNCTIONS.values() if e.name not in BOUNDED], ids=lambda entry: entry.name
)
def test_whatever_reads_or_makes_text_or_lists_is_priced_by_size(entry):
    if any(is_sized(kind) for o in entry.overloads for kind in (*o.params, o.result)):
        assert entry.cost is not constant_cost


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_functions_of_a_bounded_price_exist(name):
    assert FUNCTIONS[name].cost is constant_cost


SAMPLES = {
    STRING: ("1" * 100, "1" * 100_000),
    BYTES: (b"1" * 100, b"1" * 100_000),
    INT: (100, 100_000),
}


@pytest.mark.parametrize(
    "entry",
    [e for e in FUNCTIONS.values() if e.cost is not constant_cost and "get" not in e.name],
    ids=lambda entry: entry.name,
)
def test_a_thousand_times_the_size_is_far_dearer(entry):
    def sample(kind, size):
        if isinstance(kind, ListType):
            return [SAMPLES[STRING][0]] * SAMPLES[INT][size]
        return SAMPLES.get(kind, SAMPLES[STRING])[size]

    def cost(overload, size):
        return entry.cost(*(sample(kind, size) for kind in overload.params))

    assert any(cost(o, 1) > min(100 * cost(o, 0), COST_LIMIT) for o in entry.overloads)


def test_costs_grow_with_what_is_read():
    long, short = "a" * 10_000, "a"
    for name, args in [("contains", (short,)), ("_+_", (short,)), ("matches", (short,))]:
        assert FUNCTIONS[name].cost(long, *args) > 100 * FUNCTIONS[name].cost(short, *args)
    assert FUNCTIONS["@in"].cost(1, [0] * 1_000) > 500
    assert evaluate("size('a') == 1", {}) is True
