"""Are these streams what was written? Says only yes or no, for a page of records at once.

Looks at chains, checksums, folds, heads and the payloads that records name. Whoever gets a no walks
the journal (chains.py, folds.py), which names what is wrong and where.
"""

from __future__ import annotations

import hashlib
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from interlock.interpreter.audit.folds import read_erased_payloads
from interlock.interpreter.core.canonical import GENESIS, decode_folded
from interlock.interpreter.journal.stored import find_erasure, record_sums
from interlock.interpreter.journal.verify import check_head

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from interlock.interpreter.core.canonical import FoldedRecord
    from interlock.interpreter.core.folds import Fold
    from interlock.interpreter.journal.sealed import SweepableLog
    from interlock.interpreter.journal.store import Head
    from interlock.interpreter.journal.stored import Row

_sha256 = hashlib.sha256
_stream_of = itemgetter(0)
_PAYLOADS_AT_ONCE = 500


class UnsoundError(Exception):
    """Something is not what was written; a sweep does not say what."""


def require(is_sound: bool) -> None:  # noqa: FBT001 - an assertion that no flag of Python removes
    """Raise UnsoundError unless something holds."""
    if not is_sound:
        raise UnsoundError


async def sweep_streams(
    log: SweepableLog, first: int, last: int, folds: Mapping[str, Fold] | None
) -> int:
    """Check the streams that opened from `first` to `last`; return how many there are.

    `folds` None: chains and heads only. Raises UnsoundError, StoreError.
    """
    heads = _each(log.part_heads(first, last))
    payloads = None if folds is None else _PayloadSweep(log)
    sweep: _StreamSweep | None = None
    count = 0
    async for page in log.part_records(first, last):
        for stream, group in groupby(page, _stream_of):
            rows = list(group)
            if sweep is None or sweep.stream != stream:
                if sweep is not None:
                    sweep.end()
                head = await anext(heads, None)
                require(head is not None and head.stream == stream)
                assert head is not None
                sweep = _StreamSweep(head, folds)
                count += 1
                if rows[0][1] != 1:
                    await sweep.begin_erased(log, rows[0])
            records = sweep.take(rows)
            if payloads is not None and payloads.note(records):
                await payloads.find()
    if sweep is not None:
        sweep.end()
    require(await anext(heads, None) is None)
    if payloads is not None:
        await payloads.find()
    return count


class _StreamSweep:
    """How far a stream has been found sound."""

    def __init__(self, head: Head, folds: Mapping[str, Fold] | None) -> None:
        self.stream = head.stream
        self._head = head
        self._decodes = folds is not None
        self._fold = None if folds is None else folds.get(head.stream.partition("/")[0])
        self._revision = 0
        self._hash = GENESIS
        self._state: Any = None

    async def begin_erased(self, log: SweepableLog, row: Row) -> None:
        """Go on behind records that were erased, if the first that is there says so rightly."""
        said = find_erasure(row[5])
        require(said is not None)
        assert said is not None
        async for page in log.stream(self.stream):
            for erased in page:
                if erased.data is not None:
                    break
                require(erased.revision == self._revision + 1)
                self._revision, self._hash = erased.revision, erased.hash
        require((said.records, said.hash) == (self._revision, self._hash.hex()))
        self._fold = None

    def take(self, rows: Sequence[Row]) -> Sequence[FoldedRecord]:
        """Check the next records; return them decoded, where they are."""
        _, revisions, ats, hashes, sums, datas = zip(*rows, strict=True)
        first = self._revision + 1
        require(revisions == tuple(range(first, first + len(rows))))
        previous = (self._hash, *hashes[:-1])
        pairs = zip(previous, datas, strict=True)
        require(tuple([_sha256(before + data).digest() for before, data in pairs]) == hashes)
        self._revision, self._hash = revisions[-1], hashes[-1]
        if not self._decodes:
            return ()
        require(tuple(record_sums(rows)) == sums)
        records = list(map(decode_folded, datas))
        require(tuple([record.at for record in records]) == ats)
        require(tuple([record.revision for record in records]) == revisions)
        require({record.stream for record in records} == {self.stream})
        if self._fold is not None:
            step: Callable[[Any, Any], Any] = self._fold.step
            state = self._state
            for record in records:
                state = step(state, record)
            self._state = state
        return records

    def end(self) -> None:
        """Compare the head with all that was taken."""
        flaw = check_head(self._head, self._revision, self._hash, self._fold, self._state)
        require(flaw is None)


class _PayloadSweep:
    """Looks for the payloads that records name, many at a time."""

    def __init__(self, log: SweepableLog) -> None:
        self._log = log
        self._wanted: set[str] = set()

    def note(self, records: Iterable[FoldedRecord]) -> bool:
        """Note the payloads of some records; return whether there are enough to look for."""
        for record in records:
            event = record.input.event
            if event is not None and event.raw is not None:
                self._wanted.add(event.raw)
        return len(self._wanted) >= _PAYLOADS_AT_ONCE

    async def find(self) -> None:
        """Look for those noted; one that has no bytes any more is judged where payloads are."""
        if not self._wanted:
            return
        wanted = list(self._wanted)
        self._wanted.clear()
        if await self._log.count_payloads(wanted) != len(wanted):
            erased = await read_erased_payloads(self._log)
            left = [digest for digest in wanted if digest not in erased]
            require(await self._log.count_payloads(left) == len(left))


async def _each(pages: AsyncIterator[Sequence[Head]]) -> AsyncIterator[Head]:
    async for page in pages:
        for head in page:
            yield head
