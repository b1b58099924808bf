"""Recognition of macros: calls that bind a variable or test a field.

Responsible for turning `e.all(x, p)`, `has(e.f)`, `cel.bind(x, v, e)` and their kin into their own
nodes. Never lowers them. Source: cel-spec `doc/langdef.md`, "Macros"; cel-go `ext/README.md`.
"""

from __future__ import annotations

from typing import Final

from interlock.rulebook.guard.nodes import (
    Bind,
    Comprehension,
    Expr,
    Has,
    Ident,
    OptionalMap,
    Select,
)

# macro: for each number of arguments, how many variables come first
_VARIABLES: Final = {
    "all": {2: 1, 3: 2},
    "exists": {2: 1, 3: 2},
    "exists_one": {2: 1, 3: 2},
    "existsOne": {2: 1, 3: 2},
    "filter": {2: 1},
    "map": {2: 1, 3: 1},
    "transformList": {3: 2, 4: 2},
    "transformMap": {3: 2, 4: 2},
    "transformMapEntry": {3: 2, 4: 2},
}
PREDICATES: Final = frozenset({"all", "exists", "exists_one", "existsOne", "filter"})
MACROS: Final = frozenset(_VARIABLES) | {"optMap", "optFlatMap"}


class MacroProblem(Exception):  # noqa: N818 - caught and turned into a value within this folder
    """A macro that is written wrongly, with the range that is wrong."""

    def __init__(self, message: str, node: Expr) -> None:
        super().__init__(message)
        self.message = message
        self.node = node


def expand_call(name: str, args: tuple[Expr, ...], start: int, end: int) -> Expr | None:
    """Return the node of `has(e.f)` or `cel.bind(x, v, e)`, or None when it is another call.

    Raises:
        MacroProblem: an argument is not what the macro needs.
    """
    if name == "has" and len(args) == 1:
        field = args[0]
        if not isinstance(field, Select) or field.is_optional:
            raise MacroProblem("has() takes a field, such as has(event.labels)", field)
        return Has(field.operand, field.field, start, end)
    if name == "cel.bind" and len(args) == 3:  # noqa: PLR2004 - name, value, body
        return Bind(_variable(name, args[0]), args[1], args[2], start, end)
    return None


def expand_method(
    target: Expr, name: str, args: tuple[Expr, ...], start: int, end: int
) -> Expr | None:
    """Return the node of `target.name(args)` when it is a macro, else None.

    Raises:
        MacroProblem: a variable is no simple name, or two have the same name.
    """
    if name not in MACROS:
        return None
    if name in {"optMap", "optFlatMap"}:
        if len(args) != 2:  # noqa: PLR2004 - name, body
            return None
        return OptionalMap(name, target, _variable(name, args[0]), args[1], start, end)
    count = _VARIABLES[name].get(len(args))
    if count is None:
        return None
    variables = tuple(_variable(name, arg) for arg in args[:count])
    if count == 2 and variables[0].name == variables[1].name:  # noqa: PLR2004 - a pair
        raise MacroProblem(f"{name}() names two variables `{variables[0].name}`", variables[1])
    rest = args[count:]
    if name in PREDICATES:
        return Comprehension(name, target, variables, rest[0], None, start, end)
    condition = rest[0] if len(rest) > 1 else None
    return Comprehension(name, target, variables, condition, rest[-1], start, end)


def _variable(macro: str, node: Expr) -> Ident:
    if isinstance(node, Ident) and not node.is_absolute and "." not in node.name:
        return node
    raise MacroProblem(f"{macro}() takes a simple name as its variable, such as `x`", node)
