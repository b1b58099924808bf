"""The journal in an SQLite file, walked by an auditor beside the daemon that writes it.

One read-only connection and one transaction: what it sees is one moment of the journal. Takes no
lock a daemon waits for. Unlike the store it hands out what does not fit: judging that is the
auditor's.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import msgspec

from interlock.interpreter.journal.sealed import Extent, LogRow, checked_row
from interlock.interpreter.journal.seals import Seal
from interlock.interpreter.journal.sqlite_errors import explain
from interlock.interpreter.journal.sqlite_reader import check_integrity, read_sources
from interlock.interpreter.journal.sqlite_rows import read_head
from interlock.interpreter.journal.sqlite_schema import (
    check_tables,
    connect_reader,
    find_altered,
)
from interlock.interpreter.journal.statements import load_statements, repeat_row
from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from interlock.interpreter.journal.store import Head
    from interlock.interpreter.journal.stored import Row

_SQL = load_statements("sqlite", "read")
_PAGE = 2_000
_AT_ONCE = 250


class SqliteLog:
    """A `SweepableLog` of a file."""

    def __init__(self, path: Path) -> None:
        """Open it; raises StoreUnavailableError, StoreDamagedError, StoreVersionError."""
        self._path = path
        if not path.is_file():
            raise StoreUnavailableError(f"{path}: there is no such file")
        with self._explaining():
            self._connection = connect_reader(path)
            check_tables(self._connection, path)
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM meta").fetchone()

    async def rows(self, after: int = 0) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records in the order of their numbers."""
        # merging costs as much as reading: only where there is something to merge
        statement = "log" if self._has_erased() else "whole_log"
        for page in self._pages(statement, {"after": after}):
            yield list(map(LogRow._make, page))

    async def stream(self, stream: str) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records of one stream."""
        for page in self._pages("stream_log", {"stream": stream}):
            yield [checked_row(*row) for row in page]

    async def heads(self) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads, in the order of the streams' opening."""
        for page in self._pages("all_heads"):
            yield [read_head(row) for row in page]

    async def seals(self) -> AsyncIterator[Sequence[Seal]]:
        """Walk the seals."""
        for page in self._pages("seals"):
            yield [Seal(*row) for row in page]

    async def spans(self) -> Sequence[bytes]:
        """Return the roots of the tree's complete spans."""
        return [row[0] for page in self._pages("spans") for row in page]

    async def payloads(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Walk the raw payloads."""
        for page in self._pages("payloads"):
            yield [(digest.hex(), data) for digest, data in page]

    async def payload(self, digest: str) -> tuple[str, bytes | None] | None:
        """Return one raw payload."""
        with self._explaining():
            name = bytes.fromhex(digest)
            row = self._connection.execute(_SQL["payload_row"], (name,)).fetchone()
        return None if row is None else (digest, row[1])

    async def rulebook(self, digest: str) -> dict[str, str] | None:
        """Return the sources of a rulebook by digest."""
        with self._explaining():
            data = read_sources(self._connection, digest)
        return None if data is None else msgspec.json.decode(data, type=dict[str, str])

    async def check_files(self) -> Sequence[str]:
        """Return what SQLite finds wrong with the file; other work can go on meanwhile."""
        return await asyncio.to_thread(self._check_files)

    def _check_files(self) -> Sequence[str]:
        with self._explaining(), closing(connect_reader(self._path)) as connection:
            return [*check_integrity(connection), *find_altered(connection)]

    async def close(self) -> None:
        """Release the file."""
        self._connection.close()

    async def extent(self) -> Extent:
        """Return how much there is."""
        return Extent._make(self._row("extent"))

    async def hashes(self) -> AsyncIterator[Sequence[tuple[int, bytes]]]:
        """Walk the numbers and hashes of all records, in their order."""
        for page in self._pages("all_hashes" if self._has_erased() else "hashes_of_records"):
            yield page

    async def part_heads(self, first: int, last: int) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads of a part of the streams."""
        for page in self._pages("part_heads", (first, last)):
            yield [read_head(row) for row in page]

    async def part_records(self, first: int, last: int) -> AsyncIterator[Sequence[Row]]:
        """Walk the records of these streams, by stream."""
        for page in self._pages("part_records", (first, last)):
            yield page

    async def count_payloads(self, digests: Sequence[str]) -> int:
        """Return how many of some payloads are there."""
        names: list[bytes | None] = [bytes.fromhex(digest) for digest in digests]
        # few statements, so that they stay prepared; NULL is no payload's name
        names += [None] * (-len(names) % _AT_ONCE)
        statement = repeat_row(_SQL["count_payloads"], _AT_ONCE)
        count = 0
        with self._explaining():
            for start in range(0, len(names), _AT_ONCE):
                asked = self._connection.execute(statement, names[start : start + _AT_ONCE])
                count += asked.fetchone()[0]
        return count

    async def count_erased(self) -> int:
        """Return how many records were erased."""
        count: int = self._row("count_erased")[0]
        return count

    async def has_strays(self) -> bool:
        """Tell whether a record is of a stream without a head, or erased and there."""
        return bool(self._row("stray_records") or self._row("stray_erased"))

    def _row(self, name: str) -> Any:
        with self._explaining():
            return self._connection.execute(_SQL[name]).fetchone()

    def _has_erased(self) -> bool:
        return self._row("any_erased") is not None

    def _pages(self, name: str, wanted: Mapping[str, Any] | Row = ()) -> Iterator[list[Any]]:
        with self._explaining():
            cursor = self._connection.execute(_SQL[name], wanted)
            while page := cursor.fetchmany(_PAGE):
                yield page

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeError) as error:
            raise explain(error, self._path) from error
