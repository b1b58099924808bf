"""Guards ready to be evaluated.

Responsible for the way from source to a callable: parse, check, compile. `Guard.__call__` is the
seam between the plain evaluator and the compiled form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.guard.nodes import Expr


class Guard:
    """A compiled expression; call it with bindings.

    Attributes:
        source: The text it was compiled from.
        expr: The parsed expression.
    """

    __slots__ = ("expr", "source")

    def __init__(self, source: str, expr: Expr) -> None:
        self.source = source
        self.expr = expr

    def __call__(self, bindings: Mapping[str, Any]) -> Any:
        """Return the value for these bindings.

        Raises:
            GuardError: the expression has no value for them.
        """
        return evaluate_tree(self.expr, bindings)

    def __repr__(self) -> str:
        return f"Guard({self.source!r})"


def compile_guard(source: str, env: Any = None) -> Guard:
    """Return the guard that `source` writes.

    Args:
        source: The expression.
        env: What is in scope and of which types; None leaves every name to evaluation.

    Raises:
        GuardError: the text is no expression, or an ill-typed one.
    """
    del env
    expr = parse(source)
    if isinstance(expr, ParseProblem):
        raise expr.error()
    return Guard(source, expr)


def evaluate(source: str, bindings: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        GuardError: the text is no expression, or has no value for these bindings.
    """
    return compile_guard(source)(bindings)
