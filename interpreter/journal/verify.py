"""Is the journal what was written? Walks the streams and names the first bad record of each.

Reads through the store's own interface but trusts none of its checks: every chain is computed
again, every head is compared with the fold of its records, and what waits to be done (timers,
unfinished effects) with the records that asked for it. Never repairs anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core.apply import BrokenStreamError
from interlock.interpreter.core.canonical import (
    GENESIS,
    DamagedBytesError,
    chain,
    decode_record,
    encode,
)
from interlock.interpreter.core.folds import FOLDS, Fold, fold_of, pending_timers
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.interpreter.journal.stored import find_erasure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.change_control import StreamErased
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import Head, JournalStore, StoredRecord


_PAGE = 500
_END_OF_TIME = (1 << 63) - 1


class Flaw(Struct, frozen=True):
    """What is wrong, with which stream (None: the store) and record, where it is one."""

    stream: str | None
    revision: int | None
    reason: str


class Report(Struct, frozen=True):
    """What was looked at and what was found; no flaw: the journal is sound."""

    streams: int
    records: int
    flaws: tuple[Flaw, ...]


async def verify_journal(store: JournalStore, folds: Mapping[str, Fold] = FOLDS) -> Report:
    """Check the store's files and every stream; `folds` by the first part of a stream's name.

    A stream without a fold is checked for its chain and its head's hash only.
    """
    flaws = [Flaw(None, None, reason) for reason in await store.check_integrity()]
    records = 0
    streams = await store.streams()
    for stream in streams:
        walk = StreamWalk(stream, folds.get(stream.partition("/")[0]))
        flaw = await _walk(store, walk)
        records += walk.revision
        if flaw is not None:
            flaws.append(flaw)
    return Report(len(streams), records, tuple(flaws))


async def verify_waiting(store: JournalStore) -> Report:
    """Check that what waits to be done was asked for: timers by heads, effects by records."""
    timers: dict[str, dict[str, int]] = {}
    for row in await store.due_timers(_END_OF_TIME, limit=_END_OF_TIME):
        timers.setdefault(row.stream, {})[row.name] = row.due
    flaws = []
    streams = await store.streams()
    for stream in streams:
        head = (await store.heads([stream]))[stream]
        if timers.pop(stream, {}) != pending_timers(fold_of(stream).read_head(head.data)):
            flaws.append(Flaw(stream, head.revision, "its timers are not those of its state"))
    flaws += [Flaw(stream, None, "timers are set for no stream") for stream in timers]
    flaws += await _verify_effects(store)
    return Report(len(streams), 0, tuple(flaws))


async def _verify_effects(store: JournalStore) -> list[Flaw]:
    flaws = []
    for status in (EffectStatus.PENDING, EffectStatus.CLAIMED):
        for row in await store.list_effects(status):
            asking = await store.read(row.stream, after=row.revision - 1, limit=1)
            asked = decode_record(asking[0].data).effects if asking else ()
            if not any(effect.key == row.key and encode(effect) == row.data for effect in asked):
                reason = f"the effect {row.key} is not the one its record asked for"
                flaws.append(Flaw(row.stream, row.revision, reason))
    return flaws


class StreamWalk:
    """Where the walk along one stream has got to; `record` is the last one that was checked."""

    def __init__(self, stream: str, fold: Fold | None) -> None:
        self.stream = stream
        self.revision = 0
        self._hash = GENESIS
        self._fold = fold
        self._state: Any = None
        self.record: Record | None = None

    def begin_after(self, erased: StreamErased) -> None:
        """Go on behind records that were erased: what is left of the stream has no state."""
        self.revision = erased.records
        self._hash = bytes.fromhex(erased.hash)
        self._fold = None

    def check(self, stored: StoredRecord) -> str | None:
        """Take the next record; returns what is wrong with it."""
        expected = self.revision + 1
        if (stored.stream, stored.revision) != (self.stream, expected):
            return f"record {stored.revision} of {stored.stream} stands in its place"
        self._hash = chain(self._hash, stored.data)
        if stored.hash != self._hash:
            return "it does not chain to the record before"
        try:
            self.record = record = decode_record(stored.data)
            if self._fold is not None:
                self._state = self._fold.step(self._state, record)
        except DamagedBytesError as error:
            return str(error)
        except (BrokenStreamError, LookupError, ValueError) as error:
            return f"it cannot be folded: {error}"
        if (record.stream, record.revision, record.at) != (self.stream, expected, stored.at):
            return "its row says another stream, revision or time than its bytes"
        self.revision = expected
        return None

    def check_head(self, head: Head | None) -> str | None:
        """Compare the head with all that was read; returns what is wrong with it."""
        return check_head(head, self.revision, self._hash, self._fold, self._state)


def check_head(
    head: Head | None, revision: int, hash_: bytes, fold: Fold | None, state: Any
) -> str | None:
    """Compare a head with the end of its stream and its state there; say what is wrong with it."""
    if head is None:
        return "there is no head"
    if (head.revision, head.hash) != (revision, hash_):
        return f"the head is that of record {head.revision}, the records end at {revision}"
    if fold is not None and not _is_head_of(head.data, fold, state):
        return "the head is not the fold of the records"
    if isinstance(state, Incident) and not _is_found_as(head, state):
        return "the head is not searched for by what it holds"
    return None


def _is_head_of(data: bytes, fold: Fold, state: Any) -> bool:
    if encode(state) == data:
        return True
    try:
        # an earlier version wrote fewer fields: read, both must be the same
        return encode(fold.read_head(data)) == encode(state)
    except DamagedBytesError:
        return False


def _is_found_as(head: Head, incident: Incident) -> bool:
    return (
        head.incident == incident.id
        and head.base_id == incident.base_id
        and head.origin == incident.origin
        and head.state == incident.state
        and head.severity == incident.severity
        and head.is_open == incident.is_open
        and head.needs_attention == incident.waits_for_person
        and head.group_key == incident.group_key
        and head.created_at == incident.created_at
        and head.updated_at == incident.updated_at
    )


async def _walk(store: JournalStore, walk: StreamWalk) -> Flaw | None:
    try:
        while page := await store.read(walk.stream, after=walk.revision, limit=_PAGE):
            if walk.revision == 0 and (erased := find_erasure(page[0].data)) is not None:
                walk.begin_after(erased)
            for stored in page:
                if (reason := walk.check(stored)) is not None:
                    return Flaw(walk.stream, walk.revision + 1, reason)
        heads = await store.heads([walk.stream])
    except StoreDamagedError as error:
        return Flaw(walk.stream, error.revision, str(error))
    reason = walk.check_head(heads.get(walk.stream))
    return None if reason is None else Flaw(walk.stream, walk.revision, reason)
