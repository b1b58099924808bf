"""Checking of operators.

Responsible for which types `+`, `<`, `!`, `&&`, `?:` and their kin take (X204, X216) and for what
is present on either side of `&&` and `||`. What `==` and `in` compare is in
`checker_comparisons.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.checker_comparisons import check_equality, check_membership
from interlock.rulebook.guard.checker_remedies import comparison_code, remedy, truth_remedy
from interlock.rulebook.guard.functions import BINARY, UNARY
from interlock.rulebook.guard.overloads import resolve
from interlock.rulebook.guard.presence import beside, present_when
from interlock.rulebook.guard.suggest import listed
from interlock.rulebook.guard.type_text import describe
from interlock.rulebook.guard.types import (
    BOOL,
    DYN,
    ERROR,
    SimpleType,
    Type,
    is_assignable,
    join,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker_walk import Walk
    from interlock.rulebook.guard.nodes import Binary, Conditional, Expr, Logical, Unary

ORDERING: Final = frozenset({"<", "<=", ">", ">="})
_TRUTH: Final = (BOOL, DYN, ERROR)


def check_binary(walk: Walk, node: Binary) -> Type:
    """Return the type of `left operator right`."""
    operator = node.operator
    left, right = walk.check(node.left), walk.check(node.right)
    if operator in {"==", "!="}:
        return check_equality(walk, node, left, right)
    if operator == "in":
        return check_membership(walk, node, left, right)
    key = (operator, left, right)
    found = walk.memo.get(key)
    if found is None:
        found = resolve(BINARY[operator].overloads, (left, right), is_member=False)
        if found is None:
            return _no_overload(walk, node, left, right)
        if type(left) is SimpleType and type(right) is SimpleType:
            walk.memo[key] = found
    return found


def _no_overload(walk: Walk, node: Binary, left: Type, right: Type) -> Type:
    is_ordering = node.operator in ORDERING
    code = comparison_code(left, right) if is_ordering else "X204"
    verb = "compare" if is_ordering else "take"
    walk.report(
        code,
        f"`{node.operator}` does not {verb} {describe(left)} and {describe(right)}",
        at=node,
        help=remedy(walk, node, left, right),
        notes=() if is_ordering else (_takes(node.operator),),
    )
    return BOOL if is_ordering else ERROR


def _takes(operator: str) -> str:
    pairs = [
        f"{describe(overload.params[0])} {operator} {describe(overload.params[1])}"
        for overload in BINARY[operator].overloads
    ]
    return f"`{operator}` takes: {listed(pairs)}"


def check_unary(walk: Walk, node: Unary) -> Type:
    """Return the type of `!operand` or `-operand`."""
    operand = walk.check(node.operand)
    if node.operator == "!":
        want_truth(walk, node.operand, operand, "`!`")
        return BOOL
    found = resolve(UNARY[node.operator].overloads, (operand,), is_member=False)
    if found is None:
        walk.report(
            "X204",
            f"`-` does not take {describe(operand)}",
            at=node,
            notes=("`-` takes: int, double",),
        )
        return ERROR
    return found


def check_logical(walk: Walk, node: Logical) -> Type:
    """Check every operand of `&&` or `||`, each with what the others vouch for."""
    word = f"`{node.operator}`"
    for operand, paths in zip(node.operands, beside(node), strict=True):
        found = walk.check_where(operand, paths) if paths else walk.check(operand)
        if found is not BOOL:
            want_truth(walk, operand, found, word)
    return BOOL


def check_conditional(walk: Walk, node: Conditional) -> Type:
    """Return the type that both branches of `?:` share."""
    want_truth(walk, node.condition, walk.check(node.condition), "the condition of `?:`")
    then = walk.check_where(node.then, present_when(node.condition, is_true=True))
    otherwise = walk.check_where(node.otherwise, present_when(node.condition, is_true=False))
    if ERROR in (then, otherwise):
        return otherwise if then == ERROR else then
    if not is_assignable(then, otherwise) and not is_assignable(otherwise, then):
        walk.report(
            "X204",
            f"the branches of `?:` differ: {describe(then)} and {describe(otherwise)}",
            at=node,
            help="give both the same type, or wrap one in `dyn(…)`",
        )
        return ERROR
    return join(then, otherwise)


def want_truth(walk: Walk, node: Expr, found: Type, who: str) -> None:
    """Report an expression that must be a bool and is none; `who` wants it."""
    if found not in _TRUTH:
        walk.report(
            "X204",
            f"{who} wants a bool, this is {describe(found)}",
            at=node,
            help=truth_remedy(walk, node, found),
        )
