"""A node in a process of its own, for tests that kill or stop it: ADDRESS, then what to do."""

from __future__ import annotations

import asyncio
import sys

from interlock.interpreter.journal.locate import open_store
from interlock.interpreter.journal.outbox import Claim
from interlock.interpreter.journal.store import StaleRevisionError, TimerRow
from support.journal import commit_of, make_append, make_effect, open_incident


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def hear():
    await asyncio.to_thread(sys.stdin.readline)


async def write(store):
    """Commit without end, and name each commit once it has returned."""
    heads = {}
    for number in range(1_000_000):
        appends = [
            make_append(stream, heads[stream], count=3, data=bytes(3000))
            if stream in heads
            else open_incident(stream.partition("/")[2])
            for stream in ("incident/A", "incident/B")
        ]
        await store.commit(
            commit_of(
                *appends,
                timers_set=[TimerRow(number, "incident/A", "t")],
                outbox=[make_effect(f"k{number}")],
            )
        )
        heads.update((append.stream, append.head) for append in appends)
        say(number)


async def stand_still(store):
    """Claim, stand still in between, and then go on as if nothing had happened."""
    head = (await store.heads(["incident/A"]))["incident/A"]
    (row,) = await store.claim_effects(Claim(now=1, until=10))
    say(f"claimed {row.key} {row.attempt}")
    await hear()
    await store.release_effect(row.key, not_before=0, detail="mine", attempt=row.attempt)
    await store.renew_claims({row.key: row.attempt}, 1 << 60)
    try:
        await store.commit(commit_of(make_append("incident/A", head, note="mine")))
    except StaleRevisionError as error:
        say(f"stale {error.stream}")
    else:
        say("written")


async def main():
    address, job = sys.argv[1:]
    store = await open_store(address)
    await {"write": write, "stand_still": stand_still}[job](store)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
