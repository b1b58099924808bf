"""What one attempt at an effect came to, as the shell learns it.

Values only. Whether another attempt follows is the caller's to decide, by the effect's policy.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

from interlock.interpreter.core.event import OutcomeStatus


class AttemptOutcome(Struct, frozen=True, kw_only=True):
    """One attempt's end; `status`, `result` and `detail` go into an `OutcomeInput` as they are.

    Attributes:
        result: The answer as JSON values, or None.
        detail: What happened, in one short line that holds no secret and no control character.
        is_retryable: For a failure: whether the same request may fare better later. For a doubt:
            the target was asked, and says that it did nothing.
        retry_after_s: The least delay that the target asked for, in seconds, within bounds.
        http_status: What an HTTP target answered.
        uncounted: How many of the attempts so far only waited for their turn.
    """

    status: OutcomeStatus
    result: Any = None
    detail: str | None = None
    is_retryable: bool = False
    retry_after_s: int | None = None
    http_status: int | None = None
    uncounted: int = 0


def succeeded(result: Any = None, detail: str | None = None) -> AttemptOutcome:
    """The target did it."""
    return AttemptOutcome(status=OutcomeStatus.SUCCEEDED, result=result, detail=detail)


def failed(detail: str, *, is_retryable: bool, retry_after_s: int | None = None) -> AttemptOutcome:
    """The target did not do it, or was never reached."""
    return AttemptOutcome(
        status=OutcomeStatus.FAILED,
        detail=detail,
        is_retryable=is_retryable,
        retry_after_s=retry_after_s,
    )


class NotSentError(asyncio.CancelledError):
    """An attempt was cancelled before its first byte was sent: the target knows nothing of it."""


def in_doubt(detail: str) -> AttemptOutcome:
    """The target may have done it: the answer never came, or not whole."""
    return AttemptOutcome(status=OutcomeStatus.IN_DOUBT, detail=detail)
