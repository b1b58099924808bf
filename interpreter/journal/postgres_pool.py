"""Connections to PostgreSQL: how they are set, how durable they must be, what a lost one costs.

Work is a function of a connection. What fails because the connection did, or because another
transaction came in between, is tried again from its beginning on another connection, a bounded
number of times: so work must bear being repeated. Knows no table.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from interlock.interpreter.journal.postgres_errors import explain, is_conflict, is_lost
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import (
    StoreAddressError,
    StoreError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]

Result = TypeVar("Result")

SCHEMA: Final = "interlock"
MINIMUM_SERVER: Final = 14
CONNECTIONS_MAX: Final = 8
TRIES_MAX: Final = 4
_PAUSES_S: Final = (0.0, 0.2, 1.0)
_CONNECT_TIMEOUT_S: Final = 5.0
_ANSWER_TIMEOUT_S: Final = 40.0
"""After this a server is taken for gone; it gives up by itself before (`statement_timeout`)."""

_SETTINGS: Final = {
    "application_name": "interlock",
    "search_path": SCHEMA,
    "timezone": "UTC",
    "jit": "off",
    # every statement finds its rows by an index, one after the other in the order it names them: a
    # plan that was made while a table was small must not scan it, and nodes lock in one order
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
    "lock_timeout": "20s",
    # a node that stands still in the middle of a commit must not hold up the others for longer
    "idle_in_transaction_session_timeout": "10s",
}
_EXPECTED: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    ValueError,
    OverflowError,
)
"""What the driver raises: the server's errors, lost connections, values it cannot send."""
_META = load_statements("postgres", "meta")


class ConnectionPool:
    """Connections to one database; `location` names it in errors."""

    def __init__(self, address: str, location: str) -> None:
        self._address = address
        self._location = location
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may be used."""
        return self._pool is not None

    async def open(self) -> None:
        """Connect for the first time; raises StoreUnavailableError, StoreAddressError."""
        try:
            self._pool = await asyncpg.create_pool(
                self._address,
                min_size=0,
                max_size=CONNECTIONS_MAX,
                timeout=_CONNECT_TIMEOUT_S,
                command_timeout=_ANSWER_TIMEOUT_S,
                server_settings=_SETTINGS,
                target_session_attrs=SessionAttribute.read_write,
                init=_keep_commits,
                reset=_leave_transaction,
            )
            await self._check_server()
        except ValueError as error:
            await self.close()
            # what exactly is wrong with it stays unsaid: it may be a part of the password
            raise StoreAddressError(
                f"{self._location}: this address cannot be read; it should look like"
                " postgresql://user:password@host:5432/database, each part percent-encoded"
            ) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            await self.close()
            raise explain(error, self._location) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Give every connection back; a second call does nothing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Do `work` and return its result; raises StoreError."""
        for turn in range(TRIES_MAX):
            if turn > 0:
                await asyncio.sleep(_PAUSES_S[turn - 1])
            try:
                async with self._connection() as connection:
                    return await work(connection)
            except _EXPECTED as error:
                problem = error
            if is_lost(problem):
                await self._forget_connections()
            elif not is_conflict(problem):
                break
        raise explain(problem, self._location) from problem

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise StoreUnavailableError(f"{self._location} is not open")
        async with self._pool.acquire(timeout=_CONNECT_TIMEOUT_S) as connection:
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                # in the middle of a transaction or of an answer: not fit for the next
                with suppress(asyncpg.InterfaceError):  # the pool has put it away already
                    connection.terminate()
                raise

    async def _forget_connections(self) -> None:
        """Replace every connection: where one was lost, the others mostly are too."""
        if self._pool is not None:
            await self._pool.expire_connections()

    async def _check_server(self) -> None:
        async with self._connection() as connection:
            row = await connection.fetchrow(_META["durability"])
        assert row is not None, "a statement without a table has one row"
        if row["version"] < MINIMUM_SERVER * 10_000:
            raise StoreUnavailableError(
                f"{self._location} is PostgreSQL {row['version'] // 10_000};"
                f" {MINIMUM_SERVER} or newer is needed"
            )
        if row["fsync"] != "on":
            raise StoreUnavailableError(
                f"{self._location}: the server runs with fsync = {row['fsync']}: commits would not"
                " be durable"
            )
        if row["encoding"] != "UTF8":
            raise StoreError(
                f"{self._location}: the database's encoding is {row['encoding']}; create it with"
                " encoding UTF8"
            )


async def _keep_commits(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Make commits durable where the server's default is that they are not."""
    await connection.execute(_META["keep_commits"])


async def _leave_transaction(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Roll back what was left open; costs nothing where nothing was."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")
