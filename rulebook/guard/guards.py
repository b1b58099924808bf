"""Guards ready to be evaluated.

Responsible for the way from source to a callable: parse, check, compile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.compiled import Guard, link
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.parser import NESTING_MAX, parse
from interlock.rulebook.guard.syntax import ParseProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.nodes import Expr


def compile_guard(
    source: str,
    env: Environment | None = None,
    *,
    nesting_max: int | None = NESTING_MAX,
    cost_limit: int = COST_LIMIT,
) -> Guard:
    """Return the guard that `source` writes.

    Args:
        source: The expression.
        env: What is in scope and of which types; None leaves every name to evaluation.
        nesting_max: How many loops may stand within each other; None: any number.
        cost_limit: How many cost units one evaluation may spend; 1 is about 50 ns.

    Raises:
        GuardError: the text is no expression, or an ill-typed one.
    """
    expr = parse(source, nesting_max=nesting_max)
    if isinstance(expr, ParseProblem):
        raise expr.error()
    if env is not None:
        _refuse_ill_typed(expr, env, source)
    return link(source, expr, cost_limit=cost_limit)


def _refuse_ill_typed(expr: Expr, env: Environment, source: str) -> None:
    for problem in check(expr, env, source=source).problems:
        if not problem.is_warning:
            text = problem.message if problem.help is None else f"{problem.message}; {problem.help}"
            raise GuardError(text, ErrorKind.CHECK, problem.start, problem.end)


def evaluate(source: str, bindings: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        GuardError: the text is no expression, or has no value for these bindings.
    """
    return compile_guard(source)(bindings)


__all__ = ["Guard", "compile_guard", "evaluate"]
