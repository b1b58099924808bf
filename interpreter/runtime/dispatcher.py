"""Carries out the effects that committed records asked for, and records how they ended.

Only outbox rows are carried out, and only after the store has given them out (a claim, in which
ladder and limits are read); what is over a limit is told and waits for a person. An attempt ends
in one of four ways:

- it succeeded, or was refused for good: the outcome is recorded, which ends the row;
- it failed and may work later: the row goes back, to be claimed again after its back-off;
- it is in doubt (sent, no answer): repeated with the same key and bytes where the target honours
  the key; where the target can be asked, by what it says; else recorded as in doubt, and a person
  decides;
- we died meanwhile: the claim, which the living renew, runs out, and whoever finds it treats it
  as in doubt.

Rules of this file: never changes an effect's key or bytes, never decides what an outcome means.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.core.event import HeldInput, OutcomeInput, OutcomeStatus
from interlock.interpreter.core.incident import StepStatus, incident_stream
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks.outcome import NotSentError, in_doubt
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.journal.store import StoreDamagedError, StoreError
from interlock.interpreter.runtime.clock import SECOND_NS, is_time
from interlock.interpreter.runtime.delivery import Arrival, EffectEnded
from interlock.interpreter.runtime.doubts import ask_target, query_of
from interlock.interpreter.runtime.effects import (
    decode_effect,
    is_repeatable,
    retry_delay_ns,
)
from interlock.interpreter.runtime.terms import make_claim
from interlock.interpreter.runtime.timers import ENGINE_ACTOR
from interlock.interpreter.runtime.view import View

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.record import Effect, Record
    from interlock.interpreter.hooks import AttemptOutcome
    from interlock.interpreter.journal.outbox import OutboxRow, Rate
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.effects import EffectExecutor
    from interlock.interpreter.runtime.engine import Engine
    from interlock.interpreter.runtime.rulebooks import Rulebooks
    from interlock.rulebook.graph.state_graph import Automation

CONCURRENT_MAX: Final = 32
CLAIM_NS: Final = 60 * SECOND_NS
"""How long a claim holds unless it is renewed: how long the effects of a dead node wait."""
_RENEWAL_NS: Final = 15 * SECOND_NS
_INCIDENT = incident_stream("")
_POLL_NS: Final = 5 * SECOND_NS
_RECOVERY_NS: Final = 5 * SECOND_NS
_AFTER_FAILURE_NS: Final = SECOND_NS
_PARKING_S: Final = 2.0
_END_OF_TIME: Final = 2**63 - 1
_log = structlog.get_logger("interlock.effects")


class Dispatcher:
    """Claims effects and has them carried out."""

    def __init__(
        self,
        store: JournalStore,
        engine: Engine,
        executor: EffectExecutor,
        clock: Clock,
        rulebooks: Rulebooks,
        *,
        automation: Automation,
        rate: Rate | None = None,
    ) -> None:
        self._store = store
        self._engine = engine
        self._executor = executor
        self._clock = clock
        self._rulebooks = rulebooks
        self._automation = automation
        self._rate = rate
        self._stirred = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._running: dict[str, int] = {}
        self._cut_off: list[tuple[OutboxRow, bool]] = []
        self._next_recovery: Instant = 0
        self._next_renewal: Instant = 0
        self._retries: dict[str, Instant] = {}
        self._is_draining = False
        engine.observe(self._look_at)

    @property
    def next_retry(self) -> Instant | None:
        """When the earliest effect that failed is tried again."""
        return min(self._retries.values(), default=None)

    def _look_at(self, records: Sequence[Record]) -> None:
        if any(record.effects or record.stream == CONTROL_STREAM for record in records):
            self._stirred.set()

    async def recover(self, *, is_only_node: bool) -> int:
        """Settle attempts that died with their process; return how many there were.

        With `is_only_node` every claim in the store is a dead one (it has one owner at a time, and
        that is us, who have claimed nothing yet); else those that have run out.
        """
        deadline = _END_OF_TIME if is_only_node else self._clock.now()
        expired = await self._store.expired_claims(deadline)
        rows = [row for row in expired if row.key not in self._running]
        for row in rows:
            if row.status == EffectStatus.HELD:
                await self._tell_held(row)
            elif query_of(row) is None:
                await self._recover(row)
            else:
                # asking a target may take long, and nobody should wait for it to be let in
                self._start(self._recover(row))
        return len(rows)

    async def _recover(self, row: OutboxRow) -> None:
        _log.warning("attempt was interrupted", effect=row.key, stream=row.stream)
        self._running[row.key] = row.attempt
        try:
            doubt = in_doubt("interrupted before an answer came")
            await self._settle(row, decode_effect(row.data), doubt, is_interrupted=True)
        finally:
            self._running.pop(row.key, None)

    async def carry_out_due(self) -> int:
        """Carry out, one after the other, every effect whose time has come; return how many."""
        count = 0
        while not self._is_draining and (rows := await self._claim(CONCURRENT_MAX)):
            for row in rows:
                await self._carry_out(row)
            count += len(rows)
        return count

    async def run(self) -> None:
        """Carry effects out as they are asked for, until drained or cancelled."""
        while not self._is_draining:
            try:
                await self._renew_claims()
                await self._look_for_dead()
                wait_ns = await self._start_due()
            except StoreDamagedError:
                raise
            except StoreError as error:
                _log.warning("effects wait for the store", error=str(error))
                wait_ns = _AFTER_FAILURE_NS
            await self._clock.wait(self._stirred, self._clock.now() + wait_ns)

    async def drain(self, timeout_s: float) -> None:
        """Claim nothing more and let running attempts end.

        One that does not end in time is cut off. If it was never sent, or its target honours the
        key, it is pending again, for the next start or another node; if its target can be asked,
        that is left to them too; else it is recorded as in doubt.
        """
        self._is_draining = True
        self._stirred.set()
        if self._attempts:
            _, late = await asyncio.wait(self._attempts, timeout=timeout_s)
            for task in late:
                task.cancel()
            if late:
                _log.warning("attempts cut off by the shutdown", attempts=len(late))
                await asyncio.wait(late)
        if self._cut_off:
            parking = asyncio.create_task(self._park_all())
            await asyncio.wait((parking,), timeout=_PARKING_S)
            parking.cancel()
            await asyncio.gather(parking, return_exceptions=True)

    async def _park_all(self) -> None:
        for row, is_sent in self._cut_off:
            await self._park(row, is_sent=is_sent)

    async def _park(self, row: OutboxRow, *, is_sent: bool) -> None:
        if not is_sent:
            await self._put_back(row, 0, "not sent: the daemon stopped")
        elif query_of(row) is None:
            doubt = in_doubt("cut off by the daemon's shutdown")
            await self._settle(row, decode_effect(row.data), doubt, is_interrupted=True)

    async def _look_for_dead(self) -> None:
        """Settle, now and then, attempts whose claim has run out and that are not ours."""
        now = self._clock.now()
        if is_time(self._next_recovery, now, _RECOVERY_NS):
            self._next_recovery = now + _RECOVERY_NS
            await self.recover(is_only_node=False)

    async def _renew_claims(self) -> None:
        """Tell other nodes, now and then, that the attempts under way here are alive."""
        now = self._clock.now()
        if is_time(self._next_renewal, now, _RENEWAL_NS):
            self._next_renewal = now + _RENEWAL_NS
            if self._running:
                await self._store.renew_claims(dict(self._running), now + CLAIM_NS)

    async def _start_due(self) -> int:
        """Start what may be started; return how long to wait for more, in nanoseconds."""
        free = CONCURRENT_MAX - len(self._attempts)
        if free > 0:
            for row in await self._claim(free):
                self._start(self._carry_out(row))
        due = self.next_retry
        if due is None or len(self._attempts) >= CONCURRENT_MAX:
            return _POLL_NS
        return min(max(due - self._clock.now(), 0), _POLL_NS)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._attempts.add(task)
        task.add_done_callback(self._attempt_is_over)

    def _attempt_is_over(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        self._stirred.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an attempt's outcome is lost; its claim will run out", exc_info=error)

    async def _claim(self, limit: int) -> Sequence[OutboxRow]:
        now = self._clock.now()
        live = self._rulebooks.live
        until = now + CLAIM_NS
        claim = make_claim(live, self._automation, self._rate, now=now, until=until, limit=limit)
        rows = await self._store.claim_effects(claim)
        for key in [key for key, due in self._retries.items() if due <= now]:
            del self._retries[key]
        for row in rows:
            if row.status == EffectStatus.HELD:
                await self._tell_held(row)
        return [row for row in rows if row.status == EffectStatus.CLAIMED]

    async def _tell_held(self, row: OutboxRow) -> None:
        """Let the incident say that an effect waits for a person; until then it is found again."""
        _log.warning("effect is over a limit", effect=row.key, stream=row.stream, why=row.detail)
        held = HeldInput(key=row.key, path=row.path, reason=row.detail or "over a limit")
        await self._engine.submit_own([Arrival(input=held, actor=ENGINE_ACTOR, stream=row.stream)])

    async def _carry_out(self, row: OutboxRow) -> None:
        self._running[row.key] = row.attempt
        try:
            await self._attempt(row)
        except asyncio.CancelledError as cut_off:
            self._cut_off.append((row, not isinstance(cut_off, NotSentError)))
            raise
        finally:
            self._running.pop(row.key, None)

    async def _attempt(self, row: OutboxRow) -> None:
        effect = decode_effect(row.data)
        is_late = self._clock.now() > row.claimed_until
        if is_late:
            # We stood still for longer than the claim held; by now it may be another node's.
            _log.warning("claim ran out before the attempt", effect=row.key)
        if is_late or self._is_draining:
            await self._put_back(row, 0, row.detail)
            return
        try:
            incident = row.stream.removeprefix(_INCIDENT)
            outcome = await self._executor.carry_out(effect, incident, row.attempt)
        except Exception as error:  # noqa: BLE001 - the boundary to executors: a defect is a doubt
            _log.error("an executor failed", effect=row.key, exc_info=error)
            outcome = in_doubt(f"the attempt broke off: {type(error).__name__}")
        await self._settle(row, effect, outcome)

    async def _settle(
        self,
        row: OutboxRow,
        effect: Effect,
        outcome: AttemptOutcome,
        *,
        is_interrupted: bool = False,
    ) -> None:
        """Put a row back or end it, however often the store has to be asked."""
        if outcome.status is OutcomeStatus.IN_DOUBT and isinstance(effect, CallHook):
            outcome = await ask_target(self._executor, self._clock, effect, outcome)
        delay_ns = retry_delay_ns(effect, row.attempt, outcome)
        if is_interrupted and is_repeatable(effect):
            delay_ns = 0
        while True:
            try:
                if delay_ns is None or await self._is_withdrawn(row, effect):
                    await self._end(row, effect, outcome)
                else:
                    is_in_doubt = outcome.status is OutcomeStatus.IN_DOUBT
                    await self._put_back(row, delay_ns, outcome.detail, in_doubt=is_in_doubt)
            except StoreDamagedError:
                raise
            except StoreError as error:
                _log.warning("an outcome waits for the store", effect=row.key, error=str(error))
                await self._clock.wait(asyncio.Event(), self._clock.now() + _AFTER_FAILURE_NS)
            else:
                return

    async def _is_withdrawn(self, row: OutboxRow, effect: Effect) -> bool:
        """Tell whether a step was cancelled while its call was on its way: it is not repeated."""
        if not isinstance(effect, CallHook):
            return False
        incident = (await View(self._store).tip(row.stream)).incident
        step = None if incident is None else incident.steps.get(row.path)
        return step is None or step.key != row.key or step.status is StepStatus.CANCELLED

    async def _put_back(
        self, row: OutboxRow, delay_ns: int, detail: str | None, *, in_doubt: bool = False
    ) -> None:
        now = self._clock.now()
        due = now + delay_ns
        await self._store.release_effect(
            row.key,
            not_before=due,
            detail=detail,
            attempt=row.attempt,
            now=now,
            in_doubt=in_doubt,
        )
        self._retries[row.key] = due
        self._stirred.set()
        _log.info("effect is tried again", effect=row.key, attempt=row.attempt, detail=detail)

    async def _end(self, row: OutboxRow, effect: Effect, outcome: AttemptOutcome) -> None:
        is_told = not isinstance(effect, CallHook) and outcome.status is OutcomeStatus.SUCCEEDED
        if is_told and (outcome.result is None or not row.stream.startswith(_INCIDENT)):
            # Nobody waits for the news that a message arrived; only its failure is recorded, and
            # the conversation that it began.
            ended = EffectEnded(row.key, EffectStatus.DONE, outcome.detail)
            await self._engine.submit_own([ended])
            return
        ended_so = OutcomeInput(
            key=row.key,
            path=row.path,
            status=outcome.status,
            attempts=row.attempt,
            result=outcome.result,
            detail=outcome.detail,
        )
        arrival = Arrival(input=ended_so, actor=ENGINE_ACTOR, stream=row.stream)
        await self._engine.submit_own([arrival])
