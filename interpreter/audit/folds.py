"""The second look at a journal: every record decoded, every stream folded, every head compared.

Also: payloads that records name and that are neither there nor erased by a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.canonical import DamagedBytesError, decode_record
from interlock.interpreter.core.change_control import PayloadsErased
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.folds import FOLDS
from interlock.interpreter.journal.store import StoreDamagedError, StoredRecord
from interlock.interpreter.journal.stored import find_erasure
from interlock.interpreter.journal.verify import Flaw, StreamWalk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.folds import Fold
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.sealed import JournalLog
    from interlock.interpreter.journal.store import Head


class Part(Struct, frozen=True):
    """Every `of`-th stream, from the one at `index`: what one of several workers looks at."""

    index: int = 0
    of: int = 1


WHOLE = Part()


async def verify_folds(
    log: JournalLog, part: Part = WHOLE, folds: Mapping[str, Fold] = FOLDS
) -> list[Flaw]:
    """Fold a part of the streams and compare the heads with what comes of it."""
    flaws: list[Flaw] = []
    erased = await read_erased_payloads(log)
    place = 0
    async for page in log.heads():
        for head in page:
            if place % part.of == part.index:
                fold = folds.get(head.stream.partition("/")[0])
                try:
                    flaw = await _verify_stream(log, head, StreamWalk(head.stream, fold), erased)
                except StoreDamagedError as error:
                    flaw = Flaw(error.stream, error.revision, str(error))
                if flaw is not None:
                    flaws.append(flaw)
            place += 1
    return flaws


async def _verify_stream(
    log: JournalLog, head: Head, walk: StreamWalk, erased: frozenset[str]
) -> Flaw | None:
    async for page in log.stream(head.stream):
        for row in page:
            if row.data is None or row.at is None:
                continue
            if walk.revision == 0 and row.revision > 1:
                said = find_erasure(row.data)
                if said is None or said.records != row.revision - 1:
                    return Flaw(head.stream, 1, "it is missing")
                walk.begin_after(said)
            stored = StoredRecord(row.stream, row.revision, row.at, row.data, row.hash)
            reason = walk.check(stored) or await _verify_payload(log, walk.record, erased)
            if reason is not None:
                return Flaw(head.stream, row.revision, reason)
    reason = walk.check_head(head)
    return None if reason is None else Flaw(head.stream, walk.revision, reason)


async def _verify_payload(
    log: JournalLog, record: Record | None, erased: frozenset[str]
) -> str | None:
    """Return what is wrong with the payload that a record names, if it names one."""
    if record is None or not isinstance(record.input, EventInput):
        return None
    digest = record.input.event.raw
    if digest is None or digest in erased:
        return None
    payload = await log.payload(digest)
    if payload is None or payload[1] is None:
        return f"its payload {digest} is gone, and no record says that it was erased"
    return None


async def read_erased_payloads(log: JournalLog) -> frozenset[str]:
    """Return the payloads whose erasure the control stream records."""
    digests: set[str] = set()
    async for page in log.stream(CONTROL_STREAM):
        for row in page:
            if row.data is None or b"payloads_erased" not in row.data:
                continue
            try:
                changes = decode_record(row.data).changes
            except DamagedBytesError:
                continue
            for change in changes:
                if isinstance(change, PayloadsErased):
                    digests.update(change.digests)
    return frozenset(digests)
