"""Checking of names, fields and indices.

Responsible for what exists (X202, X203, X207) and what may be absent (X208). Never chooses
spellings; see `checker_spelling.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.nodes import Has, Ident, Index, Literal, Select
from interlock.rulebook.guard.presence import path_of
from interlock.rulebook.guard.suggest import listed
from interlock.rulebook.guard.type_text import describe, is_comparable
from interlock.rulebook.guard.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NAMED,
    NOTHING,
    NULL,
    STRING,
    UINT,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
    TypeType,
    is_assignable,
)
from interlock.rulebook.guard.values import Uint

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker_walk import Walk
    from interlock.rulebook.guard.nodes import Expr
    from interlock.rulebook.guard.types import Field

_LITERALS: Final[dict[type, Type]] = {
    bool: BOOL, int: INT, Uint: UINT, float: DOUBLE, str: STRING, bytes: BYTES, type(None): NULL,
}  # fmt: skip
_TYPE_NAMES: Final[dict[str, Type]] = {
    name: TypeType(named)
    for name, named in {
        **NAMED,
        "list": ListType(DYN),
        "map": MapType(DYN, DYN),
        "type": TypeType(DYN),
        "optional_type": OptionalType(DYN),
    }.items()
    if name not in {"dyn", "timestamp", "duration"}
}
_NULLISH: Final = (DYN, NOTHING)


def check_literal(_walk: Walk, node: Literal) -> Type:
    """Return the type of a constant."""
    return _LITERALS[type(node.value)]


def check_ident(walk: Walk, node: Ident) -> Type:
    """Return the type of a name: a local variable, a variable of the place, or a type."""
    name = node.name
    if walk.locals and not node.is_absolute:
        local = walk.locals.get(name)
        if local is not None:
            return local
    variable = walk.variables.get(name)
    if variable is not None:
        return variable.type
    named = _TYPE_NAMES.get(name)
    return named if named is not None else _unknown_name(walk, node)


def _unknown_name(walk: Walk, node: Ident) -> Type:
    place = walk.environment
    where = place.elsewhere.get(node.name)
    if where is not None:
        walk.report(
            "X207",
            f"`{node.name}` is not available in {place.name}",
            at=node,
            help=f"only {where} see it",
            notes=(known_names(walk),),
        )
        return ERROR
    if node.name in walk.functions:
        walk.report(
            "X202",
            f"`{node.name}` is a function, not a value",
            at=node,
            help=f"call it: `{node.name}(…)`",
        )
        return ERROR
    walk.report("X202", f"unknown name `{node.name}`", at=node, notes=(known_names(walk),))
    variables = {name: variable.type for name, variable in walk.variables.items()}
    words: dict[str, Type | None] = {"true": BOOL, "false": BOOL, "null": NULL}
    walk.misspelt(node, {**walk.locals, **variables, **words})
    return ERROR


def known_names(walk: Walk) -> str:
    """Return a note that lists the variables of the place."""
    names = [*walk.locals, *walk.variables]
    return f"{walk.environment.name} knows: {listed(names)}" if names else "no names are known here"


def check_select(walk: Walk, node: Select) -> Type:
    """Return the type of `operand.field` or, wrapped, of `operand.?field`."""
    operand = walk.check(node.operand)
    found = _field(walk, operand, node.field, node, is_tested=node.is_optional)
    return _optional(found) if node.is_optional else found


def check_has(walk: Walk, node: Has) -> Type:
    """Check that the field of `has(operand.field)` can be there at all."""
    _field(walk, walk.check(node.operand), node.field, node, is_tested=True)
    return BOOL


def check_index(walk: Walk, node: Index) -> Type:
    """Return the type of `operand[index]` or, wrapped, of `operand[?index]`."""
    operand, index = walk.check(node.operand), walk.check(node.index)
    found = _element(walk, operand, index, node)
    return _optional(found) if node.is_optional else found


def _optional(found: Type) -> Type:
    return found if found is ERROR or isinstance(found, OptionalType) else OptionalType(found)


def _field(walk: Walk, operand: Type, name: str, node: Select | Has, *, is_tested: bool) -> Type:
    if type(operand) is ObjectType:
        field = operand.field(name)
        if field is None:
            return _unknown_field(walk, operand, name, node)
        if not field.is_required and not is_tested:
            _want_presence(walk, node, node.operand, field)
        return field.type
    match operand:
        case MapType(key, value):
            if not is_comparable(STRING, key):
                walk.report(
                    "X204",
                    f"`.{name}` reads a string key, this is {describe(operand)}",
                    at=walk.place_of_name(name, node.operand),
                )
                return ERROR
            return _known(value)
        case OptionalType(element):
            found = _field(walk, element, name, node, is_tested=True)
            return _optional(found)
        case _ if operand in _NULLISH:
            return DYN
        case _:
            return ERROR if operand == ERROR else _no_fields(walk, operand, name, node)


def _known(found: Type) -> Type:
    return DYN if found == NOTHING else found


def _unknown_field(walk: Walk, record: Any, name: str, node: Select | Has) -> Type:
    walk.report(
        "X203",
        f"`{walk.text(node.operand)}.{name}` is not a field of {record.name}",
        at=walk.place_of_name(name, node.operand),
        notes=(f"{record.name} has: {listed(field.name for field in record.fields)}",),
    )
    walk.misspelt(node, {field.name: field.type for field in record.fields})
    return ERROR


def _no_fields(walk: Walk, operand: Type, name: str, node: Select | Has) -> Type:
    entry = walk.functions.get(name)
    is_method = entry is not None and entry.has_member
    walk.report(
        "X203",
        f"`{walk.text(node.operand)}` is {describe(operand)}, which has no fields",
        at=walk.place_of_name(name, node.operand),
        help=f"call it: `.{name}()`" if is_method else None,
    )
    return ERROR


def _want_presence(walk: Walk, node: Expr, operand: Expr, field: Field) -> None:
    parent = path_of(operand)
    if parent is None:
        return
    path = (*parent, field.name)
    if path in walk.present or path in walk.told:
        return
    walk.told.add(path)
    dotted = ".".join(path)
    default = _DEFAULTS.get(field.type, "…")
    walk.report(
        "X208",
        f"`{dotted}` may be absent, and reading it is then an error",
        at=node,
        help=f"test it: `has({dotted}) && …`, or give a default:"
        f" `{'.'.join(parent)}.?{field.name}.orValue({default})`",
        is_warning=True,
    )


_DEFAULTS: Final[dict[Type, str]] = {STRING: '""', INT: "0", DOUBLE: "0.0", BOOL: "false"}


def _element(walk: Walk, operand: Type, index: Type, node: Index) -> Type:
    match operand:
        case ListType(element):
            wanted: tuple[str, bool] = ("int", is_assignable(index, INT))
            found = element
        case MapType(key, value):
            wanted, found = (describe(key), is_comparable(index, key)), value
        case ObjectType():
            wanted, found = ("string", is_assignable(index, STRING)), _named(walk, operand, node)
        case OptionalType(element):
            return _optional(_element(walk, element, index, node))
        case _ if operand in (*_NULLISH, ERROR):
            return ERROR if operand == ERROR else DYN
        case _:
            walk.report(
                "X204",
                f"`[…]` does not take {describe(operand)}",
                at=node,
                help="use `.charAt(…)`" if is_assignable(operand, STRING) else None,
            )
            return ERROR
    if not wanted[1]:
        walk.report(
            "X204",
            f"{describe(operand)} is indexed by {wanted[0]}, not {describe(index)}",
            at=node.index,
        )
    return _known(found)


def _named(walk: Walk, record: ObjectType, node: Index) -> Type:
    """Return the type of a record's field written as `record["name"]`."""
    if not isinstance(node.index, Literal) or not isinstance(node.index.value, str):
        return DYN
    field = record.field(node.index.value)
    if field is None:
        walk.report(
            "X203",
            f"`{node.index.value}` is not a field of {record.name}",
            at=node.index,
            notes=(f"{record.name} has: {listed(field.name for field in record.fields)}",),
        )
        walk.misspelt(node.index, {field.name: field.type for field in record.fields})
        return ERROR
    if not field.is_required and not node.is_optional:
        _want_presence(walk, node, node.operand, field)
    return field.type
