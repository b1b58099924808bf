"""What the schema says about a place in a document, all alternatives together.

Responsible for following a path down `schemas/rulebook.v1.json`. Unlike a validator it is content
with a document half written: where the schema offers a choice that is not decided yet, every
alternative counts. Never looks at values other than the `type` that tells kinds of things apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from interlock.rulebook.document.nodes import Step

SCHEMA: Final = "rulebook.v1.json"
_PREFIX: Final = "#/$defs/"
_CHOICES: Final = ("anyOf", "oneOf")


class Part(NamedTuple):
    """One alternative of the schema for a value.

    Attributes:
        schema: That part, references resolved.
        doc: What is said about the value: where it is referred to, else where it is defined.
        names: The definitions it came through, innermost last.
    """

    schema: Mapping[str, Any]
    doc: str = ""
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`object`, `array`, or what a scalar is."""
        return str(self.schema.get("type", "object" if "properties" in self.schema else ""))

    @property
    def values(self) -> tuple[Any, ...]:
        """The only values it allows; none where there is no such list."""
        if "const" in self.schema:
            return (self.schema["const"],)
        return tuple(self.schema.get("enum", ()))

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values to show."""
        return tuple(self.schema.get("examples", ()))


class Property(NamedTuple):
    """A key that a mapping may have, and what its value may be."""

    name: str
    parts: tuple[Part, ...]
    is_required: bool

    @property
    def doc(self) -> str:
        """What is said about it."""
        return next((part.doc for part in self.parts if part.doc), "")


def parts_at(path: Sequence[Step], types: Mapping[int, str] | None = None) -> tuple[Part, ...]:
    """Return the alternatives for the value at a path.

    Args:
        path: Keys and indices from the top.
        types: The written `type` of the mappings on the way, by their depth.
    """
    return parts_below(tuple(alternatives(load(SCHEMA))), path, types)


def parts_below(
    found: tuple[Part, ...], path: Sequence[Step], types: Mapping[int, str] | None = None
) -> tuple[Part, ...]:
    """Return the alternatives for the value that a path leads to, from these alternatives on."""
    for depth, step in enumerate(path):
        found = tuple(_below(_of_type(found, (types or {}).get(depth)), step))
    return _of_type(found, (types or {}).get(len(path)))


def properties(parts: Iterable[Part]) -> dict[str, Property]:
    """Return the keys that these alternatives name, in the order of the schema."""
    found: dict[str, Property] = {}
    for part in parts:
        required = part.schema.get("required", ())
        for name, schema in part.schema.get("properties", {}).items():
            known = found.get(name)
            below = tuple(alternatives(schema))
            found[name] = Property(
                name,
                below if known is None else (*known.parts, *below),
                name in required and (known is None or known.is_required),
            )
    return found


def _of_type(parts: tuple[Part, ...], written: str | None) -> tuple[Part, ...]:
    """Leave out the alternatives that another `type` is the mark of."""
    if not written:
        return parts
    fitting = tuple(part for part in parts if _mark(part) in (None, written))
    return fitting or parts


def _mark(part: Part) -> str | None:
    mark = part.schema.get("properties", {}).get("type", {}).get("const")
    return None if mark is None else str(mark)


def _below(parts: Iterable[Part], step: Step) -> Iterator[Part]:
    for part in parts:
        if isinstance(step, int):
            below = part.schema.get("items")
        else:
            below = part.schema.get("properties", {}).get(step)
            if below is None:
                below = part.schema.get("additionalProperties")
        if isinstance(below, dict):
            yield from alternatives(below)


def alternatives(
    schema: Mapping[str, Any], doc: str = "", names: tuple[str, ...] = ()
) -> Iterator[Part]:
    """Yield the alternatives of a schema; what refers to it is said before what it says itself."""
    doc = doc or schema.get("description", "")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        default = {"default": schema["default"]} if "default" in schema else {}
        definition = {**load(SCHEMA)["$defs"][name], **default}
        yield from alternatives(definition, doc, (*names, name))
        return
    choices = next((schema[word] for word in _CHOICES if word in schema), None)
    if choices is None or "properties" in schema:
        yield Part(schema, doc, names)
        return
    for choice in choices:
        yield from alternatives(choice, doc, names)
