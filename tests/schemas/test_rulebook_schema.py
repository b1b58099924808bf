from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from interlock.schemas import load, names

SCHEMA = load("rulebook.v1.json")
DEFINITIONS = SCHEMA["$defs"]


def walk(schema, path="#"):
    """Yield every subschema with its path."""
    yield path, schema
    for keyword in ("properties", "$defs"):
        for name, part in schema.get(keyword, {}).items():
            yield from walk(part, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(keyword), dict):
            yield from walk(schema[keyword], f"{path}/{keyword}")
    for keyword in ("anyOf", "oneOf"):
        for index, part in enumerate(schema.get(keyword, ())):
            yield from walk(part, f"{path}/{keyword}/{index}")


EVERY = dict(walk(SCHEMA))
KEYS = [path for path in EVERY if path.rpartition("/")[0].endswith("/properties")]


def resolve(schema):
    while "$ref" in schema:
        schema = {**DEFINITIONS[schema["$ref"].rpartition("/")[2]], **{
            key: value for key, value in schema.items() if key != "$ref"
        }}  # fmt: skip
    return schema


@pytest.mark.parametrize("name", names())
def test_every_schema_is_a_valid_one(name):
    assert load(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(load(name))


def test_schema_is_loaded_once_and_an_unknown_one_is_no_file():
    assert load("rulebook.v1.json") is SCHEMA
    with pytest.raises(FileNotFoundError):
        load("rulebook.v0.json")


def test_every_mapping_is_closed_but_arguments_and_what_describes_them():
    open_ones = [
        path
        for path, schema in EVERY.items()
        if schema.get("type") == "object" and "additionalProperties" not in schema
    ]
    assert open_ones == ["#/$defs/arguments", "#/$defs/hook/properties/accepts"]


@pytest.mark.parametrize("path", KEYS)
def test_every_key_is_described(path):
    described = resolve(EVERY[path])
    assert described.get("description") or "const" in described, path


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_definition_is_described_and_used(name):
    assert DEFINITIONS[name]["description"].endswith(".")
    assert json.dumps(SCHEMA).count(f'"#/$defs/{name}"') >= 1


@pytest.mark.parametrize("path", [path for path, schema in EVERY.items() if "default" in schema])
def test_defaults_conform(path):
    schema = {key: value for key, value in EVERY[path].items() if key != "propertyNames"}
    Draft202012Validator({**schema, "$defs": DEFINITIONS}).validate(schema["default"])


@pytest.mark.parametrize("path", [path for path, schema in EVERY.items() if "examples" in schema])
def test_examples_conform(path):
    for example in EVERY[path]["examples"]:
        Draft202012Validator({**EVERY[path], "$defs": DEFINITIONS}).validate(example)


@pytest.mark.parametrize("path", [path for path, schema in EVERY.items() if "pattern" in schema])
def test_what_has_a_form_says_what_it_is(path):
    assert EVERY[path]["title"]
    assert EVERY[path]["examples"]
