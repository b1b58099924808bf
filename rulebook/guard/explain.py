"""Why a guard came out as it did.

Responsible for evaluating once more with a record of every sub-expression, and for the clauses of a
guard with their outcomes. Never runs where decisions are made; those record no values.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any

import msgspec

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.evaluator import Evaluation
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.nearest import Change, nearest_change
from interlock.rulebook.guard.nodes import Conditional, Entry, Expr, Logical, Unary, children, walk


class Outcome(StrEnum):
    """What became of a sub-expression."""

    TRUE = "true"
    FALSE = "false"
    VALUE = "value"
    ERROR = "error"
    NOT_EVALUATED = "not evaluated"


class Step(msgspec.Struct, frozen=True):
    """A sub-expression and what became of it.

    Attributes:
        node: The sub-expression; its range is the place in the source.
        outcome: True, false, another value, an error, or not evaluated.
        value: The value, None without one. Within a macro, that of the last element looked at,
            which is the one that decided.
        error: The error, None without one.
        times: How often it was evaluated; more than once only within macros.
    """

    node: Expr
    outcome: Outcome
    value: Any = None
    error: GuardError | None = None
    times: int = 0


class Explanation(msgspec.Struct, frozen=True):
    """One evaluation, every sub-expression of it.

    Attributes:
        steps: In the order of the source, parents before children; the first is the whole guard.
        nearest: The one change of an input that would make the guard true, when one does.
        index: The steps by `id()` of their node.
    """

    steps: tuple[Step, ...]
    nearest: Change | None
    index: Mapping[int, Step]

    @property
    def result(self) -> Step:
        """The whole guard."""
        return self.steps[0]

    @property
    def clauses(self) -> tuple[Step, ...]:
        """The operands of the outermost `&&` or `||`, or the whole guard when it has neither."""
        root = self.result.node
        if not isinstance(root, Logical):
            return (self.result,)
        return tuple(self.step_of(operand) for operand in root.operands)

    @property
    def deciding(self) -> Step:
        """The deepest sub-expression that alone made the result what it is."""
        step = self.result
        while (next_step := self._decided_by(step)) is not None:
            step = next_step
        return step

    def step_of(self, node: Expr) -> Step:
        """Return the step of a sub-expression (the very node, not an equal one)."""
        return self.index[id(node)]

    def _decided_by(self, step: Step) -> Step | None:
        if step.error is not None:
            below = (self.index.get(id(node)) for node in children(step.node))
            return next((part for part in below if part and part.error is step.error), None)
        match step.node:
            case Logical(operands=operands):
                parts = [self.step_of(operand) for operand in operands]
                like = [part for part in parts if part.outcome is step.outcome]
                is_decisive = step.outcome is not _neutral(step.node)
                return like[0] if is_decisive and like else None
            case Unary(operator="!", operand=operand):
                return self.step_of(operand)
            case Conditional(then=then, otherwise=otherwise, condition=condition):
                parts = [self.step_of(node) for node in (then, otherwise, condition)]
                return next((p for p in parts if p.outcome is not Outcome.NOT_EVALUATED), None)
            case _:
                return None


def _neutral(node: Logical) -> Outcome:
    return Outcome.TRUE if node.operator == "&&" else Outcome.FALSE


def explain(expr: Expr, bindings: Mapping[str, Any], cost_limit: int = COST_LIMIT) -> Explanation:
    """Return every sub-expression of a guard with what became of it for these bindings."""
    recording = _Recording(bindings, cost_limit)
    with suppress(GuardError):  # it is recorded at the sub-expression that failed, and above
        recording.value(expr)
    steps = tuple(
        recording.steps.get(id(node)) or Step(node, Outcome.NOT_EVALUATED)
        for node in walk(expr)
        if not isinstance(node, Entry)
    )
    is_true = steps[0].outcome is Outcome.TRUE
    nearest = None if is_true else nearest_change(expr, bindings)
    return Explanation(steps, nearest, {id(step.node): step for step in steps})


class _Recording(Evaluation):
    """An evaluation that keeps the last outcome of each node."""

    def __init__(self, bindings: Mapping[str, Any], cost_limit: int) -> None:
        super().__init__(bindings, cost_limit)
        self.steps: dict[int, Step] = {}

    def value(self, node: Expr) -> Any:
        before = self.steps.get(id(node))
        times = 1 if before is None else before.times + 1
        try:
            value = super().value(node)
        except GuardError as error:
            self.steps[id(node)] = Step(node, Outcome.ERROR, None, error, times)
            raise
        outcome = Outcome.VALUE
        if isinstance(value, bool):
            outcome = Outcome.TRUE if value else Outcome.FALSE
        self.steps[id(node)] = Step(node, outcome, value, None, times)
        return value
