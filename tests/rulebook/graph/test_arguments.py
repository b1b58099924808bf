"""What actions and hooks accept: every argument that is wrong is told, and no other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from interlock.rulebook import check_rulebook
from interlock.rulebook.document.accepting import surely_accepts, surely_schema
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.arguments import Accepted, accepted_by_action
from interlock.rulebook.source import SourceFile
from interlock.schemas import load

SCALE = """\
{type: object, required: [service], additionalProperties: false, properties: {
service: {type: string, description: Which.}, replicas: {type: integer}, ratio: {type: number},
mode: {enum: [fast, slow]}, deep: {type: object, required: [a], properties: {a: {type: boolean}}},
list: {type: array, items: {type: string}}, form: {anyOf: [{type: integer}, {const: x}]},
code: {type: string, pattern: "^[A-Z]+$"}, many: {uniqueItems: true}}}"""


def check(arguments, accepts=SCALE, accepted=None, endpoint="endpoint: https://a.test/x, "):
    """Return the findings about a step's arguments as `line:column message`."""
    declared = f", accepts: {accepts}" if accepts else ""
    text = (
        f"remediation_hooks: [{{id: scale, {endpoint}idempotency_key: key{declared}}}]\n"
        f"runbooks: {{r: {{match: 'true', steps: [{{hook: scale, with: {arguments}}}]}}}}\n"
    )
    found = check_rulebook([SourceFile("x.yaml", text)], accepted=accepted).diagnostics
    return [f"{item.code} {item.span.text}: {item.message}" for item in found]


@pytest.mark.parametrize(
    "arguments",
    [
        "{service: a}",
        "{service: '{{ incident.title }}', mode: '{{ event.labels.mode }}'}",
        "{service: a, replicas: 2, ratio: 1, deep: {a: true, b: 1}, list: [a, '{{ now }}']}",
        "{service: a, replicas: 2.0, form: x, code: ABC}",
        "{service: a, form: '{{ now }}', code: '{{ now }}', many: ['{{ now }}', '{{ now }}']}",
    ],
)
def test_what_is_accepted_gives_no_finding(arguments):
    assert check(arguments) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("{}", ["A502 with: `service` is missing: `scale` needs it"]),
        ("{servce: a}", ["A502 servce: `servce` is not an argument of `scale`"]),
        ("{service: 1}", ["A502 1: `service` of `scale` takes a string"]),
        ("{service: a, replicas: many}", ["A502 many: `replicas` of `scale` takes a whole number"]),
        ("{service: a, ratio: true}", ["A502 true: `ratio` of `scale` takes a number"]),
        ("{service: a, mode: fats}", ["A502 fats: `mode` of `scale` cannot be `fats`"]),
        ("{service: a, deep: {}}", ["A502 deep: `deep.a` is missing: `scale` needs it"]),
        ("{service: a, deep: {a: x}}", ["A502 x: `deep.a` of `scale` takes `true` or `false`"]),
        ("{service: a, list: [b, 2]}", ["A502 2: `list.1` of `scale` takes a string"]),
        (
            "{service: a, form: y}",
            ["A502 y: `form` of `scale` has none of the forms that are accepted"],
        ),
        ("{service: a, code: abc}", ["A502 abc: `code` of `scale`: `pattern` is `^[A-Z]+$`"]),
        (
            "{service: a, many: [1, 1]}",
            ["A502 [1, 1]: `many` of `scale`: `uniqueItems` is `true`"],
        ),
        (
            "{service: a, replicas: '{{ now }}'}",
            ["A502 '{{ now }}': `replicas` of `scale` takes a whole number"],
        ),
    ],
)
def test_what_is_not_accepted_is_told_at_its_place(arguments, expected):
    assert check(arguments) == expected


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [
        ("{type: strnig}", "this is no JSON Schema: 'strnig' is not valid"),
        ("{required: [1]}", "this is no JSON Schema: 1 is not of type 'string'"),
        ("{$ref: '#'}", "what `scale` accepts cannot be checked: this schema refers to itself"),
        ("{$ref: 'https://a.test/s.json'}", "leads to nothing in this schema"),
        ("{properties: {a: {pattern: '(?=x)'}}}", "RE2 does not take the pattern `(?=x)`"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_and_nothing_is_fetched(accepts, expected):
    [found] = check("{a: x}", accepts)
    assert found.startswith("Y005")
    assert expected in found


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time():
    assert check(f"{{a: {'a' * 60}b}}", "{properties: {a: {pattern: '^(a+)+$'}}}") != []


def test_texts_are_open_where_a_function_converts_them():
    schema = json.loads('{"properties": {"n": {"type": "integer"}}, "required": ["n"]}')
    accepted = {"scale": Accepted(schema, is_converting=True)}
    assert check("{n: '4'}", None, accepted, "") == []
    assert check("{n: '{{ now }}'}", None, accepted, "") == []
    assert check("{n: [4]}", None, accepted, "") == [
        "A502 [4]: `n` of `scale` takes a whole number"
    ]
    assert check("{m: 4}", None, accepted, "") == ["A502 with: `n` is missing: `scale` needs it"]


def test_every_built_in_action_has_a_schema_and_no_other():
    assert set(load("actions.v1.json")["$defs"]) == set(defaults.ACTIONS)
    for name in defaults.ACTIONS:
        schema = accepted_by_action(name).schema
        assert schema["description"].endswith(".")
        assert all(part["description"] for part in schema.get("properties", {}).values())


NAMES = st.sampled_from(["a", "b", "metadata.x", "metadata"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.sampled_from("xyz"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
SCHEMAS = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, min_size=1, max_size=2, unique=True) | st.just("odd"),
            "enum": st.lists(VALUES, max_size=2),
            "minProperties": st.integers(-1, 2),
            "title": st.just("t") | st.just(1),
            "pattern": st.just("x"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS,
            "properties": st.dictionaries(NAMES, inner, max_size=2) | st.just([]),
            "additionalProperties": inner,
            "items": inner,
            "required": st.lists(NAMES, max_size=2),
            "propertyNames": st.just({"pattern": "^metadata\\."}),
        },
    ),
    max_leaves=5,
)


@given(SCHEMAS, VALUES)
def test_what_is_surely_accepted_is_accepted_by_the_validator(schema, value):
    if surely_schema(schema):
        Draft202012Validator.check_schema(schema)
        if surely_accepts(schema, value):
            Draft202012Validator(schema).validate(value)
