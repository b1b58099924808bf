"""The journal in PostgreSQL, walked by an auditor beside the daemons that write it.

One connection and one read-only transaction: what it sees is one moment of the journal. Unlike the
store it hands out what does not fit: judging that is the auditor's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import msgspec

from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.postgres_errors import explain
from interlock.interpreter.journal.postgres_pool import SCHEMA
from interlock.interpreter.journal.postgres_reader import check_integrity, read_sources
from interlock.interpreter.journal.postgres_rows import name_digest, read_head, unpack
from interlock.interpreter.journal.postgres_schema import check_version
from interlock.interpreter.journal.sealed import LogRow, checked_row
from interlock.interpreter.journal.seals import Seal
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

    from interlock.interpreter.journal.store import Head

_SQL = load_statements("postgres", "seal")
_PAGE = 2_000
_SETTINGS = {"application_name": "interlock audit", "search_path": SCHEMA, "jit": "off"}
_CONNECT_TIMEOUT_S = 5.0


class PostgresLog:
    """A `JournalLog` of a database."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], address: str) -> None:
        self._connection = connection
        self._address = address
        self._location = without_password(address)

    @classmethod
    async def open(cls, address: str) -> PostgresLog:
        """Connect; raises StoreUnavailableError, StoreVersionError."""
        location = without_password(address)
        connection = await _connect(address)
        try:
            await check_version(connection, location, f"interlock store migrate {location}")
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        except BaseException:
            await connection.close()
            raise
        return cls(connection, address)

    async def rows(self, after: int = 0) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the sealed records by number, then those not sealed yet by stream."""
        async for page in self._pages("log", after):
            yield [_log_row(row) for row in page]
        async for page in self._pages("unsealed_log"):
            yield [_log_row(row) for row in page]

    async def stream(self, stream: str) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records of one stream."""
        async for page in self._pages("stream_log", name_digest(stream)):
            yield [checked_row(row[0], unpack(row[1]), *tuple(row)[2:]) for row in page]

    async def heads(self) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads, in the order of the streams' opening."""
        async for page in self._pages("all_heads"):
            yield [read_head(row) for row in page]

    async def seals(self) -> AsyncIterator[Sequence[Seal]]:
        """Walk the seals."""
        async for page in self._pages("seals"):
            yield [Seal(*row) for row in page]

    async def spans(self) -> Sequence[bytes]:
        """Return the roots of the tree's complete spans."""
        return [row[0] async for page in self._pages("spans") for row in page]

    async def payloads(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Walk the raw payloads."""
        async for page in self._pages("payloads"):
            yield [(row[0].hex(), row[1]) for row in page]

    async def payload(self, digest: str) -> tuple[str, bytes | None] | None:
        """Return one raw payload."""
        async for page in self._pages("payload_row", bytes.fromhex(digest)):
            return (digest, page[0][1])
        return None

    async def rulebook(self, digest: str) -> dict[str, str] | None:
        """Return the sources of a rulebook by digest."""
        data = await read_sources(self._connection, digest)
        return None if data is None else msgspec.json.decode(data, type=dict[str, str])

    async def check_files(self) -> Sequence[str]:
        """Return what the server knows to be wrong; other work can go on meanwhile."""
        connection = await _connect(self._address)
        try:
            return await check_integrity(connection)
        finally:
            await connection.close()

    async def close(self) -> None:
        """End the transaction and the connection."""
        await self._connection.close()

    async def _pages(self, name: str, *wanted: Any) -> AsyncIterator[list[asyncpg.Record]]:
        try:
            cursor = await self._connection.cursor(_SQL[name], *wanted)
            while page := await cursor.fetch(_PAGE):
                yield page
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise explain(error, self._location) from error


async def _connect(address: str) -> asyncpg.Connection[asyncpg.Record]:
    try:
        return await asyncpg.connect(address, timeout=_CONNECT_TIMEOUT_S, server_settings=_SETTINGS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        location = without_password(address)
        raise StoreUnavailableError(f"{location} cannot be reached") from error


def _log_row(row: asyncpg.Record) -> LogRow:
    number, stream, revision, hash_, at, data = row
    name = "(a stream that is gone)" if stream is None else unpack(stream)
    return LogRow(number, name, revision, hash_, at, data)
