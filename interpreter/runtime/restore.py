"""What has to be said of a journal that came back from a backup, before a daemon goes on with it.

A backup is older than the world: what was done after it is not in it. So another epoch begins, in
which every idempotency key is a new one; remediation is held at `observe` until an operator looks;
and every hook call that was still to be made is in doubt, for it may have been made. Messages are
sent again: duplicates over silence. All of it is recorded. Never touches what was recorded before.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.control import (
    CONTROL_STREAM,
    JOURNAL_RESTORED,
    Control,
    decode_control,
)
from interlock.interpreter.core.event import (
    Event,
    EventInput,
    Origin,
    OutcomeInput,
    OutcomeStatus,
)
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.runtime.decider import Decider
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.engine import Engine
from interlock.interpreter.runtime.rulebooks import Rulebooks, find_rulebook
from interlock.rulebook import compile_rulebook
from interlock.rulebook.graph.state_graph import Automation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.rulebook import StateGraph

_DOUBT = "the journal was restored from a backup: it may have been done since"


class Restored(Struct, frozen=True):
    """The epoch that began, and how many calls are in doubt and messages are sent again."""

    epoch: int
    doubtful: int
    repeated: int


async def begin_epoch(store: JournalStore, clock: Clock, *, actor: str, reason: str) -> Restored:
    """Record that an open store came back from a backup; `reason` says which, and why.

    Raises:
        StoreError: it could not be recorded.
        LostRulebookError: the store's own rulebook cannot be compiled by this version.
    """
    control = await _control(store)
    waiting = [
        row
        for status in (EffectStatus.CLAIMED, EffectStatus.PENDING)
        for row in await store.list_effects(status)
    ]
    async with _engine(store, clock, await _live(store, control)) as engine:
        event = Event(type=JOURNAL_RESTORED, origin=Origin.HUMAN, source="restore", reason=reason)
        arrivals = [Arrival(input=EventInput(event), actor=actor, stream=CONTROL_STREAM)]
        arrivals += [
            Arrival(
                input=OutcomeInput(
                    key=row.key,
                    path=row.path,
                    status=OutcomeStatus.IN_DOUBT,
                    attempts=row.attempt,
                    detail=_DOUBT,
                ),
                actor=actor,
                stream=row.stream,
            )
            for row in waiting
            if row.kind == "hook"
        ]
        await engine.submit_own(arrivals)
    messages = [row for row in waiting if row.kind != "hook"]
    for row in messages:
        await store.release_effect(row.key, not_before=clock.now(), detail=_DOUBT)
    return Restored(control.epoch + 1, len(waiting) - len(messages), len(messages))


async def _control(store: JournalStore) -> Control:
    head = (await store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
    return Control() if head is None else decode_control(head.data)


async def _live(store: JournalStore, control: Control) -> StateGraph:
    """Return the rulebook that was live; a journal that never had one has nothing to decide."""
    if control.rulebook is None:
        return compile_rulebook("version: 1\n")
    return await find_rulebook(store, control.rulebook.digest)


@asynccontextmanager
async def _engine(store: JournalStore, clock: Clock, live: StateGraph) -> AsyncIterator[Engine]:
    engine = Engine(store, Decider(Rulebooks(live, store), Automation.OBSERVE), clock)
    running = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        engine.drain()
        await running
