"""Inputs that share a commit, from their decisions to their answers.

Rules of this file: nothing is answered before `answer` is called, and that is after the commit. An
input whose decision raises is put aside and never fails those that came with it: `_decide_one` is
the one boundary of the interpreter where any exception is caught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from interlock.interpreter.core.event import OutcomeInput
from interlock.interpreter.journal.store import Commit, StoreError, StoreUnavailableError
from interlock.interpreter.runtime.commit_builder import CommitBuilder, stage
from interlock.interpreter.runtime.delivery import (
    Answer,
    Arrival,
    EffectEnded,
    Item,
    PutAside,
    answer_for,
)
from interlock.interpreter.runtime.precedence import denials_first, denied_stream
from interlock.interpreter.runtime.recent import Recent
from interlock.interpreter.runtime.view import Layer, View

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.decider import Decider, Prepared

_log = structlog.get_logger("interlock.engine")


class Waiting:
    """An item in the engine, and who waits for its answer; `is_last` ends a delivery."""

    __slots__ = ("answer", "future", "is_last", "item", "streams")

    def __init__(self, item: Item, future: asyncio.Future[Answer], *, is_last: bool = True) -> None:
        self.item = item
        self.future = future
        self.is_last = is_last
        self.answer: Answer | None = None
        self.streams: frozenset[str] = frozenset()

    def fail(self, error: Exception) -> None:
        """Tell who waits that nothing was recorded."""
        if not self.future.done():
            self.future.set_exception(error)

    def tell(self) -> None:
        """Give the answer; who does not wait any more (a closed connection) is not told."""
        if not self.future.done() and self.answer is not None:
            self.future.set_result(self.answer)


class Batch:
    """One commit in the making."""

    def __init__(
        self,
        store: JournalStore,
        decider: Decider,
        clock: Clock,
        *,
        below: Layer | None = None,
        recent: Recent | None = None,
        checks_fold: bool = False,
    ) -> None:
        self._store = store
        self._decider = decider
        self._clock = clock
        self._checks_fold = checks_fold
        self._waiting: list[Waiting] = []
        self._builder = CommitBuilder()
        self._recent = Recent() if recent is None else recent
        self._below = below
        self._view = View(store, below, self._recent)
        self._commit = Commit()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def layer(self) -> Layer:
        """What the next batch is decided on while this one is being committed."""
        return self._view.layer

    @property
    def records(self) -> list[Record]:
        """The records decided, in the order of the arrivals."""
        return self._builder.records

    async def add(self, arrived: Sequence[Waiting]) -> None:
        """Decide items, each on all that was decided before it."""
        if any(self._is_denied_late(waiting.item) for waiting in arrived):
            # Nobody was told of the approval before it yet: decided together, the denial wins.
            arrived, self._waiting = [*self._waiting, *arrived], []
            self._begin(self._below)
        arrived = denials_first(arrived)
        now = self._clock.now()
        prepared = [self._prepare(waiting.item, now) for waiting in arrived]
        try:
            await self._view.prefetch([one.wanted for one in prepared if one is not None])
        except StoreError as error:
            for waiting in arrived:
                waiting.fail(error)
            return
        for waiting, one in zip(arrived, prepared, strict=True):
            try:
                await self._decide_one(waiting, one, now)
            except StoreError as error:
                waiting.fail(error)
            else:
                self._waiting.append(waiting)

    def _prepare(self, item: Item, now: Instant) -> Prepared | None:
        if not isinstance(item, Arrival):
            return None
        try:
            return self._decider.prepare(item, now)
        except Exception:  # noqa: BLE001 - preparing it again raises the same, and puts it aside
            return None

    async def decide_again(self) -> None:
        """Drop every decision and make them anew on what the store holds now."""
        waiting, self._waiting = self._waiting, []
        self._start_over()
        await self.add(waiting)

    def build(self) -> Commit:
        """Return everything decided as one commit."""
        self._commit = self._builder.build()
        return self._commit

    def answer(self) -> None:
        """Answer every arrival. Only ever called once the commit has returned."""
        self._view.keep(self._commit.appends)
        for waiting in self._waiting:
            waiting.tell()

    def fail(self, error: Exception) -> None:
        """Tell everyone who waits that nothing was recorded."""
        for waiting in self._waiting:
            waiting.fail(error)
        self._waiting = []

    def give_up_on(self, stream: str) -> None:
        """Fail the arrivals that touch a stream; if none does, all of them."""
        error = StoreUnavailableError(f"{stream} is changed by others faster than we can decide")
        lost = [waiting for waiting in self._waiting if stream in waiting.streams]
        for waiting in lost or self._waiting:
            waiting.fail(error)
        self._waiting = [w for w in self._waiting if lost and stream not in w.streams]

    def split(self) -> list[Batch]:
        """Return a batch for each arrival, undecided, so that a bad one fails alone."""
        singles = []
        for waiting in self._waiting:
            single = Batch(
                self._store,
                self._decider,
                self._clock,
                recent=self._recent,
                checks_fold=self._checks_fold,
            )
            single._waiting.append(waiting)
            singles.append(single)
        self._waiting = []
        return singles

    def quarantine_all(self, error: Exception) -> None:
        """Put every arrival aside in place of its decision."""
        self._start_over()
        for waiting in self._waiting:
            if isinstance(waiting.item, Arrival):
                self._quarantine(waiting, waiting.item, error)

    def _start_over(self) -> None:
        self._recent.clear()
        self._begin(None)

    def _begin(self, below: Layer | None) -> None:
        """Forget every decision; `below` is what those to come are made on."""
        self._below = below
        self._builder = CommitBuilder()
        self._view = View(self._store, below, self._recent)

    def _is_denied_late(self, item: Item) -> bool:
        """Tell whether an item denies a gate of an incident that something here is about."""
        stream = denied_stream(item)
        return stream is not None and any(stream in w.streams for w in self._waiting)

    async def _decide_one(self, waiting: Waiting, one: Prepared | None, now: Instant) -> None:
        item = waiting.item
        if isinstance(item, EffectEnded):
            self._builder.end_effect(item.key, item.status, item.detail)
            waiting.answer = Answer(disposition="applied")
            return
        if isinstance(item, PutAside):
            self._builder.put_aside(item, now)
            waiting.answer = Answer(disposition="quarantined", reason=item.reason)
            return
        try:
            prepared = one or self._decider.prepare(item, now)
            decision = await self._decider.decide(prepared, self._view, now)
            staged = await stage(decision, self._view, checks_fold=self._checks_fold)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary that the module's text names
            self._quarantine(waiting, item, error)
            return
        self._builder.add(item, staged, self._view)
        waiting.answer = answer_for(decision)
        waiting.streams = frozenset(staged.before)

    def _quarantine(self, waiting: Waiting, arrival: Arrival, error: Exception) -> None:
        put_aside = self._builder.quarantine(arrival, error, self._clock.now())
        waiting.answer = Answer(disposition="quarantined", reason=put_aside.reason)
        waiting.streams = frozenset()
        _log.error(
            "input quarantined",
            quarantine=put_aside.id,
            actor=arrival.actor,
            stream=arrival.stream,
            effect=arrival.input.key if isinstance(arrival.input, OutcomeInput) else None,
            exc_info=error,
        )
