"""Copies of a journal in PostgreSQL: one snapshot of its tables in a zip, and the way back.

Each table stands in the zip as the server's own binary COPY writes it, beside a manifest that says
of which version the tables are. No program is needed, and the server's version may be another at
the restoring. Never reads what a row holds.
https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec
from msgspec import Struct

from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.postgres_errors import explain
from interlock.interpreter.journal.postgres_pool import SCHEMA
from interlock.interpreter.journal.postgres_schema import migrate
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import (
    StoreAddressError,
    StoreUnavailableError,
    StoreVersionError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FORMAT: Final = "interlock.backup/1"
_MANIFEST: Final = "manifest.json"
_CONNECT_TIMEOUT_S: Final = 5.0
_LONGEST_S: Final = 86_400.0
_SQL = load_statements("postgres", "backup")


class Manifest(Struct, frozen=True):
    """What a backup holds: the version of the tables, their columns, where sequences stood."""

    format: str
    migrations: tuple[tuple[int, str], ...]
    tables: Mapping[str, tuple[str, ...]]
    sequences: Mapping[str, int]


async def dump(address: str, target: Path) -> None:
    """Write a snapshot of the journal at an address; raises StoreUnavailableError."""
    async with _connected(address) as connection:
        if not await connection.fetchval(_SQL["is_known"]):
            raise StoreUnavailableError(f"{without_password(address)} holds no journal")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                manifest = await _describe(connection)
                for table, columns in manifest.tables.items():
                    with archive.open(_entry(table), "w", force_zip64=True) as entry:
                        await connection.copy_from_table(
                            table,
                            schema_name=SCHEMA,
                            columns=columns,
                            output=entry,
                            format="binary",
                            timeout=_LONGEST_S,
                        )
            archive.writestr(_MANIFEST, msgspec.json.encode(manifest))


async def load(backup: Path, address: str) -> None:
    """Make the tables of a backup in a database that holds no journal yet.

    Raises:
        StoreAddressError: the file is no such backup.
        StoreVersionError: it is of another version of the tables.
        StoreUnavailableError: the database cannot be reached, or holds a journal.
    """
    place = without_password(address)
    try:
        archive = zipfile.ZipFile(backup)
        manifest = msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    except (zipfile.BadZipFile, KeyError, msgspec.DecodeError) as error:
        raise StoreAddressError(f"{backup} is no backup of a journal in PostgreSQL") from error
    with archive:
        async with _connected(address) as connection:
            await migrate(address)
            if await connection.fetchval(_SQL["is_begun"]):
                raise StoreUnavailableError(f"{place} holds a journal: it exists already")
            if (await _describe(connection)).migrations != manifest.migrations:
                raise StoreVersionError(
                    f"{backup} is of another version of the tables: restore it with the version of"
                    " Interlock that made it, then migrate"
                )
            async with connection.transaction():
                await _fill(connection, archive, manifest)


async def _fill(connection: Any, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    for table, columns in manifest.tables.items():
        with archive.open(_entry(table)) as entry:
            await connection.copy_to_table(
                table,
                schema_name=SCHEMA,
                columns=columns,
                source=entry,
                format="binary",
                timeout=_LONGEST_S,
            )
    for name, value in manifest.sequences.items():
        await connection.execute(_SQL["set_sequence"], f"{SCHEMA}.{name}", value)


async def _describe(connection: Any) -> Manifest:
    applied = await connection.fetch(_SQL["applied"])
    tables = await connection.fetch(_SQL["tables"])
    sequences = await connection.fetch(_SQL["sequences"])
    return Manifest(
        format=FORMAT,
        migrations=tuple((row["version"], row["phase"]) for row in applied),
        tables={row["name"]: tuple(row["columns"]) for row in tables},
        sequences={row["name"]: row["value"] for row in sequences},
    )


def _entry(table: str) -> str:
    return f"tables/{table}.copy"


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[Any]:
    place = without_password(address)
    try:
        connection = await asyncpg.connect(address, timeout=_CONNECT_TIMEOUT_S)
    except ValueError as error:
        raise StoreAddressError(f"{place}: this address cannot be read") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise explain(error, place) from error
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise explain(error, place) from error
    finally:
        await connection.close()
