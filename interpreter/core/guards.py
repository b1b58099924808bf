"""Asking a guard: true, false or error, never silently false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.record import Tried, Truth
from interlock.rulebook.guard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.state_graph import GuardRef


class Answer(Struct, frozen=True):
    """What a guard said; an error comes with its words and the span of the sub-expression."""

    truth: Truth
    error: str | None = None
    start: int | None = None
    end: int | None = None

    def tried(self, rule: str, outcome: str) -> Tried:
        """Return the trace entry of the rule whose guard this was."""
        return Tried(rule, self.truth, outcome, self.error, self.start, self.end)


TRUE = Answer(Truth.TRUE)
FALSE = Answer(Truth.FALSE)


def ask_guard(draft: Draft, guard: GuardRef | None, runbook: str | None = None) -> Answer:
    """Evaluate a guard on the draft's incident (of a step: on its runbook); none at all is true."""
    if guard is None:
        return TRUE
    try:
        value = guard.evaluate(draft.bindings(runbook))
    except GuardError as error:
        return Answer(Truth.ERROR, error.message, error.start, error.end)
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    return Answer(Truth.ERROR, f"a guard must be a bool, this is {value!r}"[:200])


def read_text(expression: GuardRef, bindings: Mapping[str, Any]) -> str | None:
    """Return the text that an expression gives; None where it is empty, an error or no text."""
    try:
        value = expression.evaluate(bindings)
    except GuardError:
        return None
    return value if isinstance(value, str) and value else None
