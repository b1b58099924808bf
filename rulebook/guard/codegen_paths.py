"""Names, fields, presence and look-up, as Python terms.

What is proved by not being checked: `x["f"]` with a text key raises for everything but a map, so a
value that comes back is the map's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.codegen_optionals import (
    has_in_optional,
    is_optional,
    translate_optional,
)
from interlock.rulebook.guard.codegen_writer import LISTS, Path, Term
from interlock.rulebook.guard.comparison import index
from interlock.rulebook.guard.nodes import Expr, Has, Ident, Index, Literal, Select
from interlock.rulebook.guard.values import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.rulebook.guard.codegen_translator import Translator

_MAPS: Final = frozenset({None, dict})  # what may turn out to be a map


def path_of(node: Expr) -> Path | None:
    """Return the name and fields of `name.field.field`, or None for any other expression."""
    fields: list[str] = []
    while isinstance(node, Select) and not node.is_optional:
        fields.append(node.field)
        node = node.operand
    if not isinstance(node, Ident) or node.is_absolute:
        return None
    return (node.name, *reversed(fields))


def _read(translator: Translator, node: Expr, make: Callable[[], str]) -> Term:
    """Return a term for a path; one that is mentioned often is computed at its first use."""
    path = path_of(node)
    if path is None:
        return Term(make())
    local = translator.locals.get(path[0])
    # a dot cannot stand in a name of a path's head, so the two kinds of key never meet
    key = path if local is None else (f".{local.name}", *path[1:])
    known = translator.writer.known.get(key)
    if known is not None:
        return Term(known, None, known)
    text = make()
    if translator.uses[path] == 1:
        return Term(text)
    name = translator.writer.name(path[-1])
    translator.writer.known[key] = name
    return Term(f"({name} := {text})", None, name)


def translate_ident(translator: Translator, node: Ident) -> Term:
    """Return a local variable of the guard, or a binding."""
    local = translator.locals.get(node.name)
    if local is not None and not node.is_absolute:
        return local
    if node.name in TYPES:
        kind = translator.writer.constant("type", TYPES[node.name])
        return Term(f"bindings.get({node.name!a}, {kind})")
    return _read(translator, node, lambda: f"bindings[{node.name!a}]")


def translate_select(translator: Translator, node: Select) -> Term:
    """Return the value of a field."""
    if is_optional(node):
        return translate_optional(translator, node)
    return _read(translator, node, lambda: f"{_map_of(translator, node)}[{node.field!a}]")


def _map_of(translator: Translator, node: Select) -> str:
    operand = translator.value(node.operand)
    return operand.text if operand.kind in _MAPS else translator.writer.doubt()


def translate_has(translator: Translator, node: Has) -> Term:
    """Return whether a field is present; a text would find a part of itself, so it is excluded."""
    if is_optional(node.operand):
        return has_in_optional(translator, node)
    operand = translator.writer.hold(translator.value(node.operand), "operand")
    test = f"{node.field!a} in {operand.name}"
    return Term(
        f"({test} if type({operand.argument}) is dict else {translator.writer.doubt()})", bool
    )


def translate_index(translator: Translator, node: Index) -> Term:
    """Return an element or the value at a key.

    Indexing by text raises for all but maps. A number indexes text and bytes too, counts from the
    end when negative, and finds the key `true` by 1: a list and a number from 0 is what is inlined.
    """
    if is_optional(node):
        return translate_optional(translator, node)
    operand, key = translator.values((node.operand, node.index))
    if key.kind is str and operand.kind in _MAPS:
        return Term(f"{operand.text}[{key.text}]")
    writer = translator.writer
    look_up = writer.constant("index", index)
    is_position = isinstance(node.index, Literal) and key.kind is int and node.index.value >= 0
    if is_position and operand.kind in {None, list}:
        held = writer.hold(operand, "operand")
        slow = f"{look_up}({held.name}, {key.text})"
        lists = writer.constant("lists", LISTS)
        return Term(f"({held.name}[{key.text}] if type({held.argument}) in {lists} else {slow})")
    return Term(f"{look_up}({operand.text}, {key.text})")
