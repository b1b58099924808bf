"""Verifying a journal in SQLite, against plain SHA-256 over the same bytes, in the same run.

`chains` is `audit verify --quick`: chains, the Merkle tree, every seal, every head and payload.
`all` is `audit verify`: records decoded as far as folding needs, and folded, too. Both use as many
processes as there are processors. The target is 150,000 records a second for `all`. Records are
those of a real engine: alerts that open and update incidents.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from interlock.interpreter.audit.verification import verify_store
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from support.runtime import Runtime, event_body

INCIDENTS = int(os.environ.get("BENCH_INCIDENTS", "2000"))
UPDATES = 20
ROUNDS = 3


async def fill(path: Path) -> None:
    async with Runtime(SqliteJournalStore(path)) as runtime:
        for turn in range(UPDATES):
            for start in range(0, INCIDENTS, 500):
                bodies = [
                    event_body(f"i{n}", labels={"service": f"s{n}", "turn": str(turn)})
                    for n in range(start, min(start + 500, INCIDENTS))
                ]
                await runtime.engine.submit_own(runtime.arrivals(*bodies))


def hash_all(path: Path) -> tuple[int, int, float]:
    rows = [row[0] for row in sqlite3.connect(path).execute("SELECT data FROM records")]
    start = time.perf_counter()
    for data in rows:
        hashlib.sha256(data).digest()
    return len(rows), sum(map(len, rows)), time.perf_counter() - start


def time_verify(path: Path, *, folds: bool) -> float:
    start = time.perf_counter()
    audit = asyncio.run(
        verify_store(f"sqlite:///{path}", folds=folds, processes=os.cpu_count() or 1)
    )
    assert not audit.flaws, audit.flaws
    return time.perf_counter() - start


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH_DIR")))
    try:
        path = folder / "journal.db"
        asyncio.run(fill(path))
        records, size, plain = hash_all(path)
        plain = min(plain, *(hash_all(path)[2] for _ in range(ROUNDS)))
        print(f"{records:,} records, {size / records:,.0f} bytes each")
        print(f"{'sha256':>8} {records / plain:>12,.0f} records/s")
        for name, folds in (("chains", False), ("all", True)):
            took = min(time_verify(path, folds=folds) for _ in range(ROUNDS))
            print(
                f"{name:>8} {records / took:>12,.0f} records/s,"
                f" {plain / took:.2f} of plain sha256, {took:.2f} s"
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
