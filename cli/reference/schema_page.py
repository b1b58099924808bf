"""The rulebook language as one Markdown page, from its JSON Schema.

Rules of this file: every word about the language comes from the schema. An object of the schema is
a section of the page and its properties a table; scalars are explained once, at the end.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]
_PREFIX = "#/$defs/"
_TYPES = {"integer": "whole number", "object": "mapping", "boolean": "`true` or `false`"}


def render_schema(schema: Schema) -> str:
    """Return the page of a schema whose named parts stand under `$defs`."""
    return "".join(_SchemaPage(schema).parts())


class _SchemaPage:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._definitions: dict[str, Schema] = schema["$defs"]

    def parts(self) -> Iterator[str]:
        yield f"# {self._schema['title']}\n\n{self._schema['description']}\n\n## Sections\n\n"
        yield self._table(self._schema)
        yield "\n## Elements\n"
        for name, part in self._definitions.items():
            if _has_heading(part):
                yield f"\n### {_words(name)}\n\n{part['description']}\n\n"
                yield from self._element(part)
        yield "\n## Values\n\n| value | is | for example |\n|---|---|---|\n"
        for name, part in self._definitions.items():
            if not _has_heading(part):
                examples = ", ".join(_code(example) for example in part.get("examples", ()))
                yield f"| {_title(name, part)} | {_cell(part['description'])} | {examples} |\n"

    def _element(self, part: Schema) -> Iterator[str]:
        if "properties" not in part:
            yield f"One of: {', '.join(self._type(kind) for kind in part['oneOf'])}.\n"
            return
        yield self._table(part)
        ways = [way["title"] for way in (*part.get("anyOf", ()), *part.get("oneOf", ()))]
        if ways:
            yield f"\nWritten with {'; or '.join(ways)}.\n"
        for example in part.get("examples", ()):
            yield f"\n```yaml\n{json.dumps(example, ensure_ascii=False)}\n```\n"

    def _table(self, part: Schema) -> str:
        rows = ["| key | value | default | meaning |\n|---|---|---|---|\n"]
        for name, value in part["properties"].items():
            default = _code(value["default"]) if "default" in value else ""
            if name in part.get("required", ()):
                default = "*required*"
            meaning = _cell(self._description(value))
            rows.append(f"| `{name}` | {self._type(value)} | {default} | {meaning} |\n")
        return "".join(rows)

    def _description(self, value: Schema) -> str:
        if "description" not in value and "$ref" in value:
            value = self._definitions[value["$ref"].removeprefix(_PREFIX)]
        return str(value.get("description", ""))

    def _type(self, value: Schema) -> str:
        if "$ref" in value:
            name = value["$ref"].removeprefix(_PREFIX)
            target = self._definitions[name]
            anchor = name.replace("_", "-") if _has_heading(target) else "values"
            return f"[{_words(name) if _has_heading(target) else _title(name, target)}](#{anchor})"
        if "const" in value:
            return _code(value["const"])
        if "enum" in value:
            return ", ".join(_code(word) for word in value["enum"])
        if "anyOf" in value:
            return ", or ".join(self._type(option) for option in value["anyOf"])
        if "items" in value:
            return f"list of {self._type(value['items'])}"
        if isinstance(value.get("additionalProperties"), dict):
            return f"mapping to {self._type(value['additionalProperties'])}"
        kind = value.get("type", "anything")
        return str(value.get("title") or _TYPES.get(kind, kind))


def _has_heading(part: Schema) -> bool:
    return "properties" in part or "oneOf" in part


def _title(name: str, part: Schema) -> str:
    return str(part.get("title", _words(name)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _cell(f"`{text}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
