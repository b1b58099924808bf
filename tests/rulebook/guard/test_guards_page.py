"""Every example of docs/guards.md has the value that the page says, and passes the checker."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from interlock.rulebook.guard import GuardError, compile_guard, parse
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.places import Place, environment_at
from interlock.rulebook.guard.shown import shown
from interlock.rulebook.guard.times import parse_duration, parse_timestamp

PAGE = (Path(__file__).parents[3] / "docs" / "guards.md").read_text("utf-8")
EXAMPLES = [
    tuple(part.strip() for part in line.rsplit("  ->  ", 1))
    for block in re.findall(r"^```cel\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def typed(name, value):
    """What JSON writes as text and guards see as an instant or a length of time."""
    match value:
        case dict():
            return {key: typed(key, item) for key, item in value.items()}
        case str() if name == "now" or name.endswith(("_at", "_since")):
            return parse_timestamp(value)
        case str() if name == "sla":
            return parse_duration(value)
        case _:
            return value


def variables():
    (block,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return typed("", json.loads(block))


def said(call):
    try:
        return shown(call(), 200)
    except GuardError as error:
        return f"error: {error.message}"


def test_the_page_has_examples():
    assert len(EXAMPLES) > 50
    assert all(len(example) == 2 for example in EXAMPLES)


@pytest.mark.parametrize(("source", "value"), EXAMPLES, ids=[source for source, *_ in EXAMPLES])
def test_an_example_has_the_value_that_the_page_says(source, value):
    bound = variables()
    tree, compiled = (
        said(lambda: evaluate_tree(parse(source), bound)),
        said(lambda: compile_guard(source)(bound)),
    )
    assert compiled == tree
    if value.startswith("error: "):
        assert tree.startswith("error: ")
        assert value.removeprefix("error: ") in tree
    else:
        assert tree == value
        checked = check(parse(source), environment_at(Place.RULE), source=source)
        assert [problem.message for problem in checked.problems if not problem.is_warning] == []


def test_variables_of_the_page_have_the_fields_that_the_schemas_say():
    for name, variable in environment_at(Place.RULE).variables.items():
        for field in getattr(variable.type, "fields", ()):
            assert f"`{name}.{field.name}`" in PAGE
