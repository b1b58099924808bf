"""The journal in memory, walked by an auditor: what tests and dry runs are checked with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.journal.merkle import SPAN, Frontier
from interlock.interpreter.journal.sealed import LogRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from interlock.interpreter.journal.memory import MemoryJournalStore
    from interlock.interpreter.journal.seals import Seal
    from interlock.interpreter.journal.store import Head


class MemoryLog:
    """A `JournalLog` of a store in memory, which must not be written to meanwhile."""

    def __init__(self, store: MemoryJournalStore) -> None:
        self._store = store

    async def rows(self, after: int = 0) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records in the order they were committed in."""
        yield [self._row(number) for number in range(after + 1, len(self._store.log) + 1)]

    async def stream(self, stream: str) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records of one stream."""
        numbers = range(1, len(self._store.log) + 1)
        yield [row for row in map(self._row, numbers) if row.stream == stream]

    def _row(self, number: int) -> LogRow:
        stream, revision, hash_ = self._store.log[number - 1]
        record = self._store.record(stream, revision)
        at, data = (None, None) if record is None else (record.at, record.data)
        return LogRow(number, stream, revision, hash_ if record is None else record.hash, at, data)

    async def heads(self) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads."""
        streams = await self._store.streams()
        yield list((await self._store.heads(streams)).values())

    async def seals(self) -> AsyncIterator[Sequence[Seal]]:
        """Walk the seals."""
        yield self._store.seals

    async def spans(self) -> Sequence[bytes]:
        """Return the roots of the tree's complete spans, made now."""
        frontier = Frontier()
        for _, _, hash_ in self._store.log:
            frontier.add(hash_)
        assert len(frontier.spans) == len(self._store.log) // SPAN, "each span was completed once"
        return frontier.spans

    async def payloads(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Walk the raw payloads."""
        yield list(self._store.payloads.items())

    async def payload(self, digest: str) -> tuple[str, bytes | None] | None:
        """Return one raw payload."""
        known = self._store.payloads
        return (digest, known[digest]) if digest in known else None

    async def rulebook(self, digest: str) -> dict[str, str] | None:
        """Return the sources of a rulebook by digest."""
        sources = await self._store.rulebook(digest)
        return None if sources is None else dict(sources)

    async def check_files(self) -> Sequence[str]:
        """Return nothing: there are no files."""
        return ()

    async def close(self) -> None:
        """Do nothing: the store stays open."""
