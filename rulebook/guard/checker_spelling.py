"""Near spellings for names that do not exist.

Responsible for the name an author most likely meant: near in spelling and of a type that fits where
it stands. Runs after the walk, when the types around a mistake are known, and only on mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from interlock.rulebook.guard.nodes import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Has,
    Ident,
    Literal,
    Logical,
    Select,
    Unary,
    children,
    walk,
)
from interlock.rulebook.guard.overloads import fits, parameters
from interlock.rulebook.guard.suggest import nearest
from interlock.rulebook.guard.type_text import is_comparable
from interlock.rulebook.guard.types import (
    BOOL,
    DYN,
    ERROR,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.rulebook.guard.checker_walk import Misspelling, Walk
    from interlock.rulebook.guard.problems import Problem

    Fits = Callable[[Type], bool]

_CONTAINERS: Final = (ListType, MapType)


def add_spellings(state: Walk, root: Expr, expects: Type | None) -> None:
    """Complete the problems of a finished walk with what was probably meant."""
    parents = {id(child): node for node in walk(root) for child in children(node)}
    for misspelling in state.misspellings:
        parent = parents.get(id(misspelling.node))
        wants = _wanted(state, parent, misspelling.node, expects)
        problem = state.problems[misspelling.problem]
        state.problems[misspelling.problem] = _complete(state, problem, misspelling, parent, wants)


def _complete(
    state: Walk, problem: Problem, misspelling: Misspelling, parent: Expr | None, wants: Fits
) -> Problem:
    node = misspelling.node
    word = _word(node)
    if isinstance(node, Ident):
        quoted = _quoted(state, parent, node)
        if quoted is not None:
            return _with(problem, quoted, f"`{word}` is a value: write `{quoted}`")
    near = nearest(
        word, [name for name, kind in misspelling.candidates.items() if kind is None or wants(kind)]
    )
    if near is not None and isinstance(node, Literal):
        return _with(problem, f'"{near}"', f'did you mean `"{near}"`?')
    if near is not None:
        return _with(problem, near, f"did you mean `{near}`?")
    if isinstance(node, Ident):
        dotted = _field_of_variable(state, node, wants)
        if dotted is not None:
            return _with(problem, dotted, f"did you mean `{dotted}`?")
    return problem


def _with(problem: Problem, replacement: str, help: str) -> Problem:  # noqa: A002 - the attribute
    return msgspec.structs.replace(problem, replacement=replacement, help=help)


def _word(node: Expr) -> str:
    match node:
        case Ident(name=word) | Select(field=word) | Has(field=word) | Call(function=word):
            return word
        case Literal(value=str(word)):
            return word
        case _:
            return ""


def _quoted(state: Walk, parent: Expr | None, node: Ident) -> str | None:
    """Return the name in quotes when it is a word of the closed set that it stands beside."""
    if not isinstance(parent, Binary):
        return None
    other = parent.right if parent.left is node else parent.left
    known = state.types.get(id(other))
    if isinstance(known, EnumType) and node.name in known.values:
        return f'"{node.name}"'
    return None


def _field_of_variable(state: Walk, node: Ident, wants: Fits) -> str | None:
    for name, variable in state.variables.items():
        record = variable.type
        if isinstance(record, ObjectType):
            field = record.field(node.name)
            if field is not None and wants(field.type):
                return f"{name}.{node.name}"
    return None


def _wanted(state: Walk, parent: Expr | None, node: Expr, expects: Type | None) -> Fits:
    """Return which types would fit where the node stands."""
    match parent:
        case None:
            return _anything if expects is None else _like(expects)
        case Logical() | Unary(operator="!"):
            return _like(BOOL)
        case Conditional(condition=condition) if condition is node:
            return _like(BOOL)
        case Select(field=field) | Has(field=field):
            return lambda kind: _has_field(kind, field)
        case Comprehension(iterated=iterated) if iterated is node:
            return lambda kind: kind == DYN or isinstance(kind, _CONTAINERS)
        case Binary():
            return _beside(state, parent, node)
        case Call():
            return _argument(state, parent, node)
        case _:
            return _anything


def _anything(_kind: Type) -> bool:
    return True


def _like(wanted: Type) -> Fits:
    return lambda kind: is_comparable(kind, wanted)


def _has_field(kind: Type, field: str) -> bool:
    match kind:
        case ObjectType():
            return kind.field(field) is not None
        case OptionalType(element):
            return _has_field(element, field)
        case _:
            return kind == DYN or isinstance(kind, MapType)


def _beside(state: Walk, parent: Binary, node: Expr) -> Fits:
    is_left = parent.left is node
    other = state.types.get(id(parent.right if is_left else parent.left), DYN)
    if other in (DYN, ERROR):
        return _anything
    if parent.operator != "in":
        return _like(other)
    if not is_left:
        return lambda kind: kind == DYN or isinstance(kind, _CONTAINERS)
    match other:
        case ListType(element) | MapType(key=element):
            return _like(element)
        case _:
            return _anything


def _argument(state: Walk, parent: Call, node: Expr) -> Fits:
    entry = state.functions.get(parent.function)
    if entry is None:
        return _anything
    parts = children(parent)
    index = next(i for i, part in enumerate(parts) if part is node)
    found = [parameters(overload, len(parts)) for overload in entry.overloads]
    return lambda kind: any(params is not None and fits(params[index], kind) for params in found)
