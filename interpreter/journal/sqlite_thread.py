"""A SQLite connection with a thread of its own, called from asyncio.

SQLite blocks; the event loop must not. All work on a connection is done one after the other in its
thread, and whatever fails leaves the connection outside any transaction and usable. A plain queue
and thread: the standard executor costs a small commit a third of its time (bench_append.py). Knows
no table.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from interlock.interpreter.journal.sqlite_errors import explain
from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")
Work = tuple["Callable[[], Any]", "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class ConnectionThread:
    """One connection, one thread; `connect` is called in it, again if the connection is lost."""

    def __init__(self, path: Path, name: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._is_closed = False
        # a daemon: a store nobody closed must not keep the process from ending
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do `work` in the thread and return its result; raises StoreError."""
        if self._is_closed:
            raise StoreUnavailableError(f"{self._path} is closed")
        return await self._submit(lambda: self._do(work))

    async def close(self) -> None:
        """Finish what was asked before, close the connection and end the thread."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._submit(self._disconnect)
        finally:
            self._queue.put(None)

    def _submit(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._queue.put((work, future, loop))
        return future

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            work, future, loop = item
            result, error = None, None
            try:
                result = work()
            except BaseException as caught:  # noqa: BLE001 - handed to who waits, whatever it is
                error = caught
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, result, error)
            del item, work, future, result, error

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return work(self._connection)
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
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


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():  # who waited was cancelled
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
