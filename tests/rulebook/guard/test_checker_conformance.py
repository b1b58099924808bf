"""Every conformance vector that upstream checks also checks here, with the type it deduces."""

from __future__ import annotations

import json

import pytest

from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.types import (
    DYN,
    ERROR,
    NAMED,
    NOTHING,
    NULL,
    ListType,
    MapType,
    TypeType,
    join,
)


def tagged_type(tagged):
    [(tag, value)] = tagged.items()
    match tag:
        case "list":
            element = NOTHING
            for item in value:
                element = join(element, tagged_type(item))
            return ListType(element)
        case "map":
            key = content = NOTHING
            for one, other in value:
                key, content = join(key, tagged_type(one)), join(content, tagged_type(other))
            return MapType(key, content)
        case "null":
            return NULL
        case "type":
            return TypeType(DYN)
        case _:
            return NAMED[tag]


def environment_of(vector):
    bound = {name: tagged_type(value) for name, value in vector.get("bindings", {}).items()}
    declared = {entry["name"]: entry["type"] for entry in vector.get("type_env", [])}
    return declare({**bound, **declared})


@pytest.fixture(scope="module")
def vectors(shared):
    files = sorted(shared.glob("conformance/cel*/*.json"))
    found = [vector for path in files for vector in json.loads(path.read_text("utf-8"))["tests"]]
    assert len(found) > 1000
    return found


def test_vectors_with_a_value_have_no_problem(vectors):
    checked = 0
    for vector in vectors:
        if "value" not in vector or vector.get("disable_check"):
            continue
        source = vector["expr"]
        found = check(parse(source), environment_of(vector), source=source)
        assert found.problems == (), source
        assert found.type != ERROR, source
        checked += 1
    assert checked > 900


def test_deduced_types_are_deduced(vectors):
    deduced = {v["expr"]: v["deduced_type"] for v in vectors if "deduced_type" in v}
    assert deduced
    assert {source: str(check(parse(source), declare({})).type) for source in deduced} == deduced


def test_unchecked_vectors_do_not_raise(vectors):
    for vector in vectors:
        expr = parse(vector["expr"])
        if not isinstance(expr, ParseProblem):
            check(expr, environment_of(vector))


def test_vectors_that_fail_for_their_types_are_found(vectors):
    ill_typed = {
        vector["expr"]
        for vector in vectors
        if vector.get("disable_check") and vector.get("error") == ["no such overload"]
    }
    assert len(ill_typed) > 20
    missed = {
        vector["expr"]
        for vector in vectors
        if vector["expr"] in ill_typed
        and not check(parse(vector["expr"]), environment_of(vector)).problems
    }
    assert missed == set()
