"""The type checker of the guard language.

Responsible for `check`: the type of every sub-expression and everything that is wrong, each at its
exact place. Gradual: what is untyped is `dyn` and fits anywhere. One root cause gives one problem,
because an ill-typed expression silences what depends on it, and a mistake on one side of an
operator hides nothing on the other. Never evaluates. Source: cel-spec `doc/langdef.md`, "Gradual
Type Checking"; decisions in docs/adr/0003-guard-types.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.rulebook.guard import (
    checker_access,
    checker_calls,
    checker_macros,
    checker_operators,
    nodes,
)
from interlock.rulebook.guard.checker_remedies import truth_remedy
from interlock.rulebook.guard.checker_spelling import add_spellings
from interlock.rulebook.guard.checker_walk import Walk
from interlock.rulebook.guard.nodes import Expr
from interlock.rulebook.guard.presence import NO_PATHS, Path
from interlock.rulebook.guard.problems import Problem
from interlock.rulebook.guard.type_text import describe
from interlock.rulebook.guard.types import BOOL, Type, is_assignable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.guard.environment import Environment

_RULES: Final[dict[type[Expr], Any]] = {
    nodes.Literal: checker_access.check_literal,
    nodes.Ident: checker_access.check_ident,
    nodes.Select: checker_access.check_select,
    nodes.Has: checker_access.check_has,
    nodes.Index: checker_access.check_index,
    nodes.Unary: checker_operators.check_unary,
    nodes.Binary: checker_operators.check_binary,
    nodes.Logical: checker_operators.check_logical,
    nodes.Conditional: checker_operators.check_conditional,
    nodes.Call: checker_calls.check_call,
    nodes.ListExpr: checker_macros.check_list,
    nodes.MapExpr: checker_macros.check_map,
    nodes.Comprehension: checker_macros.check_comprehension,
    nodes.Bind: checker_macros.check_bind,
    nodes.OptionalMap: checker_macros.check_optional_map,
}


class Checked(msgspec.Struct, frozen=True):
    """An expression with its types.

    Attributes:
        expr: The expression, which keeps the ids in `types` valid.
        types: The type of every sub-expression by `id()` of its node; map entries and the variables
            that macros bind have none.
        problems: In the order of the text.
    """

    expr: Expr
    types: Mapping[int, Type]
    problems: tuple[Problem, ...]

    @property
    def type(self) -> Type:
        """The type of the whole expression; `error` when it has none."""
        return self.types[id(self.expr)]

    def type_of(self, node: Expr) -> Type:
        """Return the type of a sub-expression (the very node, not an equal one)."""
        return self.types[id(node)]

    @property
    def has_errors(self) -> bool:
        """True when the expression must not be used."""
        return any(not problem.is_warning for problem in self.problems)


def check(
    expr: Expr,
    environment: Environment,
    *,
    source: str = "",
    expects: Type | None = None,
    present: Iterable[Path] = NO_PATHS,
) -> Checked:
    """Return the types and problems of an expression.

    Args:
        expr: What `parse` gave.
        environment: The names of the place where it stands.
        source: Its text, for messages that repeat words of it and exact places of names.
        expects: The type its value must have; `dyn` is let through.
        present: Optional fields known to be set here, such as `("incident", "resolved_at")`.
    """
    walk = Walk(_RULES, environment, source, frozenset(present) if present else NO_PATHS)
    found = walk.check(expr)
    if expects is not None and found is not expects and not is_assignable(found, expects):
        _report_unexpected(walk, expr, found, expects)
    if walk.misspellings:
        add_spellings(walk, expr, expects)
    problems = walk.problems
    if len(problems) > 1:
        problems = _in_order(problems)
    return Checked(expr, walk.types, tuple(problems))


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Return the problems in the order of the text, without warnings about what is wrong anyway."""
    wrong = [(problem.start, problem.end) for problem in problems if not problem.is_warning]
    kept = [
        problem
        for problem in problems
        if not problem.is_warning
        or not any(start <= problem.start and problem.end <= end for start, end in wrong)
    ]
    return sorted(kept, key=lambda problem: (problem.start, problem.end))


def check_guard(expr: Expr, environment: Environment, *, source: str = "") -> Checked:
    """Return the types and problems of an expression that must be a bool."""
    return check(expr, environment, source=source, expects=BOOL)


def _report_unexpected(walk: Walk, expr: Expr, found: Type, expects: Type) -> None:
    is_guard = expects == BOOL
    walk.report(
        "X205" if is_guard else "X204",
        f"{'a guard' if is_guard else 'the value'} must be a {describe(expects)},"
        f" this is {describe(found)}",
        at=expr,
        help=truth_remedy(walk, expr, found) if is_guard else None,
    )
