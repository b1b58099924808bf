"""Types of the guard language from JSON schemas.

Responsible for reading the shape of records off `schemas/*.v1.json`, so that the checker and the
documentation say the same. Never validates; it understands only the keywords those files use. A
property that is not `required` becomes a field that may be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from interlock.rulebook.guard.types import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    EnumType,
    Field,
    ListType,
    MapType,
    ObjectType,
    Type,
)

Schema = dict[str, Any]

_SIMPLE: Final[dict[str, Type]] = {"boolean": BOOL, "integer": INT, "number": DOUBLE}
_FORMATS: Final[dict[str, Type]] = {"date-time": TIMESTAMP, "duration": DURATION}


class SchemaReader(Struct, frozen=True):
    """Makes types of schemas.

    Attributes:
        load: Returns a schema by the name of its file, such as `incident.v1.json`.
        enums: Closed sets known only now, by the name of their definition (`State`); a definition
            of plain strings that is not here stays a string.
    """

    load: Callable[[str], Schema]
    enums: Mapping[str, tuple[str, ...]]
    _made: dict[tuple[str, str], Type] = {}

    def object_type(self, file: str) -> ObjectType:
        """Return the type of the record that a whole file describes.

        Raises:
            TypeError: it describes no record.
        """
        found = self.type_of({"$ref": file}, file)
        if not isinstance(found, ObjectType):
            raise TypeError(f"{file} describes no record")
        return found

    def type_of(self, schema: Any, file: str) -> Type:
        """Return the type of the values a schema of `file` allows; `dyn` where it says nothing."""
        if not isinstance(schema, dict):
            return DYN
        if "$ref" in schema:
            return self._refer(schema["$ref"], file)
        match schema.get("type"):
            case "array":
                return ListType(self.type_of(schema.get("items"), file))
            case "object" if "properties" in schema:
                return ObjectType(schema["title"], self._fields(schema, file))
            case "object":
                return MapType(STRING, self.type_of(schema.get("additionalProperties"), file))
            case "string":
                return _FORMATS.get(schema.get("format", ""), STRING)
            case other:
                return _SIMPLE.get(str(other), DYN)

    def _fields(self, schema: Schema, file: str) -> tuple[Field, ...]:
        required = schema.get("required", ())
        return tuple(
            Field(name, self.type_of(part, file), name in required, part.get("description", ""))
            for name, part in schema["properties"].items()
        )

    def _refer(self, reference: str, file: str) -> Type:
        path, _, pointer = reference.partition("#/$defs/")
        path = path or file
        known = self._made.get((path, pointer))
        if known is not None:
            return known
        schema = self.load(path)
        if pointer:
            schema = schema["$defs"][pointer]
        values = self.enums.get(pointer) or schema.get("enum")
        found = EnumType(pointer, tuple(values)) if values else self.type_of(schema, path)
        self._made[path, pointer] = found
        return found
