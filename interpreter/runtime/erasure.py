"""Erases closed incidents and raw payloads: when somebody asks, and when they are old enough.

Rules of this file: an erasure is one commit that records who asked and why; what is open, or has
an effect under way, is not erased. Hashes and digests stay, so that the journal goes on verifying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from msgspec import Struct

from interlock.interpreter.core.canonical import GENESIS, decode_record, encode
from interlock.interpreter.core.control import (
    CONTROL_STREAM,
    Control,
    apply_control,
    decode_control,
)
from interlock.interpreter.core.erasure import Erasing, record_erasure
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.folds import ERASED
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.journal.store import (
    Append,
    Commit,
    Head,
    IncidentFilter,
    StaleRevisionError,
    StoreDamagedError,
    StoredRecord,
    StoreError,
)
from interlock.interpreter.runtime.clock import SECOND_NS, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock

RETENTION_ACTOR: Final = "engine"
_TRIES_MAX: Final = 10
_UNFINISHED: Final = (EffectStatus.PENDING, EffectStatus.HELD, EffectStatus.CLAIMED)
_STREAMS_AT_ONCE: Final = 16
_PAYLOADS_AT_ONCE: Final = 256
_LOOK_EVERY_NS: Final = 3600 * SECOND_NS
_PAGE: Final = 500

_log = structlog.get_logger("interlock.erasure")


class ErasureRefusedError(Exception):
    """What was asked for is not there, or cannot go yet; the text is for people."""


class Erased(Struct, frozen=True):
    """How much went."""

    records: int
    payloads: int


class Eraser:
    """Erases from a store, beside the engine that goes on writing it."""

    def __init__(self, store: JournalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def erase(
        self,
        *,
        streams: Sequence[str] = (),
        payloads: Sequence[str] = (),
        reason: str,
        actor: str,
    ) -> Erased:
        """Erase closed incidents with their payloads, and payloads by digest, in one commit.

        Raises:
            ErasureRefusedError: one of them is not there, open, or has an effect under way.
            StoreError: the store cannot.
        """
        for digest in payloads:
            if await self._store.payload(digest) is None:
                raise ErasureRefusedError(f"there is no payload {digest[:80]!r}")
        await self._store.seal()
        for _ in range(_TRIES_MAX):
            try:
                return await self._erase(streams, payloads, reason, actor)
            except StaleRevisionError:
                continue
        raise ErasureRefusedError("what is to be erased changes all the time; try again")

    async def _erase(
        self, streams: Sequence[str], payloads: Sequence[str], reason: str, actor: str
    ) -> Erased:
        heads = await self._store.heads([*streams, CONTROL_STREAM])
        await self._check(streams, heads.get)
        named = [digest for stream in streams for digest in await self._payloads_of(stream)]
        digests = list(dict.fromkeys([*payloads, *named]))
        control = heads.get(CONTROL_STREAM)
        records = record_erasure(
            [Erasing(each, heads[each].revision, heads[each].hash) for each in streams],
            digests,
            control_revision=0 if control is None else control.revision,
            reason=reason,
            actor=actor,
            now=self._clock.now(),
        )
        commit = Commit(
            appends=[_append(record, heads.get(record.stream)) for record in records],
            erased=list(streams),
            payloads_erased=digests,
        )
        await self._store.commit(commit)
        return Erased(sum(heads[each].revision for each in streams), len(digests))

    async def _check(self, streams: Sequence[str], head_of: object) -> None:
        assert callable(head_of)
        for stream in streams:
            head: Head | None = head_of(stream)
            if head is None or head.incident is None:
                raise ErasureRefusedError(f"there is no {stream}, or it was erased before")
            if head.is_open:
                raise ErasureRefusedError(f"{stream} is open: close it first")
        for status in _UNFINISHED:
            for row in await self._store.list_effects(status):
                if row.stream in streams:
                    raise ErasureRefusedError(f"{row.stream} has an effect that is not over")

    async def _payloads_of(self, stream: str) -> list[str]:
        digests = []
        after = 0
        while page := await self._store.read(stream, after=after, limit=_PAGE):
            after = page[-1].revision
            for stored in page:
                input_ = decode_record(stored.data).input
                raw = input_.event.raw if isinstance(input_, EventInput) else None
                if raw is not None and await self._store.payload(raw) is not None:
                    digests.append(raw)
        return digests


def _append(record: Record, head: Head | None) -> Append:
    data = encode(record)
    previous = GENESIS if head is None else head.hash
    stored = StoredRecord.link(record.stream, record.revision, record.at, data, previous)
    state = ERASED
    if record.stream == CONTROL_STREAM:
        before = Control() if head is None else decode_control(head.data)
        state = encode(apply_control(before, record))
    return Append(
        record.stream,
        record.revision - 1,
        [stored],
        Head(stream=record.stream, revision=record.revision, hash=stored.hash, data=state),
    )


class RetentionService:
    """Erases what is older than the operator wants it kept."""

    def __init__(self, eraser: Eraser, store: JournalStore, clock: Clock, keep_ns: int) -> None:
        self._eraser = eraser
        self._store = store
        self._clock = clock
        self._keep_ns = keep_ns

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            try:
                await self.erase_old()
            except StoreDamagedError:
                raise
            except (StoreError, ErasureRefusedError) as error:
                _log.warning("retention is put off", error=str(error))
            await wait_until(self._clock, self._clock.now() + _LOOK_EVERY_NS)

    async def erase_old(self) -> Erased:
        """Erase all incidents that were closed, and all payloads that came, too long ago."""
        before = self._clock.now() - self._keep_ns
        reason = f"kept for {self._keep_ns // (86_400 * SECOND_NS)} days"
        records = payloads = 0
        old = await self._old_incidents(before)
        for start in range(0, len(old), _STREAMS_AT_ONCE):
            part = old[start : start + _STREAMS_AT_ONCE]
            done = await self._eraser.erase(streams=part, reason=reason, actor=RETENTION_ACTOR)
            records, payloads = records + done.records, payloads + done.payloads
        while digests := await self._store.old_payloads(before, _PAYLOADS_AT_ONCE):
            done = await self._eraser.erase(payloads=digests, reason=reason, actor=RETENTION_ACTOR)
            payloads += done.payloads
        if records or payloads:
            _log.info("erased by retention", records=records, payloads=payloads)
        return Erased(records, payloads)

    async def _old_incidents(self, before: Instant) -> list[str]:
        """Return closed incidents that nothing happened to since, and that have nothing to do."""
        busy = {
            row.stream for status in _UNFINISHED for row in await self._store.list_effects(status)
        }
        found: list[str] = []
        cursor: str | None = None
        while True:
            wanted = IncidentFilter(is_open=False, after=cursor, limit=_PAGE)
            page, cursor = await self._store.list_incidents(wanted)
            found += [h.stream for h in page if h.updated_at < before and h.stream not in busy]
            if cursor is None:
                return found[::-1]
