"""Which optional fields are known to be present where.

Responsible for reading off an expression what must be present when it is true, or false. Never
reports and knows no types.

`&&` and `||` do not care for order: an error beside `false &&` or `true ||` is absorbed (cel-spec
`doc/langdef.md`, "Logical Operators"), so `has()` protects what stands on either side of it.
"""

from __future__ import annotations

from interlock.rulebook.guard.nodes import Conditional, Expr, Has, Ident, Logical, Select, Unary

Path = tuple[str, ...]
Paths = frozenset[Path]
NO_PATHS: Paths = frozenset()


def path_of(node: Expr) -> Path | None:
    """Return `("incident", "owner")` for `incident.owner`, None for what is no plain path."""
    names: list[str] = []
    while type(node) is Select and not node.is_optional:
        names.append(node.field)
        node = node.operand
    if type(node) is not Ident:
        return None
    names.append(node.name)
    return tuple(reversed(names))


def present_when(node: Expr, *, is_true: bool) -> Paths:
    """Return the paths that `has()` vouches for when the expression has that value."""
    if type(node) is Has:
        return _tested(node) if is_true else NO_PATHS
    if type(node) is Logical:
        return _logical(node, is_true=is_true)
    if type(node) is Unary:
        return present_when(node.operand, is_true=not is_true) if node.operator == "!" else NO_PATHS
    if type(node) is Conditional:
        return _conditional(node, is_true=is_true)
    return NO_PATHS


def _tested(node: Has) -> Paths:
    path = path_of(node.operand)
    return NO_PATHS if path is None else frozenset(((*path, node.field),))


def _logical(node: Logical, *, is_true: bool) -> Paths:
    each = [present_when(operand, is_true=is_true) for operand in node.operands]
    if (node.operator == "&&") is is_true:
        return NO_PATHS.union(*each)
    return each[0].intersection(*each[1:])


def _conditional(node: Conditional, *, is_true: bool) -> Paths:
    then = present_when(node.condition, is_true=True) | present_when(node.then, is_true=is_true)
    otherwise = present_when(node.condition, is_true=False)
    return then & (otherwise | present_when(node.otherwise, is_true=is_true))


def beside(node: Logical) -> list[Paths]:
    """Return for each operand what is present whenever its own value, or error, counts."""
    is_true = node.operator == "&&"
    each = [present_when(operand, is_true=is_true) for operand in node.operands]
    if not any(each):
        return each
    return [
        NO_PATHS.union(*(paths for j, paths in enumerate(each) if j != i)) for i in range(len(each))
    ]
