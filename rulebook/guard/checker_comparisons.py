"""Checking of `==`, `!=` and `in`.

Responsible for comparisons that can never hold: types that are never equal (X204, X216) and words
outside a closed set (X209). Numbers of different types are equal by value, so they may be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.checker_remedies import comparison_code, remedy
from interlock.rulebook.guard.nodes import ListExpr, Literal
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.guard.type_text import describe, is_comparable
from interlock.rulebook.guard.types import (
    BOOL,
    DYN,
    ERROR,
    NOTHING,
    STRING,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    Type,
    is_assignable,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker_walk import Walk
    from interlock.rulebook.guard.nodes import Binary, Expr

_UNKNOWN: Final = (DYN, ERROR, NOTHING)


def check_equality(walk: Walk, node: Binary, left: Type, right: Type) -> Type:
    """Check `left == right` or `left != right`; the result is a bool whatever is wrong."""
    if type(left) is EnumType:
        _check_member(walk, left, node.left, node.right, right)
    elif type(right) is EnumType:
        _check_member(walk, right, node.right, node.left, left)
    if left != right and not is_comparable(left, right):
        never = "never equal" if node.operator == "==" else "always different"
        walk.report(
            comparison_code(left, right),
            f"`{node.operator}` compares {describe(left)} with {describe(right)},"
            f" which are {never}",
            at=node,
            help=remedy(walk, node, left, right),
        )
    return BOOL


def check_membership(walk: Walk, node: Binary, left: Type, right: Type) -> Type:
    """Check `left in right`; the result is a bool whatever is wrong."""
    match right:
        case ListType(element):
            _check_elements(walk, node, left, element)
        case MapType(key):
            element = key
        case ObjectType():
            element = STRING
        case _ if right in _UNKNOWN:
            return BOOL
        case _:
            walk.report(
                "X204",
                f"`in` wants a list or a map on the right, this is {describe(right)}",
                at=node.right,
                help=_part_of(walk, node) if is_assignable(right, STRING) else None,
            )
            return BOOL
    if not is_comparable(left, element):
        walk.report(
            "X204",
            f"`in` looks for {describe(left)} in {describe(right)}, which never has one",
            at=node,
            help=remedy(walk, node, left, element),
        )
    return BOOL


def _part_of(walk: Walk, node: Binary) -> str:
    return f"write `{walk.text(node.right)}.contains({walk.text(node.left)})`"


def _check_elements(walk: Walk, node: Binary, left: Type, element: Type) -> None:
    if type(left) is EnumType:
        if isinstance(node.right, ListExpr):
            for item in node.right.elements:
                _check_member(walk, left, node.left, item, walk.types[id(item)])
    elif type(element) is EnumType:
        _check_member(walk, element, node.right, node.left, left)


def _check_member(walk: Walk, known: EnumType, owner: Expr, other: Expr, found: Type) -> None:
    if isinstance(other, Literal) and isinstance(other.value, str):
        check_word(walk, known, other, other.value)
    elif isinstance(found, EnumType) and not set(found.values) & set(known.values):
        walk.report(
            "X209",
            f"`{walk.text(owner)}` and `{walk.text(other)}` have no value in common",
            at=other,
            notes=(_members(known), _members(found)),
        )


def check_word(walk: Walk, known: EnumType, node: Expr, word: str) -> None:
    """Report a word that the closed set does not have."""
    if word in known.values:
        return
    near = nearest(word, known.values)
    walk.report(
        "X209",
        f'"{word}" is no {known.name}',
        at=node,
        help=None if near is None else f'did you mean `"{near}"`?',
        notes=(_members(known),),
        replacement=None if near is None else f'"{near}"',
    )


def _members(known: EnumType) -> str:
    if not known.values:
        return f"no {known.name.lower()} is declared"
    return f"{known.name} is one of: {listed(known.values)}"
