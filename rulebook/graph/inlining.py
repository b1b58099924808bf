"""Putting named guards in place of their names.

Responsible for the free names of an expression, for what it reads, and for replacing names by
definitions without a macro's variable capturing anything. Pure tree work; knows no rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.rulebook.guard.nodes import (
    Bind,
    Comprehension,
    Expr,
    Has,
    Ident,
    OptionalMap,
    Select,
)
from interlock.rulebook.guard.presence import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Names = frozenset[str]
_NONE: Names = frozenset()


def free_names(expr: Expr) -> dict[str, list[Ident]]:
    """Return the names an expression takes from outside, with every place where it does."""
    found: dict[str, list[Ident]] = {}
    for node, bound in _scoped(expr, _NONE):
        if type(node) is Ident and (node.is_absolute or node.name not in bound):
            found.setdefault(node.name, []).append(node)
    return found


def reads_of(expr: Expr) -> Names:
    """Return the dotted paths an expression reads, such as `incident.labels.team` and `now`."""
    paths: set[str] = set()
    inner: set[int] = set()
    for node, bound in _scoped(expr, _NONE):
        if id(node) in inner:
            inner.update(id(part) for part in _operand(node))
            continue
        path = path_of(node)
        if type(node) is Has and (tested := path_of(node.operand)) is not None:
            path = (*tested, node.field)
        if path is not None and path[0] not in bound:
            paths.add(".".join(path))
            inner.update(id(part) for part in _operand(node))
    return frozenset(paths)


def _operand(node: Expr) -> tuple[Expr, ...]:
    return (node.operand,) if isinstance(node, Select | Has) else ()


def inline(expr: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """Return the expression with each free name of `definitions` replaced by its definition."""
    free = {name: _NONE.union(free_names(definition)) for name, definition in definitions.items()}
    return _inline(expr, definitions, free, _NONE)


def _inline(
    node: Expr, definitions: Mapping[str, Expr], free: Mapping[str, Names], bound: Names
) -> Expr:
    if type(node) is Ident:
        if node.name not in definitions or (node.name in bound and not node.is_absolute):
            return node
        definition = definitions[node.name]
        captured = free[node.name] & bound
        if not captured:
            return definition
        globals_ = {name: Ident(name, is_absolute=True, start=0, end=0) for name in captured}
        return _inline(definition, globals_, dict.fromkeys(globals_, _NONE), _NONE)
    changes: dict[str, Any] = {}
    for field, part, inside in _parts(node, bound):
        if isinstance(part, tuple):
            changes[field] = tuple(_inline(item, definitions, free, inside) for item in part)
        else:
            changes[field] = _inline(part, definitions, free, inside)
    return replace(node, **changes)


def _scoped(node: Expr, bound: Names) -> Iterator[tuple[Expr, Names]]:
    """Yield every node with the macro variables in scope there, parents first."""
    yield node, bound
    for _, part, inside in _parts(node, bound):
        for item in part if isinstance(part, tuple) else (part,):
            yield from _scoped(item, inside)


def _parts(node: Expr, bound: Names) -> Iterator[tuple[str, Any, Names]]:
    """Yield the fields that hold sub-expressions, each with the variables in scope in it."""
    match node:
        case Comprehension():
            inside = bound.union(variable.name for variable in node.variables)
            outside, hidden = frozenset({"iterated"}), frozenset({"variables"})
        case Bind():
            inside = bound | {node.variable.name}
            outside, hidden = frozenset({"value"}), frozenset({"variable"})
        case OptionalMap():
            inside = bound | {node.variable.name}
            outside, hidden = frozenset({"operand"}), frozenset({"variable"})
        case _:
            inside, outside, hidden = bound, _NONE, _NONE
    for field in node.__struct_fields__:
        value = getattr(node, field)
        is_part = isinstance(value, Expr) or (
            isinstance(value, tuple) and bool(value) and isinstance(value[0], Expr)
        )
        if is_part and field not in hidden:
            yield field, value, bound if field in outside else inside
