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

from interlock.interpreter.journal.sealed import LogRow, checked_row
from interlock.interpreter.journal.seals import Seal
from interlock.interpreter.journal.sqlite_errors import explain
from interlock.interpreter.journal.sqlite_reader import check_integrity, read_sources
from interlock.interpreter.journal.sqlite_rows import read_head
from interlock.interpreter.journal.sqlite_schema import (
    check_tables,
    connect_reader,
    find_altered,
)
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from interlock.interpreter.journal.store import Head

_SQL = load_statements("sqlite", "read")
_PAGE = 2_000


class SqliteLog:
    """A `JournalLog` of a file."""

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

    def _has_erased(self) -> bool:
        with self._explaining():
            return self._connection.execute(_SQL["any_erased"]).fetchone() is not None

    def _pages(self, name: str, wanted: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
        with self._explaining():
            cursor = self._connection.execute(_SQL[name], wanted or {})
            while page := cursor.fetchmany(_PAGE):
                yield page

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeError) as error:
            raise explain(error, self._path) from error
