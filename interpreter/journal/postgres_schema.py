"""The tables in PostgreSQL: plain SQL files that lead from each version to the next.

A file is named `NNNN_pre_NAME.sql` or `NNNN_post_NAME.sql`, after the version of the tables it
leads to. What a `pre` file does is also right for the version before, so it is run while nodes of
that version go on; a `post` file is run once none of them is left. There is no way back. Files are
run by a command, never by opening a store. Never reads or writes a row of the journal.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.postgres_pool import ConnectionPool
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import StoreUnavailableError, StoreVersionError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from interlock.interpreter.journal.postgres_pool import Connection

SCHEMA_VERSION: Final = 1
PHASES: Final = ("pre", "post")
_LONGEST_S: Final = 86_400.0
_NAME = re.compile(r"(\d{4})_(pre|post)_(\w+)\.sql")
_META = load_statements("postgres", "meta")


class Migration(Struct, frozen=True):
    """One file: the version it leads to, its phase, its name and its SQL."""

    version: int
    phase: str
    name: str
    script: str


def load_migrations() -> list[Migration]:
    """Return the migrations of this version of Interlock, in the order they are run in."""
    folder = files("interlock.interpreter.journal") / "sql" / "postgres" / "migrations"
    found = []
    for file in folder.iterdir():
        if matched := _NAME.fullmatch(file.name):
            version, phase, _ = matched.groups()
            found.append(Migration(int(version), phase, file.name, file.read_text("utf-8")))
    return sorted(found, key=lambda step: (step.version, PHASES.index(step.phase)))


async def migrate(address: str, phases: Collection[str] = PHASES) -> Sequence[Migration]:
    """Run what was not run yet of some phases, each file in a transaction; return what was run.

    Raises:
        StoreVersionError: the database is of a newer version, or a phase is not to be run yet.
        StoreUnavailableError: it cannot be reached, or not be changed by this user.
    """
    location = without_password(address)
    pool = ConnectionPool(address, location)
    await pool.open()
    try:
        done = []
        while (step := await pool.run(lambda c: _run_next(c, location, phases))) is not None:
            done.append(step)
        return done
    finally:
        await pool.close()


async def _run_next(
    connection: Connection, location: str, phases: Collection[str]
) -> Migration | None:
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(_META["lock_migrations"])
        await connection.execute(_META["make_schema"])
        await connection.execute(_META["make_tables"])
        applied = await _read_applied(connection)
        _refuse_newer(applied, location)
        pending = [m for m in load_migrations() if (m.version, m.phase) not in applied]
        step = next((migration for migration in pending if migration.phase in phases), None)
        if step is None:
            return None
        if pending[0] != step:
            raise StoreVersionError(
                f"{location}: {pending[0].name} has to be run before {step.name}"
            )
        await connection.execute(_META["take_your_time"])
        await connection.execute(step.script, timeout=_LONGEST_S)
        await connection.execute(_META["note"], step.version, step.phase)
        return step


async def check_version(connection: Connection, location: str, command: str) -> None:
    """Refuse tables that this version cannot work with; `command` is what migrates them."""
    is_known = await connection.fetchval(_META["is_known"])
    applied = await _read_applied(connection) if is_known else set()
    _refuse_newer(applied, location)
    if (SCHEMA_VERSION, "pre") not in applied:
        what = "is older than this version of Interlock" if applied else "holds no journal yet"
        raise StoreUnavailableError(f"{location} {what}; run: {command}")


def _refuse_newer(applied: Collection[tuple[int, str]], location: str) -> None:
    """Refuse a database that a newer version has made its own.

    A newer version's `pre` alone leaves it fit for ours, and is how the upgrade of several nodes
    begins.
    """
    newest = max((v - 1 if phase == "pre" else v for v, phase in applied), default=0)
    if newest > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{location} was migrated by a newer version of Interlock (tables of version {newest},"
            f" this one knows {SCHEMA_VERSION}); use that version, or restore a backup made before"
        )


async def _read_applied(connection: Connection) -> set[tuple[int, str]]:
    return {(row[0], row[1]) for row in await connection.fetch(_META["applied"])}
