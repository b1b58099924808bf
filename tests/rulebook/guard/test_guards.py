"""The public way from source to a callable guard."""

from __future__ import annotations

import pytest

from interlock.rulebook.guard import (
    ErrorKind,
    GuardError,
    Uint,
    compile_guard,
    evaluate,
    parse,
)
from interlock.rulebook.guard.conformance import CEL_FROM_NATIVE, CEL_TO_NATIVE
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.formatting import format_text
from interlock.rulebook.guard.shown import shown


def test_guard_is_compiled_once_and_called_with_bindings():
    guard = compile_guard("event.n > 3")
    assert [guard({"event": {"n": n}}) for n in (3, 4)] == [False, True]
    assert guard.source == "event.n > 3"
    assert guard.expr == parse("event.n > 3")


def test_text_that_is_no_expression_is_refused_at_its_place():
    with pytest.raises(GuardError, match="never closed") as raised:
        compile_guard("a && (b")
    error = raised.value
    assert (error.kind, error.start, error.end) == (ErrorKind.SYNTAX, 5, 6)
    with pytest.raises(GuardError, match="equality is written"):
        evaluate("a = b", {})


def test_environment_refuses_ill_typed_guards_at_their_place():
    env = declare({"n": "int", "s": "string"})
    assert compile_guard("n > 3 && s == 'a'", env)({"n": 4, "s": "a"}) is True
    with pytest.raises(GuardError) as raised:
        compile_guard("n > 3 && s + n == 'a'", env)
    error = raised.value
    assert error.kind is ErrorKind.CHECK
    assert error.start is not None
    with pytest.raises(GuardError, match="m"):
        compile_guard("m > 3", env)


TAGGED = [
    {"int": 1},
    {"uint": 1},
    {"double": 1.5},
    {"string": "a"},
    {"bytes": "YQ=="},
    {"bool": True},
    {"null": None},
    {"timestamp": "2024-01-01T00:00:00.5Z"},
    {"duration": "-1.5s"},
]


@pytest.mark.parametrize("tagged", TAGGED, ids=lambda tagged: next(iter(tagged)))
def test_tagged_values_are_read_with_their_type(tagged):
    [(tag, value)] = tagged.items()
    native = CEL_TO_NATIVE(tagged)
    assert CEL_FROM_NATIVE(native) == (tagged if tag in {"timestamp", "duration"} else None)
    assert CEL_TO_NATIVE({"list": [tagged]}) == [native]
    assert CEL_TO_NATIVE({"map": [[{"uint": 1}, tagged]]}) == {Uint(1): native}
    assert isinstance(native, Uint) is (tag == "uint")
    assert value is None or native is not None


def test_values_nested_past_all_reason_are_cut_or_refused():
    nested = []
    for _ in range(500):
        nested = [nested]
    assert len(shown(nested)) <= 80
    with pytest.raises(GuardError, match="nested deeper"):
        format_text("%s", [nested])
    assert shown(object()) == "object"


@pytest.mark.parametrize("source", ["[0] + l", "l.map(x, x)", "l.flatten()", "l.filter(x, true)"])
def test_lists_longer_than_the_limit_are_not_built(source):
    with pytest.raises(GuardError) as raised:
        evaluate(source, {"l": [0] * 100_001})
    assert raised.value.kind in {ErrorKind.SIZE, ErrorKind.COST}
