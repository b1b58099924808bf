"""From a store's address to the store.

`sqlite:///x` is relative to the working directory, `sqlite:////x` absolute, `memory:` keeps
nothing, `postgresql://` is what libpq takes. Never creates a file by itself: that is the store's
`open`.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.postgres_address import is_postgres_address
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_log import SqliteLog
from interlock.interpreter.journal.store import StoreAddressError

if TYPE_CHECKING:
    from interlock.interpreter.journal.sealed import JournalLog
    from interlock.interpreter.journal.store import JournalStore

_KNOWN = (
    "sqlite:///interlock.db (a file here), sqlite:////var/lib/interlock.db,"
    " postgresql://user@host/database, memory:"
)
_SCHEMES = ("sqlite", "memory", "postgresql")


async def open_store(address: str) -> JournalStore:
    """Return the store at an address, open; raises StoreAddressError or another StoreError."""
    store = locate_store(address)
    await store.open()
    return store


def locate_store(address: str) -> JournalStore:
    """Return the store at an address, not yet open; raises StoreAddressError."""
    scheme, colon, rest = address.partition(":")
    scheme = scheme.lower()
    if not colon or len(scheme) == 1:  # a bare path, or a Windows drive
        raise StoreAddressError(
            f"{address!r} is no store address; did you mean sqlite:///{address}?"
        )
    if scheme == "memory":
        if rest.strip("/"):
            raise StoreAddressError(f"{address!r}: a journal in memory has no name; write memory:")
        return MemoryJournalStore()
    if scheme == "sqlite":
        return SqliteJournalStore(_path(address, rest))
    if scheme in ("postgresql", "postgres"):
        return _locate_postgres(address)
    near = get_close_matches(scheme, _SCHEMES, 1)
    hint = f"; did you mean {near[0]}:?" if near else ""
    raise StoreAddressError(f"{address!r}: there is no store {scheme!r}{hint} Known: {_KNOWN}")


async def open_log(address: str) -> JournalLog:
    """Return the journal at an address, to be read beside its daemon.

    Raises StoreAddressError or another StoreError.
    """
    store = locate_store(address)
    if isinstance(store, SqliteJournalStore):
        return SqliteLog(Path(store.location))
    if isinstance(store, MemoryJournalStore):
        raise StoreAddressError("a journal in memory is gone with its daemon")
    from interlock.interpreter.journal.postgres_log import (  # noqa: PLC0415 - its driver is an extra
        PostgresLog,
    )

    return await PostgresLog.open(address)


def _locate_postgres(address: str) -> JournalStore:
    if not is_postgres_address(address):
        raise StoreAddressError("an address of PostgreSQL reads postgresql://user@host/database")
    try:
        from interlock.interpreter.journal.postgres import (  # noqa: PLC0415 - its driver is an extra
            PostgresJournalStore,
        )
    except ImportError as error:
        if error.name != "asyncpg":
            raise
        raise StoreAddressError(
            "PostgreSQL needs a driver: pip install 'interlock[postgres]'"
        ) from error
    return PostgresJournalStore(address)


def _path(address: str, rest: str) -> Path:
    name = rest.removeprefix("///")
    if name == rest:
        raise StoreAddressError(
            f"{address!r}: three slashes stand before a relative path and four before an absolute"
            f" one; did you mean sqlite:///{rest.lstrip('/') or 'interlock.db'}?"
        )
    if name in ("", ":memory:"):
        raise StoreAddressError(
            f"{address!r} names no file; write sqlite:///interlock.db, or memory: to keep nothing"
        )
    if "?" in name or "\0" in name:
        raise StoreAddressError(f"{address!r}: a path only; a store address takes no options")
    return Path(name)
