"""Leading a SQLite journal of an older version to the present tables, after a copy of it.

A file `sql/sqlite/migrations/NNNN_NAME.sql` leads to version NNNN; a new journal is made by
`schema.sql`, which is always the newest. There is no way back but the copy, which lies beside the
journal. Never run while another process writes: the journal's lock is held.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.journal.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAME = re.compile(r"(\d{4})_\w+\.sql")


class Migration(Struct, frozen=True, order=True):
    """One file: the version it leads to, its name and its SQL."""

    version: int
    name: str
    script: str


def load_migrations() -> list[Migration]:
    """Return the migrations of this version of Interlock, in the order they are run in."""
    folder = files("interlock.interpreter.journal") / "sql" / "sqlite" / "migrations"
    if not folder.is_dir():
        return []
    return sorted(
        Migration(int(matched[1]), file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if (matched := _NAME.fullmatch(file.name))
    )


def migrate(
    connection: sqlite3.Connection, path: Path, version: int, steps: Sequence[Migration]
) -> None:
    """Run the steps above a version, each in a transaction, once the file has been copied.

    Raises:
        StoreUnavailableError: there is no room for the copy, or a copy of that name exists.
        sqlite3.Error: a step failed; those before it stay done, and it is tried again at the next
            opening.
    """
    waiting = [step for step in steps if step.version > version]
    if not waiting:
        return
    _keep_copy(connection, path.with_name(f"{path.name}.before-v{waiting[-1].version}"))
    for step in waiting:
        try:
            connection.executescript(
                "BEGIN IMMEDIATE;\n"
                f"{step.script}\n"
                f"UPDATE meta SET value = {step.version} WHERE name = 'schema';\n"
                "COMMIT;"
            )
        finally:
            if connection.in_transaction:
                connection.rollback()


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    if copy.exists():
        # left by an attempt that was cut off; it is older than what is migrated now, and kept
        return
    part = copy.with_name(f".{copy.name}.part")
    try:
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part)) as writing:
            connection.backup(writing)
        part.rename(copy)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreUnavailableError(
            f"{copy}: the journal is copied before its tables change, and that failed: {error}"
        ) from error
