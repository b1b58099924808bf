"""Which keys may be typed in a mapping.

Responsible for the keys that the schema names, with the shape of their values to be filled in, and
for the names that may be keys where the schema leaves them open. Never looks inside values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from interlock.rulebook.editing.items import Item, ItemKind, escape
from interlock.rulebook.editing.names import ALERT_WORDS
from interlock.rulebook.editing.roles import key_role
from interlock.rulebook.editing.schema import Part, Property, alternatives, properties

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.editing.names import Names

_INDENT: Final = "  "
_CHOICES_MAX: Final = 20
_REQUIRED_RANK, _OPTIONAL_RANK, _NAME_RANK = 0, 100, 50


class KeySlot:
    """The place of a key that is completed.

    Args:
        path: The mapping it is in.
        parts: What the schema says about that mapping.
        start: Where the replaced text begins.
        end: Where it ends.
        is_flow: Whether the mapping is in brackets.
        has_colon: Whether a colon follows already.
        lead: What is written before the key, such as `- ` for a new item.
    """

    def __init__(
        self,
        path: tuple[Step, ...],
        parts: tuple[Part, ...],
        *,
        start: int,
        end: int,
        is_flow: bool,
        has_colon: bool,
        lead: str = "",
    ) -> None:
        self.path = path
        self.parts = tuple(part for part in parts if part.kind == "object")
        self.start = start
        self.end = end
        self.is_flow = is_flow
        self.has_colon = has_colon
        self.lead = lead


def complete_keys(slot: KeySlot, written: Collection[str], names: Names) -> Iterator[Item]:
    """Yield the keys that are not written yet.

    Args:
        slot: The place.
        written: The keys that the mapping already has.
        names: The names of the rulebook.
    """
    for rank, found in enumerate(properties(slot.parts).values()):
        if found.name not in written:
            base = _REQUIRED_RANK if found.is_required else _OPTIONAL_RANK
            yield _item(slot, found, base + rank)
    for name in _open_names(slot, names):
        if name not in written:
            below = _values_below(slot.parts)
            insert = _insert(slot, name, below)
            yield Item(
                name, ItemKind.NAME, insert, slot.start, slot.end, rank=_NAME_RANK,
                is_snippet=True,
            )  # fmt: skip


def _item(slot: KeySlot, found: Property, rank: int) -> Item:
    detail = "required" if found.is_required else ""
    return Item(
        found.name,
        ItemKind.KEY,
        _insert(slot, found.name, found.parts),
        slot.start,
        slot.end,
        detail,
        describe_property(found),
        rank,
        is_snippet=True,
    )


def describe_property(found: Property) -> str:
    """Return what the schema says about a key, in Markdown."""
    return describe_parts(found.doc, found.parts)


def describe_parts(doc: str, parts: Iterable[Part]) -> str:
    """Return what is known of a value, in Markdown: meaning, values, default, examples."""
    lines = [doc] if doc else []
    values = list(dict.fromkeys(_json(value) for part in parts for value in part.values))
    if values:
        lines.append("One of: " + ", ".join(f"`{value}`" for value in values))
    for part in parts:
        default = part.schema.get("default")
        if default not in (None, {}, []):
            lines.append(f"Default: `{_json(default)}`")
            break
    examples = list(dict.fromkeys(_json(value) for part in parts for value in part.examples))
    if examples and not values:
        lines.append("Such as " + ", ".join(f"`{value}`" for value in examples[:3]))
    return "\n\n".join(lines)


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _open_names(slot: KeySlot, names: Names) -> tuple[str, ...]:
    """Return the names that may be keys of a mapping whose keys are not fixed."""
    role = key_role(slot.path)
    if role is not None and role.kind is not None:
        return names.of(role.kind)
    for part in slot.parts:
        fixed = part.schema.get("propertyNames", {}).get("enum")
        if fixed:
            return tuple(fixed)
    is_severity_map = slot.path[:1] == ("sources",) and slot.path[-1:] == ("severity",)
    return ALERT_WORDS if is_severity_map else ()


def _values_below(parts: Iterable[Part]) -> tuple[Part, ...]:
    found: list[Part] = []
    for part in parts:
        below = part.schema.get("additionalProperties")
        if isinstance(below, dict):
            found += alternatives(below)
    return tuple(found)


def _insert(slot: KeySlot, name: str, parts: tuple[Part, ...]) -> str:
    if slot.has_colon:
        return escape(name)
    return f"{slot.lead}{escape(name)}:{_shape(parts, is_flow=slot.is_flow, lead=slot.lead)}"


def _shape(parts: tuple[Part, ...], *, is_flow: bool, lead: str) -> str:
    """Return what follows a key's colon: a place to fill in, with the required keys of a record.

    An editor indents the lines of a snippet like the line it is put in.
    """
    kinds = {part.kind for part in parts}
    indent = " " * len(lead) + _INDENT
    values = [_json(value) for part in parts for value in part.values]
    if values and len(values) <= _CHOICES_MAX:
        return f" ${{1|{','.join(values)}|}}" if len(values) > 1 else f" {escape(values[0])}"
    if kinds == {"boolean"}:
        return " ${1|true,false|}"
    if kinds == {"array"}:
        return " [$1]" if is_flow or _is_list_of_words(parts[0]) else f"\n{indent}- $1"
    if kinds == {"object"}:
        return " {$1}" if is_flow else f"\n{indent}{_required(parts, indent)}"
    return " $1"


def _is_list_of_words(part: Part) -> bool:
    items = part.schema.get("items", {})
    return "properties" not in items and not any(
        "properties" in one.schema for one in _item_parts(part)
    )


def _item_parts(part: Part) -> tuple[Part, ...]:
    return tuple(alternatives(part.schema.get("items", {})))


def _required(parts: tuple[Part, ...], indent: str) -> str:
    found = [one.name for one in properties(parts).values() if one.is_required]
    if len(parts) > 1 or not found:
        return "$1"
    return f"\n{indent}".join(f"{name}: ${index}" for index, name in enumerate(found, 1))
