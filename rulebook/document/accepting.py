"""Whether a value is certainly one that a JSON Schema accepts.

Responsible for the keywords that schemas of arguments are mostly made of, so that arguments that
are right never pay for a validator. Never says why a value is refused, and never says yes to a
schema it does not know all of: what it cannot tell is for the validator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAYING_NOTHING = frozenset({"title", "description", "default", "examples", "deprecated"})
_KNOWN = _SAYING_NOTHING | {
    "type", "properties", "required", "additionalProperties", "items", "enum", "propertyNames",
    "minProperties",
}  # fmt: skip
_KINDS = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def surely_accepts(schema: Any, value: Any) -> bool:
    """Tell whether the schema accepts the value for certain; a template is some text."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict) or not schema.keys() <= _KNOWN:
        return False
    if "type" in schema and not _is_of(schema["type"], value):
        return False
    if "enum" in schema and not _is_among(schema["enum"], value):
        return False
    if isinstance(value, dict):
        return _accepts_mapping(schema, value)
    if isinstance(value, list | tuple) and "items" in schema:
        return all(surely_accepts(schema["items"], item) for item in value)
    return True


def is_template(value: Any) -> bool:
    """Tell whether a value is a text that is filled in before it is sent."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


def _is_of(kinds: Any, value: Any) -> bool:
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        is_bool = isinstance(value, bool)
        if isinstance(value, _KINDS.get(kind, ())) and is_bool is (kind == "boolean"):
            return True
    return False


def _is_among(values: Any, value: Any) -> bool:
    if is_template(value):
        return True
    return any(type(one) is type(value) and one == value for one in values)


def _accepts_mapping(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    if len(value) < schema.get("minProperties", 0):
        return False
    if not all(name in value for name in schema.get("required", ())):
        return False
    if not all(_is_name(schema.get("propertyNames", {}), name) for name in value):
        return False
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    return all(surely_accepts(known.get(name, others), item) for name, item in value.items())


def _is_name(schema: Any, name: str) -> bool:
    r"""Tell whether a pattern that is a plain beginning, such as `^metadata\.`, holds."""
    if not schema:
        return schema is not False
    beginning = schema.get("pattern", "").removeprefix("^").replace("\\.", ".")
    is_plain = schema.keys() == {"pattern"} and beginning.replace(".", "").isalnum()
    return is_plain and schema["pattern"].startswith("^") and name.startswith(beginning)


def surely_schema(schema: Any) -> bool:
    """Tell whether a value is certainly a JSON Schema of keywords that are known here."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or not schema.keys() <= _KNOWN - {"propertyNames"}:
        return False
    kinds = schema.get("type", "object")
    below = [*schema.get("properties", {}).values()] if _is_mapping(schema, "properties") else [0]
    below += [schema[name] for name in ("items", "additionalProperties") if name in schema]
    required = schema.get("required", [])
    return (
        (isinstance(kinds, str) and kinds in _KINDS)
        and isinstance(schema.get("enum", []), list)
        and (isinstance(required, list) and all(isinstance(name, str) for name in required))
        and len(set(required)) == len(required)
        and _is_count(schema.get("minProperties", 0))
        and all(isinstance(schema.get(name, ""), str) for name in ("title", "description"))
        and isinstance(schema.get("examples", []), list)
        and isinstance(schema.get("deprecated", False), bool)
        and all(surely_schema(one) for one in below)
    )


def _is_mapping(schema: Mapping[str, Any], name: str) -> bool:
    return isinstance(schema.get(name, {}), dict)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
