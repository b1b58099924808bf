"""What may be typed inside a guard.

Responsible for variables, fields, functions, macros, named guards and the members of closed sets,
each with its type. Never parses: `guard_point` says what the place is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interlock.rulebook.editing.guard_point import Point, point_at
from interlock.rulebook.editing.items import Item, ItemKind
from interlock.rulebook.guard.functions import NAMESPACES
from interlock.rulebook.guard.hover import signatures
from interlock.rulebook.guard.type_text import describe
from interlock.rulebook.guard.types import (
    BOOL,
    DYN,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
    TypeVar,
    is_assignable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.editing.names import Names
    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.signature import Function

_LOOPS: Final = (
    ("all", "${1:x}, ${2:condition}", "bool", "Whether the condition holds for every element."),
    ("exists", "${1:x}, ${2:condition}", "bool", "Whether it holds for at least one element."),
    ("exists_one", "${1:x}, ${2:condition}", "bool", "Whether it holds for exactly one element."),
    ("filter", "${1:x}, ${2:condition}", "list", "The elements it holds for."),
    ("map", "${1:x}, ${2:value}", "list", "A value for each element."),
)
_OPTIONAL_MACROS: Final = (
    ("optMap", "${1:x}, ${2:value}", "optional", "A value of what is there, if anything is."),
)
_GLOBAL_MACROS: Final = (
    ("has", "has(${1:incident.labels.team})", "has(x.field) -> bool", "Whether a field is there."),
    ("cel.bind", "cel.bind(${1:x}, ${2:value}, ${3:guard})", "cel.bind(x, value, guard)",
     "The guard with a name for a value."),
)  # fmt: skip
_WORDS: Final = (("true", "bool"), ("false", "bool"), ("null", "null"))
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_REST_OF_NAME: Final = re.compile(r"\w*")
_REST_OF_TEXT: Final = re.compile(r"[\w.-]*")
_OPEN: Final = ("labels", "annotations", "metrics", "metadata")
_EXPECTED_RANK, _LOCAL_RANK, _NAMED_RANK, _FUNCTION_RANK, _WORD_RANK = 0, 10, 20, 40, 60


class GuardSlot:
    """The place in a guard that is completed.

    Args:
        beginning: The guard up to the cursor.
        offset: The cursor in the text of the file.
        style: How the guard is written in YAML: a quote, `|`, `>`, or nothing.
        text: The whole file, for labels that are used elsewhere.
    """

    def __init__(self, beginning: str, offset: int, style: str, text: str) -> None:
        self.beginning = beginning
        self.offset = offset
        self.style = style
        self.text = text


def complete_guard(slot: GuardSlot, environment: Environment, names: Names) -> list[Item]:
    """Return what may be typed at a place in a guard."""
    point = point_at(slot.beginning, environment)
    if point.is_comment:
        return []
    made = _Completion(slot, environment, names, point)
    if point.quote:
        return [*made.enum_values(), *made.seen_keys()]
    if point.namespace:
        return list(made.namespace_members())
    if point.receiver is not None:
        return [*made.fields(point.receiver), *made.methods(point.receiver)]
    return [*made.enum_values(), *made.variables(), *made.functions(), *made.words()]


class _Completion:
    """One question; see `complete_guard`."""

    def __init__(
        self, slot: GuardSlot, environment: Environment, names: Names, point: Point
    ) -> None:
        self._slot = slot
        self._environment = environment
        self._names = names
        self._point = point
        self._start = slot.offset - len(point.word)
        rest = (_REST_OF_TEXT if point.quote else _REST_OF_NAME).match(slot.text, slot.offset)
        self._end = slot.offset if rest is None else rest.end()

    def _item(
        self,
        label: str,
        kind: ItemKind,
        rank: int,
        detail: str,
        doc: str = "",
        insert: str | None = None,
    ) -> Item:
        is_snippet = insert is not None and "$" in insert
        return Item(
            label,
            kind,
            label if insert is None else insert,
            self._start,
            self._end,
            detail,
            doc,
            rank,
            is_snippet,
        )

    def enum_values(self) -> Iterator[Item]:
        """Yield the members of the closed set that is compared with here."""
        expected = self._point.expected
        if not isinstance(expected, EnumType):
            return
        for rank, value in enumerate(expected.values):
            text = value if self._point.quote else self._quoted(value)
            yield self._item(value, ItemKind.VALUE, rank, expected.name, insert=text)

    def _quoted(self, value: str) -> str:
        """Return a text as a guard writes it, in quotes that YAML's own leave free."""
        quote = "'" if self._slot.style == '"' else '"'
        return f"{quote}{value}{quote}"

    def variables(self) -> Iterator[Item]:
        """Yield local names, named guards and the variables of the place."""
        for name, kind in self._point.variables.items():
            yield self._item(name, ItemKind.VARIABLE, _LOCAL_RANK, describe(kind), "A local name.")
        guards = self._names.graph.guards if self._names.graph is not None else {}
        for name, variable in self._environment.variables.items():
            if variable.type == BOOL and variable.doc.startswith("A named guard"):
                text = guards[name].text if name in guards else ""
                doc = f"```cel\n{text}\n```" if text else variable.doc
                yield self._item(name, ItemKind.GUARD, _NAMED_RANK + 1, "named guard", doc)
            else:
                shown = describe(variable.type)
                yield self._item(name, ItemKind.VARIABLE, _NAMED_RANK, shown, variable.doc)

    def functions(self) -> Iterator[Item]:
        """Yield functions that are called without a receiver, macros and namespaces."""
        for name, entry in self._environment.functions.items():
            if _NAME.fullmatch(name) and entry.has_global:
                yield self._function(entry, name)
        for name, insert, detail, doc in _GLOBAL_MACROS:
            yield self._item(name, ItemKind.MACRO, _FUNCTION_RANK, detail, doc, insert)
        for name in sorted(NAMESPACES - {"cel"}):
            yield self._item(name, ItemKind.NAMESPACE, _FUNCTION_RANK + 1, "functions")

    def _function(self, entry: Function, name: str) -> Item:
        takes_nothing = all(len(one.params) == one.is_member for one in entry.overloads)
        insert = f"{name}()" if takes_nothing else f"{name}($1)"
        first, *others = signatures(entry).splitlines()
        detail = first if not others else f"{first} (+{len(others)})"
        doc = f"{entry.doc}\n\n```\n{signatures(entry)}\n```" if others else entry.doc
        return self._item(name, ItemKind.FUNCTION, _FUNCTION_RANK, detail, doc, insert)

    def words(self) -> Iterator[Item]:
        """Yield the words of the language."""
        for word, kind in _WORDS:
            yield self._item(word, ItemKind.KEYWORD, _WORD_RANK, kind)

    def namespace_members(self) -> Iterator[Item]:
        """Yield the functions of the namespace before the dot."""
        prefix = f"{self._point.namespace}."
        for name, entry in self._environment.functions.items():
            if name.startswith(prefix):
                yield self._function(entry, name.removeprefix(prefix))

    def fields(self, receiver: Type) -> Iterator[Item]:
        """Yield the fields of a record, or the keys that the file uses of an open map."""
        if isinstance(receiver, OptionalType):
            receiver = receiver.element
        if isinstance(receiver, ObjectType):
            for rank, field in enumerate(receiver.fields):
                kind = describe(field.type)
                detail = kind if field.is_required else f"{kind}, may be missing"
                yield self._item(field.name, ItemKind.FIELD, rank, detail, field.doc)
        elif isinstance(receiver, MapType) or receiver == DYN:
            yield from self.seen_keys()

    def seen_keys(self) -> Iterator[Item]:
        """Yield the keys that guards of this file read from labels and other open maps."""
        name = self._point.member_of
        if name not in _OPEN:
            return
        pattern = rf"\.{name}(?:\.|\[[\"'])([A-Za-z_]\w*)"
        found = dict.fromkeys(match[1] for match in re.finditer(pattern, self._slot.text))
        for key in found:
            if key != self._point.word:
                yield self._item(key, ItemKind.FIELD, 0, f"used in this file, of `{name}`")

    def methods(self, receiver: Type) -> Iterator[Item]:
        """Yield the functions and macros that are called on a value of this type."""
        rank = 300  # behind all fields
        for name, entry in self._environment.functions.items():
            if _NAME.fullmatch(name) and any(
                one.is_member and is_assignable(receiver, _without_variables(one.params[0]))
                for one in entry.overloads
            ):
                item = self._function(entry, name)
                yield self._item(name, item.kind, rank, item.detail, item.doc, item.insert)
        macros: tuple[tuple[str, str, str, str], ...] = ()
        if isinstance(receiver, ListType | MapType) or receiver == DYN:
            macros = _LOOPS
        elif isinstance(receiver, OptionalType):
            macros = _OPTIONAL_MACROS
        for name, arguments, result, doc in macros:
            insert = f"{name}({arguments})"
            yield self._item(
                name, ItemKind.MACRO, rank - 1, f"{name}(x, …) -> {result}", doc, insert
            )


def _without_variables(kind: Type) -> Type:
    """Return a parameter's type with `dyn` for its type variables."""
    match kind:
        case TypeVar():
            return DYN
        case ListType(element):
            return ListType(_without_variables(element))
        case MapType(key, value):
            return MapType(_without_variables(key), _without_variables(value))
        case OptionalType(element):
            return OptionalType(_without_variables(element))
        case _:
            return kind
