"""Several nodes on one PostgreSQL journal: who wins, who waits, who takes over."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.interpreter.core.control import Control, Override
from interlock.interpreter.journal import postgres_pool
from interlock.interpreter.journal.locate import open_store
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.journal.outbox import Claim
from interlock.interpreter.journal.store import (
    StaleRevisionError,
    StoreUnavailableError,
    TimerRow,
)
from interlock.rulebook.graph.state_graph import Automation
from support.journal import (
    assert_chains_are_sound,
    commit_of,
    make_append,
    make_effect,
    open_incident,
    set_control,
)
from support.postgres import clean_journal, connected, crash_server
from support.runtime import wait_until

TESTS = Path(__file__).parents[2]
ROUNDS = 25
OFF = Control(revision=1, overrides={"*": Override(mode=Automation.OFF, by="ada", reason="drill")})


@pytest.fixture
async def address():
    return await clean_journal()


@pytest.fixture
async def nodes(address):
    """Two stores on one database; afterwards what they wrote must be sound."""
    made = [await open_store(address) for _ in range(2)]
    yield made
    await assert_chains_are_sound(made[0])
    for store in made:
        await store.close()


async def race(*commits):
    """Make commits at the same time; return which were written. The others must be stale."""
    results = await asyncio.gather(*commits, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, StaleRevisionError), result
    return [number for number, result in enumerate(results) if result is None]


# --- decisions --------------------------------------------------------------------------------


async def test_of_two_writers_of_one_stream_exactly_one_wins_each_revision(nodes):
    append = open_incident("A")
    await nodes[0].commit(commit_of(append))
    winners = []
    for number in range(ROUNDS):
        rivals = [
            make_append("incident/A", append.head, note=f"{number} by {node}") for node in (0, 1)
        ]
        (winner,) = await race(
            *(node.commit(commit_of(rival)) for node, rival in zip(nodes, rivals, strict=True))
        )
        append = rivals[winner]
        winners.append(append.records[0])
    assert (await nodes[1].read("incident/A"))[1:] == winners


async def test_writers_that_decide_again_lose_nothing(nodes, address):
    """Each node appends as often as it wants to, whatever the other does in between."""
    deadlocks = await count_deadlocks(address)
    await nodes[0].commit(commit_of(open_incident("A"), open_incident("B")))

    async def write(node, times):
        for _ in range(times):
            while True:
                heads = await node.heads(["incident/A", "incident/B"])
                appends = [make_append(stream, head) for stream, head in heads.items()]
                if node is nodes[1]:
                    appends.reverse()  # locked the other way round, they would block each other
                try:
                    await node.commit(commit_of(*appends))
                except StaleRevisionError:
                    continue
                break

    await asyncio.gather(*(write(node, ROUNDS) for node in nodes))
    heads = await nodes[0].heads(["incident/A", "incident/B"])
    assert [head.revision for head in heads.values()] == [1 + 2 * ROUNDS] * 2
    assert await count_deadlocks(address) == deadlocks


async def test_of_two_openings_of_one_id_one_is_written(nodes):
    for number in range(ROUNDS):
        opening = commit_of(open_incident(f"i{number}"))
        won = await race(*(node.commit(opening) for node in nodes))
        assert len(won) == 1
    assert len(await nodes[0].streams()) == ROUNDS


async def test_of_two_openings_of_one_group_key_one_is_written(nodes):
    for number in range(ROUNDS):
        won = await race(
            *(
                node.commit(commit_of(open_incident(f"{number}-{place}", group_key=f"k{number}")))
                for place, node in enumerate(nodes)
            )
        )
        assert len(won) == 1
    assert len(await nodes[0].streams()) == ROUNDS


async def test_many_openings_in_opposite_order_do_not_block_each_other(nodes, address):
    """Both get the same alerts, as from a pair of Alertmanagers: the keys clash, the ids do not."""
    before = await count_deadlocks(address)
    for number in range(ROUNDS):
        names = [f"{number}-{place:02}" for place in range(20)]
        openings = [
            [open_incident(f"{node} {name}", group_key=name) for name in names] for node in "ab"
        ]
        openings[1].reverse()
        won = await race(
            *(
                node.commit(commit_of(*opening))
                for node, opening in zip(nodes, openings, strict=True)
            )
        )
        assert len(won) == 1
    assert await count_deadlocks(address) == before


async def count_deadlocks(address):
    async with connected(address) as connection:
        return await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )


async def test_the_same_raw_payloads_in_opposite_order_do_not_block_each_other(nodes, address):
    before = await count_deadlocks(address)
    for number in range(ROUNDS):
        raw = [b"%d %d" % (number, place) for place in range(20)]
        payloads = {hashlib.sha256(data).hexdigest(): data for data in raw}
        backwards = dict(reversed(payloads.items()))
        await asyncio.gather(
            nodes[0].commit(commit_of(payloads=payloads)),
            nodes[1].commit(commit_of(payloads=backwards)),
        )
    assert await count_deadlocks(address) == before


async def test_a_node_sees_at_once_what_the_other_wrote(nodes):
    append = open_incident("A", group_key="k")
    await nodes[0].commit(commit_of(append, timers_set=[TimerRow(7, "incident/A", "t")]))
    assert (await nodes[1].look_up(Lookup(groups=frozenset({"k"})))).by_group == {"k": append.head}
    assert await nodes[1].next_timer() == 7
    after = make_append("incident/A", append.head, is_open=False)
    await nodes[1].commit(commit_of(after, timers_cleared=[TimerRow(7, "incident/A", "t")]))
    assert await nodes[0].heads(["incident/A"]) == {"incident/A": after.head}
    assert await nodes[0].next_timer() is None


async def test_a_timer_that_the_other_node_moved_is_not_lost_by_firing_it(nodes):
    await nodes[0].commit(commit_of(timers_set=[TimerRow(1, "incident/A", "t")]))
    (seen,) = await nodes[1].due_timers(5)
    moved = TimerRow(9, "incident/A", "t")
    await nodes[0].commit(commit_of(timers_set=[moved]))
    await nodes[1].commit(commit_of(timers_cleared=[seen]))
    assert await nodes[0].due_timers(99) == [moved]


# --- claims -----------------------------------------------------------------------------------


async def test_two_claimers_share_out_the_rows_and_take_none_twice(nodes):
    names = [f"k{number:03}" for number in range(200)]
    await nodes[0].commit(commit_of(outbox=[make_effect(name) for name in names]))

    async def claim_all(node):
        taken = []
        while rows := await node.claim_effects(Claim(now=1, until=99, limit=7)):
            taken += [row.key for row in rows]
        return taken

    taken = await asyncio.gather(*(claim_all(node) for node in nodes for _ in range(2)))
    assert sorted(key for keys in taken for key in keys) == names


async def test_a_claimer_passes_over_rows_that_another_is_about_to_take(nodes, address):
    await nodes[0].commit(commit_of(outbox=[make_effect(name) for name in "abc"]))
    async with connected(address) as rival, rival.transaction():
        await rival.execute("SELECT FROM outbox WHERE key = 'a' FOR UPDATE")
        rows = await nodes[0].claim_effects(Claim(now=1, until=99, limit=3))
    assert [row.key for row in rows] == ["b", "c"]


async def test_a_claim_waits_for_the_ladder_that_is_being_set(nodes, address):
    await nodes[0].commit(commit_of(outbox=[make_effect("k")]))
    async with connected(address) as slow:
        async with slow.transaction():
            await slow.execute("SELECT FROM outbox FOR UPDATE")
            # waits for nobody, holds the ladder, and then waits for the row
            setting = asyncio.create_task(
                nodes[0].commit(
                    commit_of(set_control(OFF), effects_ended={"k": ("cancelled", None)})
                )
            )

            async def is_waiting():
                return await slow.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

            await wait_until(is_waiting)
            claiming = asyncio.create_task(nodes[1].claim_effects(Claim(now=1, until=9)))
            await asyncio.sleep(0.1)
            assert not claiming.done(), "the ladder it would read may be changed already"
        await setting
    assert await claiming == []


async def test_no_claim_is_made_after_the_ladder_was_set(nodes):
    """However the two meet, once the setting has returned nothing more is taken."""
    before = None
    for number in range(ROUNDS):
        await nodes[0].commit(commit_of(outbox=[make_effect(f"{number}-{n}") for n in range(8)]))
        auto = Control(revision=2 * number + 1)
        append = set_control(auto, before)
        await nodes[0].commit(commit_of(append))

        async def claim_some():
            return await nodes[1].claim_effects(Claim(now=1, until=99, limit=2))

        racing = [asyncio.create_task(claim_some()) for _ in range(3)]
        off = set_control(Control(revision=2 * number + 2, overrides=OFF.overrides), append.head)
        await nodes[0].commit(commit_of(off))
        assert await nodes[1].claim_effects(Claim(now=1, until=99)) == []
        await asyncio.gather(*racing)
        before = off.head


# --- nodes that stand still or die ------------------------------------------------------------


def start(address, job):
    return subprocess.Popen(
        [sys.executable, "-m", "support.postgres_node", address, job],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=TESTS,
        text=True,
    )


async def hear(child):
    return (await asyncio.to_thread(child.stdout.readline)).strip()


async def test_a_node_stopped_past_its_claim_loses_it_and_can_commit_nothing(nodes, address):
    store = nodes[0]
    first = open_incident("A")
    await store.commit(commit_of(first, outbox=[make_effect("k")]))
    child = start(address, "stand_still")
    assert await hear(child) == "claimed k 1"
    child.send_signal(signal.SIGSTOP)
    child.stdin.write("go on\n")
    child.stdin.flush()
    (dead,) = await store.expired_claims(11)
    await store.release_effect(dead.key, not_before=0, detail=None, attempt=dead.attempt)
    (ours,) = await store.claim_effects(Claim(now=11, until=99))
    assert (ours.key, ours.attempt, ours.data) == ("k", 2, dead.data)
    append = make_append("incident/A", first.head, note="ours")
    await store.commit(commit_of(append))
    child.send_signal(signal.SIGCONT)
    assert await hear(child) == "stale incident/A"
    assert await asyncio.to_thread(child.wait) == 0
    child.stdin.close()
    child.stdout.close()
    assert await store.list_effects() == [ours]
    assert await store.heads(["incident/A"]) == {"incident/A": append.head}


@pytest.mark.parametrize("acknowledged", [1, 2, 9, 40])
async def test_a_killed_node_leaves_every_acknowledged_commit_and_no_half_one(
    nodes, address, acknowledged
):
    child = start(address, "write")
    for _ in range(acknowledged):
        await hear(child)
    os.kill(child.pid, signal.SIGKILL)
    last = [str(acknowledged - 1), *child.stdout.read().splitlines()][-1]
    child.stdin.close()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    store = nodes[0]

    async def is_let_go():
        async with connected(address) as connection:
            return not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'interlock' AND state <> 'idle')"
            )

    await wait_until(is_let_go)
    heads = await store.heads(["incident/A", "incident/B"])
    commits = len(await store.list_effects())
    assert commits in (int(last) + 1, int(last) + 2)  # one may be written and not acknowledged
    assert {head.revision for head in heads.values()} == {1 + 3 * (commits - 1)}
    assert await store.next_timer() == commits - 1
    await assert_chains_are_sound(store)
    await store.commit(commit_of(make_append("incident/A", heads["incident/A"])))


async def test_what_was_acknowledged_outlives_a_crash_of_the_server(nodes):
    """Two nodes write while it falls over and comes back; each finds out what became of its own."""
    acknowledged = []
    is_back = asyncio.Event()

    async def write(node, stream):
        append, after = open_incident(stream.partition("/")[2]), 0
        while after < ROUNDS:
            try:
                await node.commit(commit_of(append, outbox=[make_effect(append.head.hash.hex())]))
            except StoreUnavailableError:
                continue  # the same again: it is there once, or not at all
            except StaleRevisionError:
                (found,) = (await node.heads([stream])).values()
                assert found == append.head, "nobody else writes to it"
            acknowledged.append(append.records[0])
            append = make_append(stream, append.head)
            after += is_back.is_set()

    async def crash():
        while len(acknowledged) < ROUNDS:  # noqa: ASYNC110 - it looks on from outside
            await asyncio.sleep(0.005)
        await asyncio.to_thread(crash_server)
        is_back.set()

    streams = ["incident/A", "incident/B"]
    await asyncio.gather(crash(), *map(write, nodes, streams))
    kept = [record for stream in streams for record in await nodes[0].read(stream)]
    assert sorted(acknowledged, key=lambda r: (r.stream, r.revision)) == kept
    assert len(await nodes[0].list_effects()) == len(kept)


async def test_a_node_that_stands_still_in_a_commit_holds_up_the_others_for_a_while_only(
    address, monkeypatch
):
    settings = {**postgres_pool._SETTINGS, "idle_in_transaction_session_timeout": "200ms"}
    monkeypatch.setattr(postgres_pool, "_SETTINGS", settings)
    still, other = [await open_store(address) for _ in range(2)]
    first = open_incident("A")
    await other.commit(commit_of(first))
    stands = asyncio.Event()

    async def stand_in_transaction(connection):
        await connection.transaction().start()
        await connection.execute("SELECT FROM heads FOR UPDATE")
        stands.set()
        await asyncio.Event().wait()

    standing = asyncio.create_task(still._pool.run(stand_in_transaction))
    await stands.wait()
    append = make_append("incident/A", first.head)
    await other.commit(commit_of(append))
    assert await other.heads(["incident/A"]) == {"incident/A": append.head}
    standing.cancel()
    await asyncio.gather(standing, return_exceptions=True)
    await still.close()
    await other.close()
