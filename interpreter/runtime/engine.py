"""The one loop through which everything that happens becomes durable.

# Append before effect

An input is anything the daemon has to take note of: an alert, a person's word, a timer that came
due, the outcome of a hook. Each goes the same way, and the order of the steps is the durability
contract of Interlock:

1. decide    The core says what the input means, on the newest state of its stream. That is a pure
             computation; a crash here forgets the input, and since nobody was told that it was
             taken, its sender sends it again.
2. append    One transaction writes the record with the new head of its stream, the timers it sets
             and clears, and an outbox row for each effect it asks for. It is durable when `commit`
             returns. This is the commit point: there is no other.
3. answer    Only now the sender hears "recorded". A crash between 2 and 3 leaves a sender who does
             not know; it sends again, and the repetition is recognised by its dedupe key.
4. effect    Only now may anyone act on it. The dispatcher takes effects from outbox rows and from
             nowhere else, so an effect is never requested for a decision that was not recorded.

Effects happen *at least once*. A crash between the sending of a request and the recording of its
outcome leaves a row that is claimed but not ended, and no log can tell whether the target has seen
it. What makes that bearable is the idempotency key. It is a hash of (incident, generation, revision
of the record that asked, path of the step), all of them recorded, none of them made up at the time
of sending; it was written in step 2 together with the method, URL, headers and body. So every
attempt, by this process or by its successor after a crash, carries the same key and the same bytes,
and a target that honours the key does the work once. Where a target does not, the interrupted
attempt is *in doubt* and waits for a person; see `dispatcher.py`. We never say "exactly once".

A timer is an input like any other: firing it deletes its row in the same transaction that records
what came of it. Before that commit it has not fired; after it, it cannot fire again.

# Sharing a commit

Durable commits cost a disk flush each, so inputs that are there at the same time share one. While a
commit is under way, arrivals are decided into the next batch, on the uncommitted results of the one
before (`view.py`). Nothing of that is visible to anyone: answers are futures, resolved in step 3.
If the commit fails, its batch is discarded whole; decisions made on top of it are dropped and made
again on what the store really holds. If another node was first (`StaleRevisionError`), the batch is
decided again, a bounded number of times. Correctness never rests on this process being alone, only
on the store's revision check.

The queue is bounded. When it is full the engine refuses, and the sender keeps the alert: an
overloaded daemon says no, it does not say yes and forget.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.journal.store import (
    MalformedCommitError,
    StaleRevisionError,
    StoreDamagedError,
    StoreError,
    StoreUnavailableError,
)
from interlock.interpreter.runtime.batch import Batch, Waiting
from interlock.interpreter.runtime.delivery import (
    Answer,
    Arrival,
    DrainingError,
    Item,
    OverloadedError,
    PutAside,
)
from interlock.interpreter.runtime.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.decider import Decider

BATCH_LENGTH_MAX: Final = 512
QUEUE_LENGTH_MAX: Final = 10_000
QUEUE_BYTES_MAX: Final = 256 * 1024 * 1024
TRIES_MAX: Final = 5
CHUNK_LENGTH: Final = 64
"""How many arrivals, or more to the end of a delivery, are looked up and decided in one turn."""
_log = structlog.get_logger("interlock.engine")


class Engine:
    """Takes arrivals, decides them, records them, and answers; see the module.

    `run` is the loop. It ends when `drain` was called and everything taken has been answered, or
    raises `StoreDamagedError` when the store must not be written to any more.
    """

    def __init__(
        self, store: JournalStore, decider: Decider, clock: Clock, *, checks_fold: bool = False
    ) -> None:
        self._store = store
        self._decider = decider
        self._clock = clock
        self._checks_fold = checks_fold
        self._recent = None if store.is_shared else Recent()
        self._queue: deque[Waiting] = deque()
        self._queue_bytes = 0
        self._stirred = asyncio.Event()
        self._is_draining = False
        self._is_over = False
        self._observers: list[Callable[[Sequence[Record]], None]] = []
        self.dispositions: dict[str, int] = {}
        self.commits = 0

    def observe(self, observer: Callable[[Sequence[Record]], None]) -> None:
        """Call `observer` with the records of each commit, once it is durable."""
        self._observers.append(observer)

    @property
    def queue_length(self) -> int:
        """How many arrivals wait to be decided."""
        return len(self._queue)

    async def submit(self, items: Sequence[Arrival | PutAside]) -> list[Answer]:
        """Record a delivery and return an answer for each of its items, in order.

        Raises:
            OverloadedError: too much is waiting; nothing of the delivery was taken.
            DrainingError: the daemon is stopping; nothing of the delivery was taken.
            StoreError: not everything of it could be recorded; it should be sent again.
        """
        if self._is_draining:
            raise DrainingError("the daemon is stopping")
        if len(self._queue) >= QUEUE_LENGTH_MAX or self._queue_bytes >= QUEUE_BYTES_MAX:
            raise OverloadedError(f"{len(self._queue)} inputs are waiting already")
        return await self.submit_own(items)

    async def submit_own(self, items: Sequence[Item]) -> list[Answer]:
        """Record what the daemon itself has to say (timers, outcomes): never refused."""
        if len(items) == 1:
            return [await self._enqueue(items[0])]
        last = len(items) - 1
        futures = [self._enqueue(item, is_last=n == last) for n, item in enumerate(items)]
        results = await asyncio.gather(*futures, return_exceptions=True)
        answers = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            answers.append(result)
        return answers

    def _enqueue(self, item: Item, *, is_last: bool = True) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        waiting = Waiting(item, future, is_last=is_last)
        if self._is_over:
            waiting.fail(_stopped())
            return waiting.future
        self._queue.append(waiting)
        self._queue_bytes += _size(waiting)
        self._stirred.set()
        return waiting.future

    def drain(self) -> None:
        """Take no more deliveries; `run` ends once everything taken is answered."""
        self._is_draining = True
        self._stirred.set()

    async def run(self) -> None:
        """Decide and commit until drained."""
        batch = self._new_batch()
        flight: asyncio.Task[bool] | None = None
        try:
            while True:
                await self._fill(batch, flight)
                if flight is not None and flight.done():
                    if not await flight:
                        await batch.decide_again()
                    elif self._store.is_shared and not len(batch):
                        # What was committed here is no more the newest once others write.
                        batch = self._new_batch()
                    flight = None
                elif flight is None and len(batch):
                    flight = asyncio.create_task(self._commit(batch))
                    flight.add_done_callback(lambda _: self._stirred.set())
                    batch = self._new_batch(below=batch)
                elif flight is None and self._is_draining and not self._queue:
                    return
                else:
                    await self._stirred.wait()
                    self._stirred.clear()
        finally:
            if flight is not None and not flight.done():
                await asyncio.wait((flight,))
            self._abandon(batch)

    async def _fill(self, batch: Batch, flight: asyncio.Task[bool] | None) -> None:
        """Decide what waits, until the batch is full or the commit before it is over.

        With no commit under way one chunk is enough to begin one: what came with it is then decided
        while the first part is written, and the two parts go on taking turns.
        """
        while self._queue and len(batch) < BATCH_LENGTH_MAX:
            if flight.done() if flight is not None else len(batch) >= CHUNK_LENGTH:
                return
            await batch.add(self._take_chunk(BATCH_LENGTH_MAX - len(batch)))
            await asyncio.sleep(0)

    def _take_chunk(self, length_max: int) -> list[Waiting]:
        """Take whole deliveries from the queue, since none is answered before all of it is."""
        chunk: list[Waiting] = []
        while self._queue and len(chunk) < length_max:
            waiting = self._queue.popleft()
            self._queue_bytes -= _size(waiting)
            chunk.append(waiting)
            if waiting.is_last and len(chunk) >= CHUNK_LENGTH:
                break
        return chunk

    async def _commit(self, batch: Batch) -> bool:
        """Commit a batch and answer it; tell whether what was decided on top of it still holds."""
        is_as_decided = True
        try:
            tries = 0
            while len(batch):
                try:
                    await self._store.commit(batch.build())
                except StaleRevisionError as stale:
                    is_as_decided = False
                    tries += 1
                    if tries >= TRIES_MAX:
                        _log.warning("gave up on a contended stream", stream=stale.stream)
                        batch.give_up_on(stale.stream)
                    await batch.decide_again()
                except MalformedCommitError as error:
                    is_as_decided = False
                    await self._commit_apart(batch, error)
                else:
                    self._publish(batch)
                    break
        except StoreDamagedError as error:
            batch.fail(error)
            raise
        except StoreError as error:
            _log.error("commit failed; its inputs are refused", error=str(error), inputs=len(batch))
            batch.fail(error)
            return False
        finally:
            batch.fail(_stopped())
        return is_as_decided

    async def _commit_apart(self, batch: Batch, error: MalformedCommitError) -> None:
        """Find which of a batch's inputs makes a commit that no store accepts: it is put aside."""
        if len(batch) == 1:
            batch.quarantine_all(error)
            await self._store.commit(batch.build())
            self._publish(batch)
            batch.fail(error)
            return
        for single in batch.split():
            await single.decide_again()
            await self._commit(single)

    def _publish(self, batch: Batch) -> None:
        records = batch.records
        for record in records:
            known = self.dispositions.get(record.disposition, 0)
            self.dispositions[record.disposition] = known + 1
        self.commits += 1
        batch.answer()
        for observer in self._observers:
            observer(records)

    def _new_batch(self, below: Batch | None = None) -> Batch:
        layer = None if below is None else below.layer
        return Batch(
            self._store,
            self._decider,
            self._clock,
            below=layer,
            recent=self._recent,
            checks_fold=self._checks_fold,
        )

    def _abandon(self, batch: Batch) -> None:
        self._is_over = True
        batch.fail(_stopped())
        while self._queue:
            self._queue.popleft().fail(_stopped())


def _stopped() -> StoreUnavailableError:
    return StoreUnavailableError("the engine has stopped")


def _size(waiting: Waiting) -> int:
    raw = getattr(waiting.item, "raw", None)
    return 0 if raw is None else len(raw)
