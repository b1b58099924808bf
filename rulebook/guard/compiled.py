"""Guards as callables.

Responsible for turning an expression into a plain Python function whose code is made at its first
call (`forms.py`). A function and no object with `__call__`, because Python calls functions several
times faster. Nothing is imported for a guard that is never called.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from interlock.rulebook.guard.functions_operators import COST_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.guard.nodes import Expr


class Guard(Protocol):
    """A compiled expression; call it with bindings.

    Attributes:
        source: The text it was compiled from.
        expr: The parsed expression.
    """

    source: str
    expr: Expr

    def __call__(self, bindings: Mapping[str, Any], /) -> Any:
        """Return the value for these bindings.

        Raises:
            GuardError: the expression has no value for them.
        """


def link(source: str, expr: Expr, *, cost_limit: int = COST_LIMIT) -> Guard:
    """Return the guard of a parsed expression; nothing is generated before its first call."""
    namespace: dict[str, Any] = {
        "__name__": "interlock.guards",
        "_start": _start,
        "_cost_limit": cost_limit,
        "_expr": expr,
    }
    guard = cast("Any", FunctionType(_FIRST_CALL, namespace, "guard"))
    namespace["_guard"] = guard
    guard.source = source
    guard.expr = expr
    return cast("Guard", guard)


def _first_call(bindings: Mapping[str, Any]) -> Any:
    return _start(_guard, bindings)  # type: ignore[name-defined] # noqa: F821 - globals of each guard


_FIRST_CALL: Final = _first_call.__code__


def _start(guard: Any, bindings: Mapping[str, Any]) -> Any:
    """Give the guard its code and call it."""
    from interlock.rulebook.guard.forms import give_form  # noqa: PLC0415 - see the module

    give_form(guard, bindings)
    return guard(bindings)
