"""What an error of SQLite means to the people who run the daemon.

Result codes: https://sqlite.org/rescode.html. Never swallows one: each becomes a StoreError that
names the file, says what is wrong and what would help.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interlock.interpreter.journal.store import (
    MalformedCommitError,
    StoreDamagedError,
    StoreError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PRIMARY = 0xFF

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: "the disk (or its quota) is full; free some space, then it goes on",
    sqlite3.SQLITE_READONLY: "it may only be read by this user, or its file system is read-only",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; close what else has it open",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; close what else has it open",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look at its permissions and its folder's",
    sqlite3.SQLITE_PERM: "it cannot be opened; look at its permissions and its folder's",
    sqlite3.SQLITE_IOERR: "the disk answered with an error; look at the system's log",
    sqlite3.SQLITE_NOMEM: "there is no memory left for it",
    sqlite3.SQLITE_NOLFS: "its file system has no room for a file of this size",
    sqlite3.SQLITE_PROTOCOL: "its locks cannot be had; is it on a network file system?",
    sqlite3.SQLITE_INTERRUPT: "the operation was interrupted",
}

_DAMAGED = {
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite database, or its beginning was overwritten",
    sqlite3.SQLITE_IOERR_SHORT_READ: "it is shorter than it was",
}

_RESTORE = "nothing is written to it any more; restore it from a backup"


def explain(error: Exception, path: Path) -> StoreError:
    """Return the StoreError that an error met while using the database at `path` stands for."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None and isinstance(error, sqlite3.OperationalError | UnicodeDecodeError):
        return StoreDamagedError(f"{path}: a text in it is none ({error}); {_RESTORE}")
    if code is None:
        return MalformedCommitError(f"a value cannot be stored: {error}")
    damage = _DAMAGED.get(code) or _DAMAGED.get(code & _PRIMARY)
    if damage is not None:
        return StoreDamagedError(f"{path}: {damage}; {_RESTORE}")
    reason = _UNAVAILABLE.get(code & _PRIMARY)
    name = getattr(error, "sqlite_errorname", str(code))
    if reason is not None:
        return StoreUnavailableError(f"{path}: {reason} ({name})")
    if code & _PRIMARY in (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG):
        return MalformedCommitError(f"{path}: refused by the database: {error} ({name})")
    return StoreError(f"{path}: SQLite says {error} ({name})")


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Let an error of SQLite met within leave as the StoreError that it stands for."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
