"""Opens SQLite databases: how durable, whose, of which version, and what they must not be.

One connection writes and checkpoints, the others are opened read-only: besides keeping promises
simple, this is what avoids SQLite's WAL-reset race (https://sqlite.org/wal.html#walresetbug).
Never reads or writes a row of the journal.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from interlock.interpreter.journal.sqlite_migrations import load_migrations, migrate
from interlock.interpreter.journal.statements import load_script
from interlock.interpreter.journal.store import (
    StoreDamagedError,
    StoreUnavailableError,
    StoreVersionError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1
APPLICATION_ID = 0x494C4B31
"""Marks our databases in their header (`ILK1`); https://sqlite.org/pragma.html#pragma_application_id."""

MINIMUM_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""

_FULL = 2
_BUSY_TIMEOUT_S = 5.0
_CACHED_STATEMENTS = 256
_LOG_KEPT_BYTES = 64 * 1024 * 1024
_LOG_PAGES = 8_000
"""When the log is copied into the file: seldom enough that it costs few commits a flush more."""
_WRITER_CACHE_KIB = 32 * 1024
"""Room for a commit of 1,000 inputs: one that does not fit is written to the log twice."""

_DURABILITY = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", _FULL),
    # a drive's own cache is flushed too, where the system distinguishes the two (macOS)
    "fullfsync": ("ON" if sys.platform == "darwin" else "OFF", int(sys.platform == "darwin")),
    "checkpoint_fullfsync": (
        "ON" if sys.platform == "darwin" else "OFF",
        int(sys.platform == "darwin"),
    ),
}


def check_place(path: Path) -> None:
    """Refuse what cannot be a database file; raises StoreUnavailableError."""
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        least = ".".join(map(str, MINIMUM_SQLITE))
        raise StoreUnavailableError(
            f"this Python comes with SQLite {sqlite3.sqlite_version}; {least} or newer is needed"
        )
    if path.is_dir():
        raise StoreUnavailableError(
            f"{path} is a folder; name a file in it, such as {path}/interlock.db"
        )
    if not path.parent.is_dir():
        raise StoreUnavailableError(
            f"{path}: the folder {path.parent} does not exist; make it first"
        )
    if path.exists():
        try:
            path.open("r+b").close()
        except OSError as error:
            raise StoreUnavailableError(
                f"{path} cannot be read and written by this user: {error.strerror}"
            ) from error


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes; makes or migrates the tables."""
    with _connecting(path, "rwc") as connection:
        _set_durability(connection, path)
        _check_owner(connection, path)
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        version = _version(connection, path)
        if version == 0:
            _create(connection)
        else:
            migrate(connection, path, version, load_migrations())
        _check_version(connection, path)
        return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    with _connecting(path, "ro") as connection:
        connection.execute("PRAGMA query_only = ON")
        return connection


def check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that holds no journal of this version, without writing to it."""
    _check_owner(connection, path)
    if _version(connection, path) == 0:
        raise StoreUnavailableError(f"{path} holds no journal")
    _check_version(connection, path)


def find_altered(connection: sqlite3.Connection) -> list[str]:
    """Name the tables, indexes and triggers that are not as this version makes them."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(load_script("sqlite", "schema"))
        expected = _definitions(fresh)
    found = _definitions(connection)
    altered = {(str(kind), str(name)) for kind, name, _ in expected ^ found}
    return [f"the {kind} {name} is not as it was made" for kind, name in sorted(altered)]


def _definitions(connection: sqlite3.Connection) -> set[tuple[object, object, object]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema")
    return {row for row in rows if not str(row[1]).startswith("sqlite_stat")}


@contextmanager
def _connecting(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a connection and close it again if it cannot be set up."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
        cached_statements=_CACHED_STATEMENTS,
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        yield connection
    except BaseException:
        connection.close()
        raise


def _set_durability(connection: sqlite3.Connection, path: Path) -> None:
    for name, (value, expected) in _DURABILITY.items():
        connection.execute(f"PRAGMA {name} = {value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise StoreUnavailableError(
                f"{path}: SQLite keeps {name} at {found!r} where {value} was asked for: commits"
                " would not be durable; is it on a network file system?"
            )


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreUnavailableError(f"{path} is a database of another program; name another file")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return 0
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None or not isinstance(row[0], int):
        raise StoreDamagedError(f"{path} does not say its version any more; restore from a backup")
    return row[0]


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "BEGIN IMMEDIATE;\n"
        f"{load_script('sqlite', 'schema')}"
        f"PRAGMA application_id = {APPLICATION_ID};\n"
        "COMMIT;"
    )


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    if version > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{path} was written by a newer version of Interlock (tables of version {version}, this"
            f" one knows {SCHEMA_VERSION}); use that version, or restore a backup made before"
        )
