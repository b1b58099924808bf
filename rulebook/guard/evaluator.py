"""The plain evaluator: nodes and bindings to a value.

Responsible for what the language means, in the most direct way; the compiled form is tested against
it. Spends cost units on every step, so that every evaluation ends. Never changes a binding.
Source: cel-spec `doc/langdef.md`, "Evaluation".

A function that the table lacks is a look-up when a map is bound to its name: `on_call("sre")` is
the value at `"sre"` of the binding `on_call`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from interlock.rulebook.guard import evaluator_macros as macros
from interlock.rulebook.guard.comparison import (
    MISSING,
    describe_key,
    find,
    find_field,
    find_index,
    index,
    select,
)
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.functions import BINARY, FUNCTIONS, UNARY
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.maps import build_map
from interlock.rulebook.guard.nodes import (
    Binary,
    Bind,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logical,
    MapExpr,
    OptionalMap,
    Select,
    Unary,
)
from interlock.rulebook.guard.values import (
    NONE,
    TYPES,
    OptionalValue,
    need_optional,
    no_overload,
    type_name,
)


def evaluate_tree(node: Expr, bindings: Mapping[str, Any], cost_limit: int = COST_LIMIT) -> Any:
    """Return the value of an expression.

    Args:
        node: The expression.
        bindings: The value of each variable; see `values.py` for what values may be.
        cost_limit: How many cost units may be spent; 1 is about 50 ns of a compiled guard.

    Raises:
        GuardError: the expression has no value; placed at the sub-expression that failed.
    """
    return Evaluation(bindings, cost_limit).value(node)


class Evaluation:
    """One evaluation: bindings, local variables and what is left of the budget."""

    def __init__(self, bindings: Mapping[str, Any], cost_limit: int = COST_LIMIT) -> None:
        self.bindings = bindings
        self.locals: dict[str, Any] = {}
        self.has_dotted_names = any("." in name for name in bindings)
        self._left = cost_limit
        self._limit = cost_limit

    def value(self, node: Expr) -> Any:
        """Return the value of a node, placing an error at the deepest node that failed."""
        try:
            self.spend(1)
            return _VISITS[type(node)](self, node)
        except GuardError as error:
            raise error.at(node.start, node.end) from None

    def spend(self, units: int) -> None:
        """Take cost units from the budget.

        Raises:
            GuardError: the budget is used up.
        """
        self._left -= units
        if self._left < 0:
            raise GuardError(f"cost limit of {self._limit} units exceeded", ErrorKind.COST)

    def truth(self, node: Expr) -> bool | GuardError:
        """Return true, false or the error; only running out of budget is not held back."""
        try:
            return self.condition(node)
        except GuardError as error:
            if error.kind is ErrorKind.COST:
                raise
            return error

    def condition(self, node: Expr) -> bool:
        """Return the value of a node that must be a bool."""
        value = self.value(node)
        if isinstance(value, bool):
            return value
        raise GuardError(
            f"a bool is needed, not {type_name(value)}", ErrorKind.NO_SUCH_OVERLOAD
        ).at(node.start, node.end)

    def within(
        self,
        variables: tuple[Ident, ...],
        values: tuple[Any, ...],
        body: Expr,
        visit: Callable[[Expr], Any] | None = None,
    ) -> Any:
        """Return what `visit` (`value` when None) makes of a body that sees local variables."""
        outer = self.locals
        self.locals = {**outer, **{v.name: x for v, x in zip(variables, values, strict=True)}}
        try:
            return (visit or self.value)(body)
        finally:
            self.locals = outer


def _literal(_evaluation: Evaluation, node: Literal) -> Any:
    return node.value


def _ident(evaluation: Evaluation, node: Ident) -> Any:
    if not node.is_absolute and node.name in evaluation.locals:
        found = evaluation.locals[node.name]
        if isinstance(found, GuardError):
            raise found
        return found
    if node.name in evaluation.bindings:
        return evaluation.bindings[node.name]
    if node.name in TYPES:
        return TYPES[node.name]
    raise GuardError(f"undeclared name `{node.name}`", ErrorKind.UNDECLARED)


def _dotted(evaluation: Evaluation, node: Select) -> Any:
    """Return the binding whose name is the whole path `a.b.c`, or `MISSING`."""
    parts = [node.field]
    operand = node.operand
    while isinstance(operand, Select) and not operand.is_optional:
        parts.append(operand.field)
        operand = operand.operand
    if not isinstance(operand, Ident) or operand.name in evaluation.locals:
        return MISSING
    parts.append(operand.name)
    return evaluation.bindings.get(".".join(reversed(parts)), MISSING)


def _select(evaluation: Evaluation, node: Select) -> Any:
    if evaluation.has_dotted_names and not node.is_optional:
        found = _dotted(evaluation, node)
        if found is not MISSING:
            return found
    operand = evaluation.value(node.operand)
    if isinstance(operand, OptionalValue):
        return _present(find_field(operand.value, node.field)) if operand.has_value else NONE
    if node.is_optional:
        return _present(find_field(operand, node.field))
    return select(operand, node.field)


def _has(evaluation: Evaluation, node: Has) -> bool:
    operand = evaluation.value(node.operand)
    if isinstance(operand, OptionalValue):
        return operand.has_value and find_field(operand.value, node.field) is not MISSING
    return find_field(operand, node.field) is not MISSING


def _index(evaluation: Evaluation, node: Index) -> Any:
    container = evaluation.value(node.operand)
    key = evaluation.value(node.index)
    if isinstance(container, OptionalValue):
        return _present(find_index(container.value, key)) if container.has_value else NONE
    if node.is_optional:
        return _present(find_index(container, key))
    return index(container, key)


def _present(found: Any) -> OptionalValue:
    return NONE if found is MISSING else OptionalValue(has_value=True, value=found)


def _unary(evaluation: Evaluation, node: Unary) -> Any:
    return UNARY[node.operator].call(evaluation.value(node.operand))


def _binary(evaluation: Evaluation, node: Binary) -> Any:
    left = evaluation.value(node.left)
    right = evaluation.value(node.right)
    function = BINARY[node.operator]
    evaluation.spend(function.cost(left, right) - 1)
    return function.call(left, right)


def _logical(evaluation: Evaluation, node: Logical) -> bool:
    decisive = node.operator == "||"
    failure: GuardError | None = None
    for operand in node.operands:
        outcome = evaluation.truth(operand)
        if outcome is decisive:
            return decisive
        if isinstance(outcome, GuardError):
            failure = failure or outcome
    if failure is not None:
        raise failure
    return not decisive


def _conditional(evaluation: Evaluation, node: Conditional) -> Any:
    condition = evaluation.condition(node.condition)
    return evaluation.value(node.then if condition else node.otherwise)


def _call(evaluation: Evaluation, node: Call) -> Any:
    function = FUNCTIONS.get(node.function)
    args: list[Any] = []
    if node.target is not None:
        args.append(evaluation.value(node.target))
        if _decides(node, args[0]):
            return args[0] if node.function == "or" else args[0].value
    args.extend(evaluation.value(arg) for arg in node.args)
    if function is None:
        return _look_up(evaluation, node, args)
    if not function.takes(len(args), is_member=node.target is not None):
        raise no_overload(node.function, *args)
    evaluation.spend(function.cost(*args) - 1)
    return function.call(*args)


def _decides(node: Call, target: Any) -> bool:
    """Tell whether `target.or(x)` or `target.orValue(x)` does not need `x`."""
    return (
        node.function in {"or", "orValue"}
        and len(node.args) == 1
        and isinstance(target, OptionalValue)
        and target.has_value
    )


def _look_up(evaluation: Evaluation, node: Call, args: list[Any]) -> Any:
    table = evaluation.bindings.get(node.function)
    if node.target is not None or len(args) != 1 or not isinstance(table, Mapping):
        raise GuardError(f"undeclared function `{node.function}`", ErrorKind.UNDECLARED)
    found = find(table, args[0])
    if found is MISSING:
        raise GuardError(
            f"{node.function}: no such name: {describe_key(args[0])}", ErrorKind.NO_SUCH_KEY
        )
    return found


def _list(evaluation: Evaluation, node: ListExpr) -> list[Any]:
    optional = frozenset(node.optional_indices)
    items: list[Any] = []
    for position, element in enumerate(node.elements):
        value = evaluation.value(element)
        if position not in optional:
            items.append(value)
        elif need_optional(value, element.start, element.end).has_value:
            items.append(value.value)
    return items


def _map(evaluation: Evaluation, node: MapExpr) -> Mapping[Any, Any]:
    pairs: list[tuple[Any, Any]] = []
    for entry in node.entries:
        key, value = evaluation.value(entry.key), evaluation.value(entry.value)
        if not entry.is_optional:
            pairs.append((key, value))
        elif need_optional(value, entry.value.start, entry.value.end).has_value:
            pairs.append((key, value.value))
    return build_map(pairs)


_VISITS: Final[dict[type[Expr], Callable[[Evaluation, Any], Any]]] = {
    Literal: _literal,
    Ident: _ident,
    Select: _select,
    Has: _has,
    Index: _index,
    Unary: _unary,
    Binary: _binary,
    Logical: _logical,
    Conditional: _conditional,
    Call: _call,
    ListExpr: _list,
    MapExpr: _map,
    Bind: macros.bind,
    OptionalMap: macros.optional_map,
    Comprehension: macros.comprehension,
}
