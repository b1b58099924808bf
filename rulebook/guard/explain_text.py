"""An explanation as text.

Responsible for the layout: the clauses of a guard with their outcomes below them, the values that
were compared, and the nearest change. Never colours and never prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.explain import Explanation, Outcome, Step
from interlock.rulebook.guard.nodes import Binary, Conditional, Expr, Literal, Logical, Unary
from interlock.rulebook.guard.shown import shown
from interlock.rulebook.guard.unparser import unparse

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAREST: Final = "nearest change that makes it true"


def render(explanation: Explanation) -> list[str]:
    """Return the lines of an explanation.

    The guard comes first, the outcome of each clause below it (a false one in capitals, with the
    values it compared), then the parts of every clause that has parts, and the nearest change.
    """
    lines = _clauses(explanation)
    root = explanation.result.node
    for step in explanation.clauses:
        if step.node is not root and isinstance(step.node, (Logical, Unary, Conditional)):
            lines.extend(_parts(explanation, step, depth=0))
    if explanation.nearest is not None:
        lines.append(f"{NEAREST}: {explanation.nearest}")
    return lines


def _clauses(explanation: Explanation) -> list[str]:
    root = explanation.result.node
    separator = f" {root.operator} " if isinstance(root, Logical) else ""
    above: list[str] = []
    below: list[str] = []
    for step in explanation.clauses:
        clause, outcome = _operand(step.node, root), outcome_text(explanation, step)
        width = max(len(clause), len(outcome))
        above.append(clause.ljust(width))
        below.append(outcome.ljust(width))
    gap = " " * len(separator)
    return [separator.join(above).rstrip(), gap.join(below).rstrip()]


def _operand(node: Expr, root: Expr) -> str:
    needs_parentheses = isinstance(node, Conditional) or (
        isinstance(node, Logical) and node.operator == "||"
    )
    text = unparse(node)
    return f"({text})" if needs_parentheses and node is not root else text


def outcome_text(explanation: Explanation, step: Step) -> str:
    """Return what became of a clause, such as `FALSE (80 >= 100)` or `error: no such key: 'x'`."""
    match step.outcome:
        case Outcome.ERROR:
            return f"error: {step.error.message}" if step.error else "error"
        case Outcome.FALSE:
            compared = _compared(explanation, step.node)
            return f"FALSE ({compared})" if compared else "FALSE"
        case Outcome.VALUE:
            return shown(step.value)
        case _:
            return step.outcome.value


def _compared(explanation: Explanation, node: Expr) -> str | None:
    if not isinstance(node, Binary):
        return None
    sides = [explanation.step_of(side) for side in (node.left, node.right)]
    if all(isinstance(side.node, Literal) for side in sides):
        return None
    left, right = (shown(side.value) for side in sides)
    return f"{left} {node.operator} {right}"


def _parts(explanation: Explanation, step: Step, depth: int) -> Iterator[str]:
    """Yield the step and the truths it is made of, each on its line."""
    text = f"{'  ' * depth}{unparse(step.node)}"
    yield f"{text}  {outcome_text(explanation, step)}"
    match step.node:
        case Logical(operands=nodes):
            parts = nodes
        case Unary(operator="!", operand=node):
            parts = (node,)
        case Conditional():
            parts = (step.node.condition, step.node.then, step.node.otherwise)
        case _:
            parts = ()
    for part in parts:
        yield from _parts(explanation, explanation.step_of(part), depth + 1)
