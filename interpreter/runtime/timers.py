"""Wakes timers that came due, also those that came due while the daemon was down.

Rules of this file: a timer is fired by submitting it as an input; its row goes in the commit that
records what came of it, so it cannot fire twice and a crash before the commit fires it again. What
a timer means is the core's business.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.core.change import TimerSet
from interlock.interpreter.core.change_suppression import (
    AlertHeld,
    InhibitorChanged,
    LetGo,
    SilenceAdded,
)
from interlock.interpreter.core.event import TimerInput
from interlock.interpreter.journal.store import StoreDamagedError, StoreError
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.delivery import Arrival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.change import Change
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.engine import Engine

ENGINE_ACTOR: Final = "engine"
_AFTER_FAILURE_NS: Final = SECOND_NS
_PAUSE_NS: Final = SECOND_NS // 20
"""How long a timer that is due, and not found set, is left before the next look at it."""
_POLL_NS: Final = 5 * SECOND_NS
"""How long what another node sets may go unnoticed: it matters only once that node is dead."""
_END_OF_TIME: Final = 2**63 - 1

_log = structlog.get_logger("interlock.timers")


def _due_of(change: Change, record: Record) -> Instant | None:
    """Return when a change may make a timer come due."""
    if isinstance(change, TimerSet | AlertHeld):
        return change.due
    if isinstance(change, SilenceAdded):
        return change.until
    return record.at if isinstance(change, InhibitorChanged | LetGo) else None


class TimerService:
    """Fires due timers of the store through the engine."""

    def __init__(self, store: JournalStore, engine: Engine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._stirred = asyncio.Event()
        self._asleep_until = _END_OF_TIME
        engine.observe(self._look_at)

    def _look_at(self, records: Sequence[Record]) -> None:
        """Wake up for a timer that comes due before what is waited for, or once that has passed."""
        until = self._asleep_until
        if until <= self._clock.now() or any(
            (due := _due_of(change, record)) is not None and due < until
            for record in records
            for change in record.changes
        ):
            self._stirred.set()

    async def fire_due(self) -> int:
        """Fire every timer whose deadline has come; return how many there were.

        One that is not found set may have been fired by another node, or set since we looked; when
        no other is due it is left for the next look.
        """
        fired = 0
        while due := await self._store.due_timers(self._clock.now()):
            answers = await self._engine.submit_own(
                [
                    Arrival(
                        input=TimerInput(row.name, row.due), actor=ENGINE_ACTOR, stream=row.stream
                    )
                    for row in due
                ]
            )
            taken = sum(answer.disposition != "unmatched" for answer in answers)
            if not taken:
                break
            fired += taken
        return fired

    async def next_due(self) -> int | None:
        """Return the earliest deadline of all timers."""
        return await self._store.next_timer()

    async def _look_again_at(self) -> int | None:
        due, now = await self.next_due(), self._clock.now()
        if due is not None and due <= now:
            due = now + _PAUSE_NS
        if not self._store.is_shared:
            return due
        poll = now + _POLL_NS
        return poll if due is None else min(due, poll)

    async def run(self) -> None:
        """Fire timers as they come due, until cancelled."""
        while True:
            try:
                await self.fire_due()
                until = await self._look_again_at()
            except StoreDamagedError:
                raise
            except StoreError as error:
                _log.warning("timers wait for the store", error=str(error))
                until = self._clock.now() + _AFTER_FAILURE_NS
            self._asleep_until = _END_OF_TIME if until is None else until
            await self._clock.wait(self._stirred, until)
            self._asleep_until = _END_OF_TIME
