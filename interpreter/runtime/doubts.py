"""Calls in doubt whose target can be asked what became of them.

Rules of this file: asks and reports; what follows from the answer is the dispatcher's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.effects import decode_effect

if TYPE_CHECKING:
    from interlock.interpreter.core.record import DoubtQuery
    from interlock.interpreter.hooks import AttemptOutcome
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.effects import EffectExecutor

QUERY_PAUSES_NS: Final = (0, SECOND_NS, 5 * SECOND_NS, 25 * SECOND_NS)
"""How long after a doubt, and after each answer that settles nothing, its target is asked."""
_log = structlog.get_logger("interlock.effects")


def query_of(row: OutboxRow) -> DoubtQuery | None:
    """Return how the target of an outbox row can be asked, if it can."""
    effect = decode_effect(row.data)
    return effect.query if isinstance(effect, CallHook) else None


async def ask_target(
    executor: EffectExecutor, clock: Clock, effect: CallHook, doubt: AttemptOutcome
) -> AttemptOutcome:
    """Ask a target a few times; without a query the doubt stays what it is."""
    if effect.query is None:
        return doubt
    verdict = doubt
    for pause_ns in QUERY_PAUSES_NS:
        if pause_ns:
            await clock.wait(asyncio.Event(), clock.now() + pause_ns)
        try:
            verdict = await executor.query(effect)
        except Exception as error:  # noqa: BLE001 - the boundary to executors, as in the dispatcher
            _log.error("a query failed", effect=effect.key, exc_info=error)
        if verdict.status is OutcomeStatus.SUCCEEDED or verdict.is_retryable:
            break
    return verdict
