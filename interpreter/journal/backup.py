"""Copies of a store, taken while its daemon runs, and brought back.

SQLite's own online backup copies a file, COPY the tables of a database; each is one snapshot.
 A copy appears under its name only once it is whole, and nothing is ever overwritten.
Bringing one back gives the tables as they were: what has to be said of that is `runtime.restore`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.postgres_address import is_postgres_address
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_errors import translated_errors
from interlock.interpreter.journal.store import StoreAddressError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import ModuleType

    from interlock.interpreter.journal.store import JournalStore

SQLITE_MAGIC: Final = b"SQLite format 3\0"
_PAGES_AT_ONCE: Final = 4096
"""So that a backup lets the writer's checkpoints through."""


async def back_up(address: str, target: Path) -> None:
    """Copy the store at an address to a new file.

    Raises:
        StoreAddressError: there is no such kind of store.
        StoreUnavailableError: it cannot be read, or the file exists or cannot be written.
    """
    if is_postgres_address(address):
        async with _into_place(target) as part:
            await _postgres(address).dump(address, part)
        return
    store = locate_store(address)
    if not isinstance(store, SqliteJournalStore):
        raise StoreAddressError(f"{address}: a journal in memory has nothing to be backed up")
    source = Path(store.location)
    async with _into_place(target) as part:
        await asyncio.to_thread(_copy, source, part)


@asynccontextmanager
async def brought_back(backup: Path, address: str) -> AsyncIterator[JournalStore]:
    """Open the store made from a backup at an address, where there must be none yet.

    What is done to it within belongs to the restoring: a SQLite file gets its name only after it.

    Raises:
        StoreAddressError: there is no such kind of store, or the backup is of the other kind.
        StoreUnavailableError: the backup cannot be read, or the store exists.
    """
    is_sqlite = await asyncio.to_thread(_is_sqlite, backup)
    if is_postgres_address(address):
        if is_sqlite:
            raise StoreAddressError(f"{backup} is a backup of SQLite: restore it to sqlite:///...")
        await _postgres(address).load(backup, address)
        async with _opened(locate_store(address)) as store:
            yield store
        return
    named = locate_store(address)
    if not isinstance(named, SqliteJournalStore):
        raise StoreAddressError(f"{address}: a backup cannot be restored into memory")
    if not is_sqlite:
        raise StoreAddressError(f"{backup} is no backup of SQLite: restore it to postgresql://...")
    target = Path(named.location)
    part = target.with_name(f".{target.name}.restoring")
    try:
        await asyncio.to_thread(_begin_file, part, target, backup)
        async with _opened(SqliteJournalStore(part)) as store:
            yield store
        await asyncio.to_thread(_give_name, part, target)
    finally:
        for left in (part, part.with_name(f"{part.name}.lock")):
            await asyncio.to_thread(left.unlink, missing_ok=True)


@asynccontextmanager
async def _opened(store: JournalStore) -> AsyncIterator[JournalStore]:
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _begin_file(part: Path, target: Path, backup: Path) -> None:
    _refuse_existing(target)
    part.unlink(missing_ok=True)
    _copy(backup, part)


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise StoreUnavailableError(f"{target} exists already; nothing is overwritten")


def _give_name(part: Path, target: Path) -> None:
    """Put a whole file under its name, once it is on the disk."""
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.link(part, target)  # unlike a rename, this never replaces what came meanwhile
    except FileExistsError as error:
        raise StoreUnavailableError(f"{target} exists already; nothing is overwritten") from error
    except OSError as error:
        raise StoreUnavailableError(f"{target} cannot be written: {error.strerror}") from error


@asynccontextmanager
async def _into_place(target: Path) -> AsyncIterator[Path]:
    """Give a name to write a file under; once it is whole, it gets its own."""
    part = target.with_name(f".{target.name}.part")
    await asyncio.to_thread(_refuse_existing, target)
    try:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        yield part
        await asyncio.to_thread(_give_name, part, target)
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise StoreUnavailableError(f"there is no journal at {source}")
    with (
        translated_errors(source),
        contextlib.closing(_open_read_only(source)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=_PAGES_AT_ONCE)
        # One file stands for itself: a copy in WAL mode would grow others beside it.
        writing.execute("PRAGMA journal_mode = DELETE")


def _open_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _is_sqlite(backup: Path) -> bool:
    try:
        with backup.open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError as error:
        raise StoreUnavailableError(f"{backup} cannot be read: {error.strerror}") from error


def _postgres(address: str) -> ModuleType:
    locate_store(address)  # says what is missing before anything else is imported
    from interlock.interpreter.journal import postgres_backup  # noqa: PLC0415 - needs the driver

    return postgres_backup
