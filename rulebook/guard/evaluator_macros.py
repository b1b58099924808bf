"""The plain evaluator's part for macros: what binds a variable.

Responsible for comprehensions, `cel.bind` and `optMap`. Never lowers a macro; each is evaluated as
the specification describes it. Source: cel-spec `doc/langdef.md`, "Macros"; cel-go `ext/README.md`,
"Bindings", "TwoVarComprehensions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.maps import build_map
from interlock.rulebook.guard.values import (
    LIST_LENGTH_MAX,
    NONE,
    OptionalValue,
    need_optional,
    type_name,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.evaluator import Evaluation
    from interlock.rulebook.guard.nodes import Bind, Comprehension, Expr, OptionalMap

_Item = tuple[Any, ...]  # what the variables are bound to in one step


def bind(evaluation: Evaluation, node: Bind) -> Any:
    """Return the body's value; an error of the bound value counts only where it is used."""
    bound: Any
    try:
        bound = evaluation.value(node.value)
    except GuardError as error:
        if error.kind is ErrorKind.COST:
            raise
        bound = error
    return evaluation.within((node.variable,), (bound,), node.body)


def optional_map(evaluation: Evaluation, node: OptionalMap) -> OptionalValue:
    """Return the optional of the body's value, or the body itself for `optFlatMap`."""
    operand = node.operand
    found = need_optional(evaluation.value(operand), operand.start, operand.end)
    if not found.has_value:
        return NONE
    value = evaluation.within((node.variable,), (found.value,), node.body)
    if node.macro == "optFlatMap":
        return need_optional(value, node.body.start, node.body.end)
    return OptionalValue(has_value=True, value=value)


def comprehension(evaluation: Evaluation, node: Comprehension) -> Any:
    """Return what the macro makes of the list or map it goes over."""
    items = _items(evaluation.value(node.iterated), node)
    match node.macro:
        case "all" | "exists":
            return _quantifier(evaluation, node, items)
        case "exists_one" | "existsOne":
            return sum(1 for _ in _admitted(evaluation, node, items)) == 1
        case "filter":
            return [item[0] for item in _admitted(evaluation, node, items)]
        case "map" | "transformList":
            return [result for _, result in _results(evaluation, node, items)]
        case "transformMap":
            return build_map(_results(evaluation, node, items))
        case _:
            return build_map(_entries(evaluation, node, items))


def _items(iterated: Any, node: Comprehension) -> Iterator[_Item]:
    is_pair = len(node.variables) > 1
    if isinstance(iterated, (list, tuple)):
        return iter(enumerate(iterated)) if is_pair else iter((item,) for item in iterated)
    if isinstance(iterated, Mapping):
        return iter(iterated.items()) if is_pair else iter((key,) for key in iterated)
    raise GuardError(
        f"{node.macro}() goes over lists and maps, not {type_name(iterated)}",
        ErrorKind.NO_SUCH_OVERLOAD,
    ).at(node.iterated.start, node.iterated.end)


def _quantifier(evaluation: Evaluation, node: Comprehension, items: Iterator[_Item]) -> bool:
    decisive = node.macro == "exists"
    failure: GuardError | None = None
    for item in items:
        outcome: bool | GuardError = evaluation.within(
            node.variables, item, _needed(node.condition), evaluation.truth
        )
        if outcome is decisive:
            return decisive
        if isinstance(outcome, GuardError):
            failure = failure or outcome
    if failure is not None:
        raise failure
    return not decisive


def _admitted(
    evaluation: Evaluation, node: Comprehension, items: Iterator[_Item]
) -> Iterator[_Item]:
    """Yield the items for which the condition, if any, is true."""
    for count, item in enumerate(items):
        if count >= LIST_LENGTH_MAX:
            raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
        evaluation.spend(1)
        condition = node.condition
        if condition is None or evaluation.within(
            node.variables, item, condition, evaluation.condition
        ):
            yield item


def _results(
    evaluation: Evaluation, node: Comprehension, items: Iterator[_Item]
) -> Iterator[tuple[Any, Any]]:
    """Yield index, key or element, and the result for it."""
    for item in _admitted(evaluation, node, items):
        yield item[0], evaluation.within(node.variables, item, _needed(node.result))


def _entries(
    evaluation: Evaluation, node: Comprehension, items: Iterator[_Item]
) -> Iterator[tuple[Any, Any]]:
    for _, entry in _results(evaluation, node, items):
        if not isinstance(entry, Mapping):
            raise GuardError(
                f"transformMapEntry() makes maps, not {type_name(entry)}",
                ErrorKind.NO_SUCH_OVERLOAD,
            )
        evaluation.spend(len(entry))
        yield from entry.items()


def _needed(part: Expr | None) -> Expr:
    assert part is not None  # the parser makes no such macro without it
    return part
