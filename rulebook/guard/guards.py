"""Guards ready to be evaluated.

Responsible for the way from source to a callable: parse, check, compile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.compiled import Guard, link
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    return link(source, expr)


def evaluate(source: str, bindings: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        GuardError: the text is no expression, or has no value for these bindings.
    """
    return compile_guard(source)(bindings)


__all__ = ["Guard", "compile_guard", "evaluate"]
