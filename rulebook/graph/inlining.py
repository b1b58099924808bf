"""Putting named guards in place of their names.

Responsible for the names an expression takes from outside, for what it reads, and for replacing
names by definitions without a macro's variable capturing anything. Pure tree work; knows no
rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from interlock.rulebook.guard.nodes import (
    Bind,
    Comprehension,
    Expr,
    Has,
    Ident,
    Logical,
    OptionalMap,
    Select,
    children,
)
from interlock.rulebook.guard.presence import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Names = frozenset[str]
_NONE: Names = frozenset()


class Survey(Struct):
    """What an expression takes from outside.

    Attributes:
        names: Every free name, with each place where it stands.
        reads: The dotted paths it reads, such as `incident.labels.team` and `now`.
    """

    names: dict[str, list[Ident]] = {}
    reads: set[str] = set()


def survey(expr: Expr) -> Survey:
    """Return the free names and the reads of an expression."""
    found = Survey()
    _survey(expr, _NONE, found)
    return found


def _survey(node: Expr, bound: Names, found: Survey) -> None:
    kind = type(node)
    if kind is Ident or kind is Select or kind is Has:
        path = path_of(node.operand) if kind is Has else path_of(node)  # type: ignore[attr-defined] # `kind` says it
        if path is not None:
            root: Any = node
            while type(root) is not Ident:
                root = root.operand
            if root.is_absolute or root.name not in bound:
                found.names.setdefault(root.name, []).append(root)
                tested = (node.field,) if isinstance(node, Has) else ()
                found.reads.add(".".join((*path, *tested)))
            return
    if kind in _BINDERS:
        outside, inside, names = _scopes(node)
        for part in outside:
            _survey(part, bound, found)
        for part in inside:
            _survey(part, bound | names, found)
        return
    for part in children(node):
        _survey(part, bound, found)


def _scopes(node: Expr) -> tuple[tuple[Expr, ...], tuple[Expr, ...], Names]:
    """Return what a macro evaluates outside and inside the scope of its variables, and these."""
    match node:
        case Comprehension():
            names = frozenset(variable.name for variable in node.variables)
            parts = (node.condition, node.result)
            return (node.iterated,), tuple(part for part in parts if part is not None), names
        case Bind():
            return (node.value,), (node.body,), frozenset({node.variable.name})
        case OptionalMap():
            return (node.operand,), (node.body,), frozenset({node.variable.name})
        case _:
            return (node,), (), _NONE


_BINDERS = frozenset({Comprehension, Bind, OptionalMap})
_OUTSIDE = frozenset({"iterated", "value", "operand"})
_VARIABLES = frozenset({"variables", "variable"})


def inline(expr: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """Return the expression with each free name of `definitions` replaced by its definition."""
    free = {name: frozenset(survey(meant).names) for name, meant in definitions.items()}
    return _inline(expr, definitions, free, _NONE)


def _inline(
    node: Expr, definitions: Mapping[str, Expr], free: Mapping[str, Names], bound: Names
) -> Expr:
    if type(node) is Ident:
        if node.name not in definitions or (node.name in bound and not node.is_absolute):
            return node
        captured = free[node.name] & bound
        if not captured:
            return definitions[node.name]
        outer: dict[str, Expr] = {
            name: Ident(name, is_absolute=True, start=0, end=0) for name in captured
        }
        return _inline(definitions[node.name], outer, dict.fromkeys(outer, _NONE), _NONE)
    is_binder = type(node) in _BINDERS
    inside = bound | _scopes(node)[2] if is_binder else bound
    changes: dict[str, Any] = {}
    for name in node.__struct_fields__:
        part = getattr(node, name)
        scope = bound if is_binder and name in _OUTSIDE else inside
        if is_binder and name in _VARIABLES:
            continue
        if isinstance(part, Expr):
            changes[name] = _inline(part, definitions, free, scope)
        elif isinstance(part, tuple) and part and isinstance(part[0], Expr):
            changes[name] = tuple(_inline(item, definitions, free, scope) for item in part)
    changed = replace(node, **changes)
    return _flat(changed) if isinstance(changed, Logical) else changed


def _flat(chain: Logical) -> Logical:
    """Return the chain without chains of the same operator in it, as the parser makes them."""
    operands: list[Expr] = []
    for operand in chain.operands:
        if isinstance(operand, Logical) and operand.operator == chain.operator:
            operands += operand.operands
        else:
            operands.append(operand)
    return replace(chain, operands=tuple(operands))
