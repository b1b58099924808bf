"""How soon a daemon takes requests over a journal of a million records, beside an empty one.

Writes the journal first (10,000 open incidents of 100 records, each with a timer to come), then
starts the real daemon on it and on an empty one, in turns, and asks each for an incident: that is
when it is up. Target: at most 2 s. Smaller with `--incidents`, `--records`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import Event, EventInput, Facts, Origin, apply, decide
from interlock.interpreter.core.canonical import GENESIS, chain, encode
from interlock.interpreter.core.change import Noted
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.store import Append, Commit, StoredRecord, TimerRow
from interlock.interpreter.runtime.commit_builder import make_head
from interlock.interpreter.runtime.view import Tip
from interlock.rulebook import StateGraph, compile_rulebook
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core import Incident, Record

LIMIT_S = 2.0
ROUNDS = 5
START = 1_790_000_000_000_000_000
LATER = START + 10**18
AT_ONCE = 100
RULEBOOK = "version: 1\n"


def records_of(graph: StateGraph, name: str, count: int) -> Iterator[tuple[Record, Incident]]:
    event = Event(
        type="alert.triggered", origin=Origin.ALERT, id=name, fingerprint=name, status="firing",
        severity="P2", title="High latency", labels={"service": "checkout", "host": name},
    )  # fmt: skip
    facts = Facts(free_id=name, group_key=name)
    decision = decide(graph, None, EventInput(event), facts, START, actor="source:ingest")
    record, incident = decision.records[0], decision.incident
    yield record, incident
    for revision in range(2, count + 1):
        record = replace(record, revision=revision, changes=(Noted(reason="still firing"),))
        record = replace(record, effects=(), at=START + revision)
        incident = apply(incident, record)
        yield record, incident


def append_of(graph: StateGraph, name: str, count: int) -> Append:
    digest, stored = GENESIS, []
    incident = None
    for record, after in records_of(graph, name, count):
        incident = after
        data = encode(record)
        digest = chain(digest, data)
        stored.append(StoredRecord(record.stream, record.revision, record.at, data, digest))
    assert incident is not None, "a stream has at least the record that opens it"
    head = make_head(Tip(incident.stream, incident.revision, digest, incident))
    return Append(incident.stream, 0, stored, head)


async def write_journal(path: Path, incidents: int, records: int) -> None:
    store = SqliteJournalStore(path)
    await store.open()
    sources = [SourceFile("rulebook.yaml", RULEBOOK)]
    graph = compile_rulebook(sources)
    await store.save_rulebook(graph.digest, {"rulebook.yaml": RULEBOOK}, START)
    for first in range(0, incidents, AT_ONCE):
        names = [f"inc-{number:06}" for number in range(first, min(first + AT_ONCE, incidents))]
        appends = [append_of(graph, name, records) for name in names]
        timers = [TimerRow(LATER, append.stream, "sla") for append in appends]
        await store.commit(Commit(appends=appends, timers_set=timers))
    await store.close()


def start_s(journal: Path, folder: Path) -> float:
    """Return how long a daemon takes from its start to its first answer; it is killed then."""
    (folder / "rulebook.yaml").write_text(RULEBOOK, "utf-8")
    command = [
        sys.executable, "-m", "interlock.cli", "run", str(folder / "rulebook.yaml"),
        "--listen", "127.0.0.1:0", "--store", f"sqlite:///{journal}",
    ]  # fmt: skip
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().removeprefix("listening on ").strip()
        with urllib.request.urlopen(f"{url}/incidents?limit=1", timeout=30) as answer:
            json.load(answer)
        took = time.perf_counter() - begin
        process.kill()
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=100, help="of each incident")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, empty = folder / "large.db", folder / "empty.db"
        asyncio.run(write_journal(large, asked.incidents, asked.records))
        total = asked.incidents * asked.records
        print(f"{total:,} records, {asked.incidents:,} open incidents", end="; ")
        print(f"{large.stat().st_size / 2**20:,.0f} MiB")
        times: dict[Path, list[float]] = {large: [], empty: []}
        for _ in range(ROUNDS):
            for journal, taken in times.items():
                taken.append(start_s(journal, folder))
    for journal, taken in times.items():
        print(f"{journal.stem:6} {median(taken):6.2f} s  (worst of {ROUNDS}: {max(taken):.2f} s)")
    print(f"ratio  {median(times[large]) / median(times[empty]):6.2f}    (limit {LIMIT_S} s)")
    return int(median(times[large]) > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
