"""A SQLite connection with a thread of its own, called from asyncio.

SQLite blocks; the event loop must not. All work on a connection is done one after the other in its
thread, and whatever fails leaves the connection outside any transaction and usable. Knows no table.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from interlock.interpreter.journal.sqlite_errors import explain
from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")


class ConnectionThread:
    """One connection, one thread; `connect` is called in it, again if the connection is lost."""

    def __init__(self, path: Path, name: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._is_closed = False

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do `work` in the thread and return its result; raises StoreError."""
        if self._is_closed:
            raise StoreUnavailableError(f"{self._path} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._do, work)

    async def close(self) -> None:
        """Finish what was asked before, close the connection and end the thread."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.get_running_loop().run_in_executor(self._executor, self._disconnect)
        self._executor.shutdown()

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return work(self._connection)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explain(error, self._path) from error
        finally:
            self._leave_transaction()

    def _leave_transaction(self) -> None:
        if self._connection is None or not self._connection.in_transaction:
            return
        try:
            self._connection.rollback()
        except sqlite3.Error:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
