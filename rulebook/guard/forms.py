"""What a guard runs: the forms of its code, made when they are needed.

Responsible for giving a guard its code at its first call, for what takes over once that code meets
a doubt, and for showing the code to debuggers, profilers and tracebacks.
"""

from __future__ import annotations

import linecache
import weakref
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, cast

from interlock.rulebook.guard.codegen import DOUBTS, can_absorb, generate
from interlock.rulebook.guard.evaluator import evaluate_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.rulebook.guard.nodes import Expr

_NAME_LENGTH: Final = 60


def give_form(guard: Any, bindings: Mapping[str, Any]) -> None:
    """Replace the code of a guard that was never called; `bindings` are those of its first call."""
    namespace = guard.__globals__
    # a name with dots takes precedence over fields, which only the tree evaluator looks for
    has_dots = any("." in name for name in bindings)
    cost_limit = namespace["_cost_limit"]
    program = None if has_dots else generate(guard.expr, cost_limit=cost_limit)
    if program is None:
        namespace["_evaluate"] = partial(evaluate_tree, cost_limit=cost_limit)
        guard.__code__ = _TREE_ONLY
    else:
        namespace.update(program.namespace)
        namespace["_DOUBTS"] = DOUBTS
        namespace["_otherwise"] = _SecondForm(guard.source, guard.expr, cost_limit)
        guard.__code__ = _compile(program.text, guard)
    namespace.pop("_guard", None)


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
        function: Any = FunctionType(_TREE_ONLY, namespace, "guard")
        function.source = self._source
        function.__code__ = _compile(program.text, function)
        return cast("Callable[[Mapping[str, Any]], Any]", function)


def _tree_only(bindings: Mapping[str, Any]) -> Any:
    return _evaluate(_expr, bindings)  # type: ignore[name-defined] # noqa: F821 - as above


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
