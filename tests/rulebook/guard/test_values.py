"""Values: ranges, types, times as text, and what Python would conflate."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.guard import Duration, GuardError, Timestamp, Uint, evaluate
from interlock.rulebook.guard.arithmetic import add, divide, modulo, multiply, negate, subtract
from interlock.rulebook.guard.comparison import compare, deep_size, equals, is_in
from interlock.rulebook.guard.maps import build_map
from interlock.rulebook.guard.times import (
    format_duration,
    format_timestamp,
    parse_duration,
    parse_timestamp,
)
from interlock.rulebook.guard.values import (
    INT_MAX,
    INT_MIN,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    CelType,
    duration,
    timestamp,
    type_name,
    type_of,
)

ints = st.integers(INT_MIN, INT_MAX)
instants = st.integers(TIMESTAMP_MIN, TIMESTAMP_MAX).map(Timestamp)
lengths = ints.map(Duration)
scalars = st.one_of(
    st.none(), st.booleans(), ints, ints.map(float), st.floats(), st.text(max_size=5), lengths
)
keys = st.booleans() | ints | st.text(max_size=3)
trees = st.recursive(
    scalars, lambda t: st.lists(t, max_size=3) | st.dictionaries(keys, t, max_size=3), max_leaves=8
)


class Word(StrEnum):
    P1 = "P1"


class Number(IntEnum):
    ONE = 1


@given(instants)
def test_timestamps_survive_their_text(instant):
    assert parse_timestamp(format_timestamp(instant)) == instant


@given(lengths)
def test_durations_survive_their_text(length):
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize("make", [timestamp, duration])
@pytest.mark.parametrize("nanoseconds", [2**80, -(2**80)])
def test_times_outside_their_range_are_refused(make, nanoseconds):
    with pytest.raises(GuardError):
        make(nanoseconds)


@given(ints, ints)
def test_integer_arithmetic_is_exact_or_an_error(left, right):
    for operation, exact in (
        (add, left + right),
        (subtract, left - right),
        (multiply, left * right),
    ):
        if INT_MIN <= exact <= INT_MAX:
            assert operation(left, right) == exact
        else:
            with pytest.raises(GuardError):
                operation(left, right)


@given(ints, ints.filter(bool))
def test_quotient_and_remainder_belong_together(left, right):
    if (left, right) == (INT_MIN, -1):
        return
    quotient, remainder = divide(left, right), modulo(left, right)
    assert quotient * right + remainder == left
    assert abs(remainder) < abs(right)
    assert remainder == 0 or (remainder < 0) == (left < 0)


def test_uint_arithmetic_keeps_the_type():
    for operation in (add, subtract, multiply, divide, modulo):
        assert type(operation(Uint(7), Uint(2))) is Uint


@given(trees, trees)
def test_equality_is_symmetric(left, right):
    assert equals(left, right) is equals(right, left)


@given(trees.filter(lambda tree: "nan" not in repr(tree)))
def test_equality_is_reflexive_without_nan(tree):
    assert equals(tree, tree)


@given(st.one_of(ints, ints.map(abs).map(Uint), st.floats()), st.one_of(ints, st.floats()))
def test_order_and_equality_of_numbers_agree(left, right):
    order = compare("<", left, right)
    assert (order == 0) is equals(left, right)
    opposite = compare("<", right, left)
    assert opposite == (None if order is None else -order)


def test_bools_are_no_numbers():
    assert not equals(bool(1), 1)
    assert not is_in(bool(1), [1, 1.0])
    assert not is_in(0, {False: 1})
    with pytest.raises(GuardError):
        compare("<", bool(1), 2)


@given(st.lists(keys, max_size=8))
def test_maps_keep_every_key_and_their_order(some):
    distinct = []
    for key in some:
        if not any(type(key) is type(other) and key == other for other in distinct):
            distinct.append(key)
    made = build_map((key, index) for index, key in enumerate(distinct))
    assert len(made) == len(distinct)
    assert all(is_in(key, made) for key in distinct)
    assert equals(made, build_map((key, index) for index, key in reversed([*enumerate(distinct)])))


def test_members_of_enumerations_are_plain_values():
    bindings = {"word": Word.P1, "number": Number.ONE}
    assert evaluate("word + '!' == 'P1!' && word in ['P1'] && word < 'P2'", bindings) is True
    assert evaluate("number + 1 == 2 && [5, 6][number] == 6 && number < 2", bindings) is True
    assert evaluate("{'P1': 1}[word] == 1 && word.startsWith('P')", bindings) is True
    assert negate(Number.ONE) == -1


def test_any_mapping_is_a_map_and_any_tuple_a_list():
    bindings = {"m": MappingProxyType({"a": (1, 2)})}
    assert evaluate("m.a[1] == 2 && m.a + [3] == [1, 2, 3] && m == {'a': [1, 2]}", bindings) is True
    assert type_name(bindings["m"]) == "map"


def test_types_are_values():
    assert type_of(Timestamp(0)) == CelType("google.protobuf.Timestamp")
    assert type_of(type_of(1)) == CelType("type")
    with pytest.raises(GuardError):
        type_name(object())


def test_deep_size_stops_counting_at_the_limit():
    shared = [1]
    for _ in range(60):
        shared = [shared, shared]
    assert deep_size(shared, 1_000) == 1_000
    assert deep_size({"a": [1, 2]}, 1_000) == 5


def test_errors_keep_the_deepest_place():
    error = GuardError("x", start=3, end=4)
    assert error.at(0, 9) is error
    assert (error.start, error.end, str(error)) == (3, 4, "x (at 4)")
    assert str(GuardError("x")) == "x"
