"""The hook calls that a runbook, or a rule's action on its own, is made of.

Rules of this file: a call is a plan and knows nothing of how it went. Its path names it within an
incident's generation; ids hold neither `/` nor `#`, so no two calls have the same one.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.graph.runbook import Runbook, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.graph.state_graph import Rule

UNDO = "#undo"
"""What the path of the call that takes a step back ends in."""


class Call(Struct, frozen=True):
    """One hook call to be made; `undoes` is the path of the step that it takes back."""

    path: str
    step: Step
    runbook: str | None = None
    undoes: str | None = None


def action_call(rule: Rule, number: int) -> Call:
    """Return the call of a rule's action that names a hook."""
    action = rule.actions[number]
    step = Step(id=action.do, hook=action.do, arguments=action.arguments)
    return Call(f"{rule.id}/{number}/{action.do}", step)


def runbook_calls(runbook: Runbook) -> list[Call]:
    """Return a runbook's steps in order."""
    return [Call(f"{runbook.id}/{step.id}", step, runbook.id) for step in runbook.steps]


def undo_call(call: Call) -> Call | None:
    """Return the call that takes a step back, with the step's own timeout and retries."""
    step, undo = call.step, call.step.undo
    if undo is None:
        return None
    back = Step(
        id=step.id,
        hook=undo.hook,
        arguments=undo.arguments,
        timeout_ns=step.timeout_ns,
        retry=step.retry,
    )
    return Call(call.path + UNDO, back, call.runbook, undoes=call.path)


def side_by_side(calls: Iterable[Call]) -> list[list[Call]]:
    """Return calls in groups: those of a group are asked for together, groups in order."""
    return [list(group) for _, group in groupby(calls, key=lambda call: call.step.group)]
