"""The plain evaluator: nodes and bindings to a value.

Responsible for what the language means, in the most direct way; the compiled form is tested against
it. Spends cost units on every step, so that every evaluation ends. Never changes a binding. Source:
cel-spec `doc/langdef.md`, "Evaluation".

A function that the table lacks is a look-up when a map is bound to its name: `on_call("sre")` is
the value at `"sre"` of the binding `on_call`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

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
    LIST_LENGTH_MAX,
    NONE,
    TYPES,
    OptionalValue,
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
        self._bindings = bindings
        self._locals: dict[str, Any] = {}
        self._left = cost_limit
        self._limit = cost_limit
        self._has_dotted_names = any("." in name for name in bindings)

    def value(self, node: Expr) -> Any:
        """Return the value of a node, placing an error at the deepest node that failed."""
        try:
            self._spend(1)
            return _VISITS[type(node)](self, node)
        except GuardError as error:
            raise error.at(node.start, node.end) from None

    def _spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise GuardError(f"cost limit of {self._limit} units exceeded", ErrorKind.COST)

    # names and fields

    def _literal(self, node: Literal) -> Any:
        return node.value

    def _ident(self, node: Ident) -> Any:
        if not node.is_absolute and node.name in self._locals:
            found = self._locals[node.name]
            if isinstance(found, GuardError):
                raise found
            return found
        if node.name in self._bindings:
            return self._bindings[node.name]
        if node.name in TYPES:
            return TYPES[node.name]
        raise GuardError(f"undeclared name `{node.name}`", ErrorKind.UNDECLARED)

    def _dotted(self, node: Select) -> Any:
        """Return the binding whose name is the whole path `a.b.c`, or `MISSING`."""
        parts = [node.field]
        operand = node.operand
        while isinstance(operand, Select) and not operand.is_optional:
            parts.append(operand.field)
            operand = operand.operand
        if not isinstance(operand, Ident) or operand.name in self._locals:
            return MISSING
        parts.append(operand.name)
        return self._bindings.get(".".join(reversed(parts)), MISSING)

    def _select(self, node: Select) -> Any:
        if self._has_dotted_names and not node.is_optional:
            found = self._dotted(node)
            if found is not MISSING:
                return found
        operand = self.value(node.operand)
        if isinstance(operand, OptionalValue):
            return _present(find_field(operand.value, node.field)) if operand.has_value else NONE
        if node.is_optional:
            return _present(find_field(operand, node.field))
        return select(operand, node.field)

    def _has(self, node: Has) -> bool:
        operand = self.value(node.operand)
        if isinstance(operand, OptionalValue):
            return operand.has_value and find_field(operand.value, node.field) is not MISSING
        return find_field(operand, node.field) is not MISSING

    def _index(self, node: Index) -> Any:
        container = self.value(node.operand)
        key = self.value(node.index)
        if isinstance(container, OptionalValue):
            return _present(find_index(container.value, key)) if container.has_value else NONE
        if node.is_optional:
            return _present(find_index(container, key))
        return index(container, key)

    # operators and calls

    def _unary(self, node: Unary) -> Any:
        return UNARY[node.operator].call(self.value(node.operand))

    def _binary(self, node: Binary) -> Any:
        left = self.value(node.left)
        right = self.value(node.right)
        function = BINARY[node.operator]
        self._spend(function.cost(left, right) - 1)
        return function.call(left, right)

    def _logical(self, node: Logical) -> bool:
        decisive = node.operator == "||"
        failure: GuardError | None = None
        for operand in node.operands:
            outcome = self._truth(operand)
            if outcome is decisive:
                return decisive
            if isinstance(outcome, GuardError):
                failure = failure or outcome
        if failure is not None:
            raise failure
        return not decisive

    def _truth(self, node: Expr) -> bool | GuardError:
        """Return true, false or the error; only running out of budget is not held back."""
        try:
            value = self.value(node)
        except GuardError as error:
            if error.kind is ErrorKind.COST:
                raise
            return error
        return value if isinstance(value, bool) else _no_bool(value, node)

    def _conditional(self, node: Conditional) -> Any:
        condition = self._condition(node.condition)
        return self.value(node.then if condition else node.otherwise)

    def _condition(self, node: Expr) -> bool:
        value = self.value(node)
        if isinstance(value, bool):
            return value
        raise _no_bool(value, node)

    def _call(self, node: Call) -> Any:
        function = FUNCTIONS.get(node.function)
        if node.target is None:
            args = [self.value(arg) for arg in node.args]
        else:
            target = self.value(node.target)
            if _decides(node, target):
                return target if node.function == "or" else target.value
            args = [target, *(self.value(arg) for arg in node.args)]
        if function is None:
            return self._look_up(node, args)
        if not function.takes(len(args), is_member=node.target is not None):
            types = ", ".join(type_name(arg) for arg in args)
            raise GuardError(
                f"no such overload: {node.function}({types})", ErrorKind.NO_SUCH_OVERLOAD
            )
        self._spend(function.cost(*args) - 1)
        return function.call(*args)

    def _look_up(self, node: Call, args: list[Any]) -> Any:
        table = self._bindings.get(node.function)
        if node.target is not None or len(args) != 1 or not isinstance(table, Mapping):
            raise GuardError(f"undeclared function `{node.function}`", ErrorKind.UNDECLARED)
        found = find(table, args[0])
        if found is MISSING:
            raise GuardError(
                f"{node.function}: no such name: {describe_key(args[0])}", ErrorKind.NO_SUCH_KEY
            )
        return found

    # lists and maps

    def _list(self, node: ListExpr) -> list[Any]:
        items: list[Any] = []
        for position, element in enumerate(node.elements):
            value = self.value(element)
            if position not in node.optional_indices:
                items.append(value)
            elif _optional(value, element).has_value:
                items.append(value.value)
        return items

    def _map(self, node: MapExpr) -> Mapping[Any, Any]:
        pairs: list[tuple[Any, Any]] = []
        for entry in node.entries:
            key, value = self.value(entry.key), self.value(entry.value)
            if not entry.is_optional:
                pairs.append((key, value))
            elif _optional(value, entry.value).has_value:
                pairs.append((key, value.value))
        return build_map(pairs)

    # macros

    def _bind(self, node: Bind) -> Any:
        bound: Any
        try:
            bound = self.value(node.value)
        except GuardError as error:
            if error.kind is ErrorKind.COST:
                raise
            bound = error  # an error only where the variable is used
        return self._within((node.variable,), (bound,), node.body)

    def _optional_map(self, node: OptionalMap) -> Any:
        operand = _optional(self.value(node.operand), node.operand)
        if not operand.has_value:
            return NONE
        value = self._within((node.variable,), (operand.value,), node.body)
        if node.macro == "optFlatMap":
            return _optional(value, node.body)
        return OptionalValue(has_value=True, value=value)

    def _within(
        self,
        variables: tuple[Ident, ...],
        values: tuple[Any, ...],
        body: Expr,
        visit: Callable[[Expr], Any] | None = None,
    ) -> Any:
        outer = self._locals
        self._locals = {**outer, **{v.name: x for v, x in zip(variables, values, strict=True)}}
        try:
            return (visit or self.value)(body)
        finally:
            self._locals = outer

    def _comprehension(self, node: Comprehension) -> Any:
        iterated = self.value(node.iterated)
        items = _items(iterated, len(node.variables), node)
        match node.macro:
            case "all" | "exists":
                return self._quantifier(node, items)
            case "exists_one" | "existsOne":
                return self._exactly_one(node, items)
            case "filter":
                return [item[0] for item in self._admitted(node, items)]
            case "map" | "transformList":
                return self._collected(node, items)
            case "transformMap":
                return build_map(self._kept(node, items))
            case _:
                return build_map(self._entries(node, items))

    def _quantifier(self, node: Comprehension, items: Iterator[tuple[Any, ...]]) -> bool:
        decisive = node.macro == "exists"
        failure: GuardError | None = None
        for item in items:
            outcome: bool | GuardError = self._within(
                node.variables, item, _condition_of(node), self._truth
            )
            if outcome is decisive:
                return decisive
            if isinstance(outcome, GuardError):
                failure = failure or outcome
        if failure is not None:
            raise failure
        return not decisive

    def _exactly_one(self, node: Comprehension, items: Iterator[tuple[Any, ...]]) -> bool:
        return sum(1 for _ in self._admitted(node, items)) == 1

    def _admitted(
        self, node: Comprehension, items: Iterator[tuple[Any, ...]]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the items for which the condition, if any, is true."""
        for count, item in enumerate(items):
            if count >= LIST_LENGTH_MAX:
                raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
            self._spend(1)
            condition = node.condition
            if condition is None or self._within(node.variables, item, condition, self._condition):
                yield item

    def _collected(self, node: Comprehension, items: Iterator[tuple[Any, ...]]) -> list[Any]:
        result = _result_of(node)
        return [self._within(node.variables, item, result) for item in self._admitted(node, items)]

    def _kept(
        self, node: Comprehension, items: Iterator[tuple[Any, ...]]
    ) -> Iterator[tuple[Any, Any]]:
        for item in self._admitted(node, items):
            yield item[0], self._within(node.variables, item, _result_of(node))

    def _entries(
        self, node: Comprehension, items: Iterator[tuple[Any, ...]]
    ) -> list[tuple[Any, Any]]:
        pairs: list[tuple[Any, Any]] = []
        for _, entry in self._kept(node, items):
            if not isinstance(entry, Mapping):
                raise GuardError(
                    f"transformMapEntry() makes maps, not {type_name(entry)}",
                    ErrorKind.NO_SUCH_OVERLOAD,
                )
            pairs.extend(entry.items())
        return pairs


def _decides(node: Call, target: Any) -> bool:
    """Tell whether `target.or(x)` or `target.orValue(x)` does not need `x`."""
    return (
        node.function in {"or", "orValue"}
        and len(node.args) == 1
        and isinstance(target, OptionalValue)
        and target.has_value
    )


def _items(iterated: Any, variables: int, node: Comprehension) -> Iterator[tuple[Any, ...]]:
    """Return what the variables are bound to, one tuple for each step."""
    if isinstance(iterated, (list, tuple)):
        return iter(enumerate(iterated)) if variables > 1 else iter((x,) for x in iterated)
    if isinstance(iterated, Mapping):
        return iter(iterated.items()) if variables > 1 else iter((key,) for key in iterated)
    raise GuardError(
        f"{node.macro}() goes over lists and maps, not {type_name(iterated)}",
        ErrorKind.NO_SUCH_OVERLOAD,
    ).at(node.iterated.start, node.iterated.end)


def _condition_of(node: Comprehension) -> Expr:
    assert node.condition is not None  # the parser makes no quantifier without
    return node.condition


def _result_of(node: Comprehension) -> Expr:
    assert node.result is not None  # the parser makes no transformation without
    return node.result


def _present(found: Any) -> OptionalValue:
    return NONE if found is MISSING else OptionalValue(has_value=True, value=found)


def _optional(value: Any, node: Expr) -> OptionalValue:
    if isinstance(value, OptionalValue):
        return value
    raise GuardError(
        f"an optional is needed, not {type_name(value)}", ErrorKind.NO_SUCH_OVERLOAD
    ).at(node.start, node.end)


def _no_bool(value: Any, node: Expr) -> GuardError:
    return GuardError(f"a bool is needed, not {type_name(value)}", ErrorKind.NO_SUCH_OVERLOAD).at(
        node.start, node.end
    )


_VISITS: Final[dict[type[Expr], Callable[[Evaluation, Any], Any]]] = {
    Literal: Evaluation._literal,  # noqa: SLF001 - the table belongs to the class
    Ident: Evaluation._ident,  # noqa: SLF001 - as above
    Select: Evaluation._select,  # noqa: SLF001 - as above
    Has: Evaluation._has,  # noqa: SLF001 - as above
    Index: Evaluation._index,  # noqa: SLF001 - as above
    Unary: Evaluation._unary,  # noqa: SLF001 - as above
    Binary: Evaluation._binary,  # noqa: SLF001 - as above
    Logical: Evaluation._logical,  # noqa: SLF001 - as above
    Conditional: Evaluation._conditional,  # noqa: SLF001 - as above
    Call: Evaluation._call,  # noqa: SLF001 - as above
    ListExpr: Evaluation._list,  # noqa: SLF001 - as above
    MapExpr: Evaluation._map,  # noqa: SLF001 - as above
    Bind: Evaluation._bind,  # noqa: SLF001 - as above
    OptionalMap: Evaluation._optional_map,  # noqa: SLF001 - as above
    Comprehension: Evaluation._comprehension,  # noqa: SLF001 - as above
}
