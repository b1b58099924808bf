"""Durable appends: our commit against raw SQLite writing the same rows, in the same run.

`raw` is one connection, WAL and synchronous=FULL, `executemany` of the same rows into the tables
and indexes of our schema, without checks, checksums, thread or event loop. `bare` is one table of
(seq, at, kind, key, body) without any index, as a journal written by hand would begin. Targets:
ours at least 0.8 of raw, and batches of 100 at least 10 times single commits.

Each batch opens that many incidents, then goes on with the same ones, 1,600 bytes a record, for
4,000 records and more: a daemon prepares its statements once a start, not once a second. The three
take turns, so that a busy machine is busy for all. `BENCH_DIR` chooses the disk.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_schema import connect_writer
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import Append, Commit, Head, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = 1
SIZES = (1, 10, 100, 1000)
ROUNDS = 9
SECONDS = 0.3
BODY = b'{"kind":"event","labels":{' + b'"label":"value",' * 98 + b'"end":""}}'


def make_commits(size: int) -> list[Commit]:
    """Make commits of `size` appends: the first opens, the others go on."""
    heads: dict[str, Head] = {}
    commits = []
    for turn in range(1 + min(400, max(10, 4_000 // size))):
        appends = []
        for number in range(size):
            stream = f"incident/inc-{number:012x}"
            before = heads.get(stream)
            data = b"%d %s" % (turn, BODY)
            previous = before.hash if before else GENESIS
            record = StoredRecord.link(stream, turn + 1, turn, data, previous)
            heads[stream] = Head(
                stream=stream,
                revision=turn + 1,
                hash=record.hash,
                data=data,
                incident=stream[9:],
                base_id=stream[9:],
                origin="alertmanager",
                state="TRIAGE",
                severity="P2",
                is_open=True,
                group_key=f'["{stream}",{{"cluster":"eu-1"}}]',
            )
            appends.append(Append(stream, turn, [record], heads[stream]))
        commits.append(Commit(appends=appends))
    return commits


def write_raw(connection: sqlite3.Connection, sql: Mapping[str, str], commit: Commit) -> None:
    """Write the records and heads of a commit, and nothing but write them."""
    heads = [append.head for append in commit.appends]
    connection.execute("BEGIN IMMEDIATE")
    if heads[0].revision == FIRST:
        connection.executemany(
            sql["open_head"],
            [
                (place, h.stream, h.revision, h.hash, h.incident, h.base_id, h.origin, h.group_key,
                 h.state, h.severity, h.is_open, h.needs_attention, h.created_at, h.updated_at,
                 h.data, 0)
                for place, h in enumerate(heads, 1)
            ],
        )  # fmt: skip
    else:
        connection.executemany(
            sql["advance_head"],
            [
                (place, h.revision - 1, h.revision, h.hash, h.state, h.severity, h.created_at,
                 h.updated_at, h.data, 0)
                for place, h in enumerate(heads, 1)
            ],
        )  # fmt: skip
    connection.executemany(
        sql["append_record"],
        [
            (r.stream, r.revision, r.at, r.hash, 0, r.data)
            for append in commit.appends
            for r in append.records
        ],
    )
    connection.execute("COMMIT")


def time_raw(folder: Path, commits: list[Commit]) -> float:
    """Return rows a second of `executemany` into our tables."""
    sql = load_statements("sqlite", "write")
    size = len(commits[0].appends)
    rows, took = 0, 0.0
    while took < SECONDS:
        connection = connect_writer(folder / f"raw-{time.monotonic_ns()}.db")
        start = time.perf_counter()
        for commit in commits:
            write_raw(connection, sql, commit)
            rows += size
        took += time.perf_counter() - start
        connection.close()
    return rows / took


def time_bare(folder: Path, commits: list[Commit]) -> float:
    """Return rows a second of `executemany` into one table without an index."""
    size = len(commits[0].appends)
    rows, took = 0, 0.0
    while took < SECONDS:
        connection = sqlite3.connect(folder / f"{time.monotonic_ns()}.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE bare (seq INTEGER PRIMARY KEY, at REAL, kind TEXT, key TEXT, body TEXT)"
        )
        body = BODY.decode()
        start = time.perf_counter()
        for turn in range(len(commits)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO bare (at, kind, key, body) VALUES (?, ?, ?, ?)",
                [(turn, "event", f"k{number}", body) for number in range(size)],
            )
            connection.execute("COMMIT")
            rows += size
        took += time.perf_counter() - start
        connection.close()
    return rows / took


async def time_ours(folder: Path, commits: list[Commit]) -> float:
    """Return rows a second of `SqliteJournalStore.commit`."""
    size = len(commits[0].appends)
    rows, took = 0, 0.0
    while took < SECONDS:
        store = SqliteJournalStore(folder / f"ours-{time.monotonic_ns()}.db")
        await store.open()
        start = time.perf_counter()
        for commit in commits:
            await store.commit(commit)
            rows += size
        took += time.perf_counter() - start
        await store.close()
    return rows / took


def run(main) -> float:
    """Run a coroutine on the loop the daemon uses."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 - not on Windows

    return uvloop.run(main)


def measure(folder: Path, size: int) -> tuple[float, float, float]:
    """Return the best rows a second of ours, raw and bare: what neighbours disturbed least."""
    commits = make_commits(size)
    ours, raw, bare = [], [], []
    for _ in range(ROUNDS):
        raw.append(time_raw(folder, commits))
        ours.append(run(time_ours(folder, commits)))
        bare.append(time_bare(folder, commits))
        for file in folder.iterdir():
            file.unlink()
    return max(ours), max(raw), max(bare)


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH_DIR")))
    print(f"SQLite {sqlite3.sqlite_version}, {len(BODY)} bytes a record, {folder.parent}")
    print(f"{'appends a commit':>16} {'ours':>9} {'raw':>9} {'bare':>9}  ours/raw ours/bare")
    single = 0.0
    try:
        for size in SIZES:
            ours, raw, bare = measure(folder, size)
            single = single or ours
            print(
                f"{size:>16} {ours:>9,.0f} {raw:>9,.0f} {bare:>9,.0f}"
                f"  {ours / raw:>8.2f} {ours / bare:>9.2f}"
                + (f"  {ours / single:.1f} times single commits" if size > 1 else "")
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
