"""Checking of macros, lists and maps.

Responsible for the types that macros give their variables, and for literals of mixed content (these
hold `dyn`, as CEL allows). Never lowers a macro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.checker_operators import want_truth
from interlock.rulebook.guard.nodes import Comprehension, Expr
from interlock.rulebook.guard.presence import NO_PATHS, Paths, present_when
from interlock.rulebook.guard.type_text import describe
from interlock.rulebook.guard.types import (
    BOOL,
    DYN,
    ERROR,
    INT,
    NOTHING,
    STRING,
    UINT,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
    is_assignable,
    join,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker_walk import Walk
    from interlock.rulebook.guard.nodes import Bind, ListExpr, MapExpr, OptionalMap

_KEYS: Final = (BOOL, INT, UINT, STRING, DYN, ERROR)


def check_list(walk: Walk, node: ListExpr) -> Type:
    """Return `list(T)` of what the elements share."""
    element: Type = NOTHING
    for index, item in enumerate(node.elements):
        found = walk.check(item)
        if index in node.optional_indices:
            found = _unwrap(walk, item, found)
        element = join(element, _content(found))
    return ListType(element)


def check_map(walk: Walk, node: MapExpr) -> Type:
    """Return `map(K, V)` of what the keys and the values share."""
    key: Type = NOTHING
    value: Type = NOTHING
    for entry in node.entries:
        found = walk.check(entry.key)
        if found not in _KEYS and not is_assignable(found, STRING):
            walk.report(
                "X204",
                f"a map key is bool, int, uint or string, not {describe(found)}",
                at=entry.key,
            )
        key = join(key, _content(found))
        content = entry.value
        found = walk.check(content)
        if entry.is_optional:
            found = _unwrap(walk, content, found)
        value = join(value, _content(found))
    return MapType(key, value)


def _content(found: Type) -> Type:
    return DYN if found == ERROR else found


def _unwrap(walk: Walk, node: Expr, found: Type) -> Type:
    match found:
        case OptionalType(element):
            return element
        case _ if found in (DYN, ERROR):
            return found
        case _:
            walk.report("X204", f"`?` wants an optional, this is {describe(found)}", at=node)
            return ERROR


def check_bind(walk: Walk, node: Bind) -> Type:
    """Return the type of the body of `cel.bind`."""
    value = walk.check(node.value)
    with walk.binding({node.variable.name: value}):
        return walk.check(node.body)


def check_optional_map(walk: Walk, node: OptionalMap) -> Type:
    """Return the type of `optMap` or `optFlatMap`."""
    operand = walk.check(node.operand)
    match operand:
        case OptionalType(element):
            variable = DYN if element == NOTHING else element
        case _ if operand in (DYN, ERROR):
            variable = operand
        case _:
            walk.report(
                "X206",
                f"`{node.macro}` is called on an optional, not {describe(operand)}",
                at=node.operand,
            )
            operand = variable = ERROR
    with walk.binding({node.variable.name: variable}):
        body = walk.check(node.body)
    if ERROR in (operand, body):
        return ERROR
    if node.macro == "optMap":
        return OptionalType(body)
    if not isinstance(body, OptionalType) and body not in (DYN, ERROR):
        walk.report(
            "X206",
            f"the body of `optFlatMap` is an optional, not {describe(body)}",
            at=node.body,
            help="use `optMap`",
        )
        return ERROR
    return body


def check_comprehension(walk: Walk, node: Comprehension) -> Type:
    """Return the type of a macro over a list or map."""
    types = _variable_types(walk, node, walk.check(node.iterated))
    names = [variable.name for variable in node.variables]
    vouched = _filtered(node)
    with walk.binding(dict(zip(names, types, strict=True))):
        if node.condition is not None:
            found = walk.check_where(node.condition, vouched)
            want_truth(walk, node.condition, found, f"the condition of `{node.macro}`")
            vouched |= present_when(node.condition, is_true=True)
        if node.result is None:
            return ListType(_content(types[0])) if node.macro == "filter" else BOOL
        result = walk.check_where(node.result, vouched)
    return _collected(walk, node, (_content(types[0]),), _content(result))


def _variable_types(walk: Walk, node: Comprehension, iterated: Type) -> tuple[Type, ...]:
    is_pair = len(node.variables) > 1
    match iterated:
        case ListType(element):
            known = DYN if element == NOTHING else element
            return (INT, known) if is_pair else (known,)
        case MapType(key, value):
            types = tuple(DYN if part == NOTHING else part for part in (key, value))
            return types if is_pair else types[:1]
        case ObjectType():
            return (STRING, DYN) if is_pair else (STRING,)
        case _ if iterated in (DYN, ERROR, NOTHING):
            return ((ERROR if iterated == ERROR else DYN),) * len(node.variables)
        case _:
            walk.report(
                "X206",
                f"`{node.macro}` is called on a list or a map, not {describe(iterated)}",
                at=node.iterated,
            )
            return (ERROR,) * len(node.variables)


def _filtered(node: Comprehension) -> Paths:
    """Return what a `filter` just before vouches for, in terms of this macro's variable."""
    before = node.iterated
    if not isinstance(before, Comprehension) or before.macro != "filter":
        return NO_PATHS
    if before.condition is None:
        return NO_PATHS
    old, new = before.variables[0].name, node.variables[-1].name
    kept = present_when(before.condition, is_true=True)
    return frozenset((new, *path[1:]) for path in kept if path[0] == old)


def _collected(walk: Walk, node: Comprehension, types: tuple[Type, ...], result: Type) -> Type:
    if node.macro == "transformMap":
        return MapType(types[0], result)
    if node.macro != "transformMapEntry":
        return ListType(result)
    if isinstance(result, MapType) or result in (DYN, ERROR):
        return result if isinstance(result, MapType) else MapType(DYN, DYN)
    walk.report(
        "X206",
        f"`transformMapEntry` makes a map of one entry, not {describe(result)}",
        at=node.result or node,
    )
    return ERROR
