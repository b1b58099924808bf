"""Guards as callables.

Responsible for turning an expression into a plain Python function whose code is made at its first
call, and for showing that code to debuggers, profilers and tracebacks. A function and no object
with `__call__`, because Python calls functions several times faster.
"""

from __future__ import annotations

import linecache
import weakref
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from interlock.rulebook.guard.codegen import DOUBTS, can_absorb, generate
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.functions_operators import COST_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.rulebook.guard.nodes import Expr

_NAME_LENGTH: Final = 60


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
    is_usual = cost_limit == COST_LIMIT
    namespace: dict[str, Any] = {
        "__name__": "interlock.guards",
        "_start": _start,
        "_evaluate": evaluate_tree if is_usual else partial(evaluate_tree, cost_limit=cost_limit),
        "_cost_limit": cost_limit,
        "_expr": expr,
        "_DOUBTS": DOUBTS,
    }
    guard = cast("Any", FunctionType(_FIRST_CALL, namespace, "guard"))
    namespace["_guard"] = guard
    guard.source = source
    guard.expr = expr
    return cast("Guard", guard)


def _start(guard: Any, bindings: Mapping[str, Any]) -> Any:
    """Give the guard its code and call it."""
    namespace = guard.__globals__
    # a name with dots takes precedence over fields, which only the tree evaluator looks for
    has_dots = any("." in name for name in bindings)
    cost_limit = namespace["_cost_limit"]
    program = None if has_dots else generate(guard.expr, cost_limit=cost_limit)
    if program is None:
        guard.__code__ = _TREE_ONLY
    else:
        namespace.update(program.namespace)
        namespace["_otherwise"] = _SecondForm(guard.source, guard.expr, cost_limit)
        guard.__code__ = _compile(program.text, guard)
    namespace.pop("_guard", None)
    return guard(bindings)


class _SecondForm:
    """What a guard is evaluated by once its first form met a doubt; made when that happens."""

    __slots__ = ("_call", "_cost_limit", "_expr", "_source")

    def __init__(self, source: str, expr: Expr, cost_limit: int) -> None:
        self._source = source
        self._cost_limit = cost_limit
        self._expr = expr
        self._call: Callable[[Mapping[str, Any]], Any] | None = None

    def __call__(self, bindings: Mapping[str, Any]) -> Any:
        call = self._call
        if call is None:
            call = self._call = self._make()
        return call(bindings)

    def _make(self) -> Callable[[Mapping[str, Any]], Any]:
        expr, cost_limit = self._expr, self._cost_limit
        tree = partial(evaluate_tree, expr, cost_limit=cost_limit)
        program = generate(expr, absorbs=True, cost_limit=cost_limit) if can_absorb(expr) else None
        if program is None:
            return tree
        namespace = {**program.namespace, "_DOUBTS": DOUBTS, "_otherwise": tree}
        function: Any = FunctionType(_FIRST_CALL, namespace, "guard")
        function.source = self._source
        function.__code__ = _compile(program.text, function)
        return cast("Callable[[Mapping[str, Any]], Any]", function)


def _first_call(bindings: Mapping[str, Any]) -> Any:
    return _start(_guard, bindings)  # type: ignore[name-defined] # noqa: F821 - globals of each guard


def _tree_only(bindings: Mapping[str, Any]) -> Any:
    return _evaluate(_expr, bindings)  # type: ignore[name-defined] # noqa: F821 - as above


_FIRST_CALL: Final = _first_call.__code__
_TREE_ONLY: Final = _tree_only.__code__


def _compile(text: str, guard: Any) -> CodeType:
    """Return the code of the function in `text`; `linecache` knows it as long as `guard` lives."""
    title = "".join(c if c.isprintable() else " " for c in guard.source[:_NAME_LENGTH])
    name = f"<guard {id(guard):x}: {title}>"
    module = compile(text, name, "exec", dont_inherit=True)
    # no time of change: `linecache.checkcache` then keeps the entry
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    weakref.finalize(guard, linecache.cache.pop, name, None)
    return next(code for code in module.co_consts if isinstance(code, CodeType))
