"""What the schema says about the layout of a value: the order of keys, and how its text is written.

Responsible for following a document down the schema. Never validates: where a document does not
conform, it knows less and then keeps what is written. Source: `schemas/rulebook.v1.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA: Final = "rulebook.v1.json"
_PREFIX: Final = "#/$defs/"
_NOTATIONS: Final = {
    "duration": "duration",
    "guard": "guard",
    "expression": "guard",
    "transition": "transition",
}
_CHOICES: Final = ("anyOf", "oneOf")


class Shape(NamedTuple):
    """The part of the schema that one value of the document is for.

    Attributes:
        schema: That part; empty where nothing is known.
        notation: How a text of it is written: `duration`, `guard`, `transition` or None.
    """

    schema: Mapping[str, Any]
    notation: str | None = None

    def child(self, key: str, value: Any) -> Shape:
        """Return the shape of the value under a key."""
        found = self.schema.get("properties", {}).get(key)
        return _shape(self.schema.get("additionalProperties") if found is None else found, value)

    def item(self, value: Any) -> Shape:
        """Return the shape of one item of a list."""
        return _shape(self.schema.get("items"), value)

    @property
    def is_closed(self) -> bool:
        """True where the schema names every key; the order of the others is the author's."""
        return self.schema.get("additionalProperties") is False

    def arrange(self, keys: Iterable[str]) -> list[str]:
        """Return the keys in canonical order; unknown ones stay at the end as they are."""
        written = list(keys)
        if not self.is_closed:
            return written
        known = [key for key in self.schema["properties"] if key in written]
        return known + [key for key in written if key not in known]


ANY: Final = Shape({})


def rulebook_shape() -> Shape:
    """Return the shape of a whole rulebook."""
    return Shape(load(SCHEMA))


def _shape(schema: Any, value: Any) -> Shape:
    """Resolve references and choices as far as the kind of the value decides them."""
    if not isinstance(schema, dict):
        return ANY
    name = None
    while "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        schema = load(SCHEMA)["$defs"][name]
    choices = next((schema[word] for word in _CHOICES if word in schema), None)
    if choices is None or "properties" in schema:
        return Shape(schema, _NOTATIONS.get(name or schema.get("title", "")))
    fitting = [shape for choice in choices if _fits(shape := _shape(choice, value), value)]
    return fitting[0] if fitting else ANY


def _fits(shape: Shape, value: Any) -> bool:
    kind = shape.schema.get("type")
    if isinstance(value, dict):
        tag = shape.schema.get("properties", {}).get("type", {}).get("const")
        return kind == "object" and tag in (None, value.get("type"))
    if isinstance(value, list):
        return kind == "array"
    return kind not in ("object", "array")
