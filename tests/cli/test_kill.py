"""Nothing that was answered is lost, whenever the daemon is killed."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from http.client import HTTPException

from interlock.interpreter.journal.locate import open_store
from support.daemon import Daemon
from support.journal import assert_journal_is_sound
from support.rulebooks import REFERENCE

KILLS = 4
SENDERS = 3


def send_until_gone(daemon, prefix, accepted):
    """Report alerts one after the other and keep the ids of those that were answered."""
    number = 0
    while True:
        name = f"{prefix}-{number}"
        try:
            status, _ = daemon.trigger(name, "P1")
        except (OSError, HTTPException):
            return
        assert status == 200
        accepted.append(name)
        number += 1


def listed(daemon):
    after, found = "", set()
    while after is not None:
        page = daemon.ask("GET", f"/incidents?limit=1000{after and f'&after={after}'}")[1]
        found |= {incident["id"] for incident in page["incidents"]}
        after = page["next"]
    return found


async def check(url):
    store = await open_store(url)
    try:
        await assert_journal_is_sound(store)
    finally:
        await store.close()


def test_no_answered_alert_is_lost_by_kills_at_random_instants(tmp_path):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    daemon, accepted = Daemon(tmp_path, REFERENCE), []
    for kill in range(KILLS):
        with daemon:
            senders = [
                threading.Thread(target=send_until_gone, args=(daemon, f"{kill}-{n}", accepted))
                for n in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            time.sleep(chance.uniform(0.05, 0.5))
            daemon.kill()
            for sender in senders:
                sender.join()
    with daemon:
        lost = set(accepted) - listed(daemon)
        assert not lost, f"seed {seed}: lost {sorted(lost)[:5]}"
        assert daemon.stop() == 0
    assert accepted, f"seed {seed}: nothing was ever answered"
    asyncio.run(check(f"sqlite:///{tmp_path}/journal.db"))
