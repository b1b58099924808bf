"""What a target's answer to a doubt query says.

Pure. What the target does not say in so many words is a doubt still: remediation fails closed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.hooks.outcome import AttemptOutcome, in_doubt, succeeded

if TYPE_CHECKING:
    from interlock.interpreter.core.record import DoubtQuery


def read_verdict(query: DoubtQuery, answer: AttemptOutcome) -> AttemptOutcome:
    """Return what became of the call: succeeded, or in doubt (retryable where it was not done)."""
    if answer.http_status == HTTPStatus.NOT_FOUND:
        return _undone("the target does not know it")
    if answer.status is not OutcomeStatus.SUCCEEDED:
        return in_doubt(f"the target was asked and did not tell: {answer.detail}")
    value = _at(answer.result, query.field)
    if value in query.done:
        return succeeded(answer.result, f"the target was asked: {query.field} is {value}")
    if value in query.not_done:
        return _undone(f"the target was asked: {query.field} is {value}")
    return in_doubt(f"the target was asked: {query.field} is {_short(value)}")


def _undone(detail: str) -> AttemptOutcome:
    return replace(in_doubt(f"{detail}: it was not done"), is_retryable=True)


def _at(result: Any, path: str) -> Any:
    value = result
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _short(value: Any) -> str:
    return "missing" if value is None else repr(value)[:60]
