"""Makes the golden journals: `python -m support.golden_journals FILE`, from the tests' folder.

Run it for a new layout of records only, into a new file: those of before must go on verifying.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from random import Random

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.hooks.outcome import failed, succeeded
from interlock.interpreter.journal.memory import MemoryJournalStore
from support.runtime import Runtime, ScriptedExecutor

JOURNALS = 16
STEPS = 9
MINUTE = 60_000_000_000


async def make_journal(number):
    """Return a journal that a seeded story wrote: its records in order, and its heads."""
    random = Random(number)
    store = MemoryJournalStore()
    ends = [succeeded({"ok": True}), failed("refused", is_retryable=False)]
    outcomes = [random.choice(ends) for _ in range(3)]
    async with Runtime(store, executor=ScriptedExecutor(*outcomes)) as runtime:
        for _ in range(STEPS):
            await step(runtime, random)
            runtime.clock.advance_to(runtime.clock.now() + random.randrange(1, 20) * MINUTE)
            await runtime.settle()
    rows = []
    for stream, revision, hash_ in store.log:
        record = store.record(stream, revision)
        rows.append({"stream": stream, "hash": hash_.hex(), "data": record.data.decode()})
    await store.open()
    heads = await store.heads(await store.streams())
    return {
        "records": rows,
        "heads": {stream: head.data.decode() for stream, head in heads.items()},
        "root": store.seals[-1].root.hex(),
    }


async def step(runtime, random):
    id_ = random.choice(["ä-1", "b-2"])
    severity = random.choice(["P1", "P2", "P3"])
    labels = {"service": random.choice(["checkout", "zahlung ✓"]), "n": str(random.random())}
    action = random.choice(["fire", "fire", "fire", "ack", "resolve", "approve", "note"])
    known = f"incident/{id_}" in await runtime.store.streams()
    if action == "fire" or not known:
        metrics = {"error_rate": random.random()}
        await runtime.alert(id_, severity, labels=labels, metrics=metrics)
    elif action == "resolve":
        await runtime.alert(id_, severity, type="alert.resolved")
    elif action == "approve":
        await runtime.say("mitigation.approved", id_)
    else:
        kind = {"ack": "engineer.ack", "note": "incident.note"}[action]
        await runtime.say(kind, id_, reason="because")


async def make_all():
    """Return the lines of the file."""
    return [encode(await make_journal(number)) for number in range(JOURNALS)]


if __name__ == "__main__":
    lines = asyncio.run(make_all())
    Path(sys.argv[1]).write_bytes(b"".join(line + b"\n" for line in lines))
    sys.stdout.write(f"{len(lines)} journals, {sum(map(len, lines))} bytes\n")
    json.loads(lines[0])
