"""What a claim may take: the whole ladder and the limits, the same in every store."""

from __future__ import annotations

import asyncio
import random
from itertools import product

import pytest

from interlock.interpreter.core.control import Control, Override
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.outbox import Claim, HookTerms, Rate
from interlock.rulebook.graph.state_graph import Automation, Limits
from support.journal import commit_of, make_effect, set_control
from support.postgres import clean_journal

HOUR = 3_600_000_000_000
OFF, OBSERVE, ASK, AUTO = Automation


def claim(now=1, *, limit=99, rate=None, **limits):
    terms = {"restart": HookTerms(limits=Limits(**limits))} if limits else {}
    return Claim(now=now, until=now + 1, hooks=terms, rate=rate, limit=limit)


async def write(store, *keys, **fields):
    await store.commit(commit_of(outbox=[make_effect(key, **fields) for key in keys]))


async def take(store, wanted):
    return {row.key: row.status for row in await store.claim_effects(wanted)}


async def end(store, *keys, status="done"):
    await store.commit(commit_of(effects_ended=dict.fromkeys(keys, (status, None))))


async def standing(store):
    return {row.key: row.status for row in await store.list_effects()}


# --- limits -----------------------------------------------------------------------------------


async def test_calls_of_one_target_run_one_at_a_time_and_others_beside_them(store):
    await write(store, "a1", "a2", target="a")
    await write(store, "b1", target="b")
    assert await take(store, claim(concurrent=1)) == {"a1": "claimed", "b1": "claimed"}
    assert await take(store, claim(concurrent=1)) == {}
    await end(store, "a1")
    assert await take(store, claim(concurrent=1)) == {"a2": "claimed"}


async def test_what_is_over_the_limit_is_held_with_the_reason_and_never_dropped(store):
    await write(store, "a", "b", "c")
    rows = await store.claim_effects(claim(max=2, concurrent=9))
    assert [(row.key, row.status) for row in rows] == [
        ("a", "claimed"),
        ("b", "claimed"),
        ("c", "held"),
    ]
    assert rows[2].detail == "hook restart: over 2 calls in 1h"
    assert rows[2].attempt == 0
    assert await take(store, claim(now=2 * HOUR, max=2, concurrent=9)) == {}, (
        "it waits for a person"
    )


async def test_what_may_wait_in_time_goes_when_the_window_has_moved_on(store):
    await write(store, "a", "b")
    limits = {"max": 1, "concurrent": 9, "over": "wait"}
    assert await take(store, claim(now=1, **limits)) == {"a": "claimed"}
    assert await take(store, claim(now=HOUR, **limits)) == {}
    assert await standing(store) == {"a": "claimed", "b": "pending"}
    assert await take(store, claim(now=HOUR + 1, **limits)) == {"b": "claimed"}


async def test_an_effect_counts_once_however_often_it_is_tried(store):
    await write(store, "a", "b")
    await take(store, claim(max=1, over="wait"))
    await store.release_effect("a", not_before=0, detail="503")
    assert await take(store, claim(max=1, over="wait")) == {"a": "claimed"}
    await end(store, "a", status="dead")
    assert await take(store, claim(max=1, over="wait")) == {}


async def test_a_clock_that_was_set_back_makes_nothing_wait_until_it_is_there_again(store):
    await write(store, "a")
    await take(store, claim(now=9 * HOUR))
    put_back = {"not_before": 9 * HOUR + 300, "detail": "503"}
    await store.release_effect("a", **put_back, now=9 * HOUR)
    assert await take(store, claim(now=9 * HOUR + 299)) == {}
    assert await take(store, claim(now=9 * HOUR - 1)) == {}, "nodes' clocks differ a little"
    assert await take(store, claim(now=2 * HOUR)) == {"a": "claimed"}


async def test_each_value_of_by_has_a_count_of_its_own(store):
    await write(store, "a1", "a2", target="a")
    await write(store, "b1", target="b")
    assert await take(store, claim(max=1, concurrent=9)) == {
        "a1": "claimed",
        "a2": "held",
        "b1": "claimed",
    }


async def test_a_hook_the_rulebook_does_not_name_has_no_limits(store):
    await write(store, *(f"k{n}" for n in range(20)))
    assert len(await take(store, claim())) == 20


async def test_messages_are_never_limited(store):
    await write(store, *(f"k{n}" for n in range(20)), kind="notify", hook=None)
    assert len(await take(store, claim(max=1, rate=Rate(1, HOUR)))) == 20


async def test_the_limit_of_all_hooks_bounds_what_nobody_approved(store):
    await write(store, "a", hook="one")
    await write(store, "asked", hook="two", approved=True)
    await write(store, "b", hook="three")
    rows = await store.claim_effects(claim(rate=Rate(1, HOUR)))
    assert [(row.key, row.status) for row in rows] == [
        ("a", "claimed"),
        ("asked", "claimed"),
        ("b", "held"),
    ]
    assert rows[2].detail == "all hooks: over 1 call in 1h that nobody approved"


async def test_a_person_sends_on_what_is_held_and_it_counts(store):
    await write(store, "a", "b", "c")
    await take(store, claim(max=1, concurrent=9, limit=2))
    await store.commit(commit_of(effects_released=["b"]))
    assert await take(store, claim(max=1, concurrent=9, limit=1)) == {"b": "claimed"}
    assert await take(store, claim(max=2, concurrent=9)) == {"c": "held"}


async def test_what_is_sent_on_still_runs_one_at_a_time(store):
    await write(store, "a", "b")
    await take(store, claim(max=1))
    await store.commit(commit_of(effects_released=["b"]))
    assert await take(store, claim(max=1)) == {}
    await end(store, "a")
    assert await take(store, claim(max=1)) == {"b": "claimed"}


@pytest.mark.parametrize(
    ("status", "after"),
    [
        ("pending", "pending"),
        ("dead", "pending"),
        ("done", "done"),
        ("cancelled", "cancelled"),
        ("dropped", "dropped"),
        ("claimed", "claimed"),
    ],
)
async def test_only_what_waits_or_failed_is_sent_on(store, status, after):
    await write(store, "a")
    if status == "claimed":
        await take(store, claim())
    elif status != "pending":
        await end(store, "a", status=status)
    await store.commit(commit_of(effects_released=["a", "unknown"]))
    assert await standing(store) == {"a": after}


async def test_a_person_drops_what_waits_or_failed_and_never_what_is_on_its_way(store):
    await write(store, "waits", "failed", "held", "goes", "done")
    await end(store, "failed", status="dead")
    await end(store, "done")
    await take(store, claim(limit=1, max=1))
    await store.commit(commit_of(effects_released=["waits"]))
    await take(store, claim(max=1, concurrent=9))
    assert await standing(store) == {
        "waits": "claimed",
        "failed": "dead",
        "held": "held",
        "goes": "held",
        "done": "done",
    }
    await end(store, "waits", "failed", "held", "done", status="dropped")
    assert await standing(store) == {
        "waits": "claimed",
        "failed": "dropped",
        "held": "dropped",
        "goes": "held",
        "done": "done",
    }


async def test_a_held_effect_is_found_until_somebody_was_told(store):
    await write(store, "a", "b")
    await take(store, claim(max=1, concurrent=9))
    await end(store, "a")
    assert [row.key for row in await store.expired_claims(2)] == []
    assert [row.key for row in await store.expired_claims(3)] == ["b"]
    await end(store, "b", status="held")
    assert await store.expired_claims(99) == []
    assert await standing(store) == {"a": "done", "b": "held"}
    await end(store, "b", status="cancelled")
    assert await standing(store) == {"a": "done", "b": "cancelled"}
    await end(store, "b", status="held")
    assert await standing(store) == {"a": "done", "b": "cancelled"}, "it is not brought back"


async def test_an_effect_is_found_by_its_key(store):
    await write(store, "a", target="x", team="db", automation="ask")
    found = await store.effect("a")
    assert (found.target, found.team, found.automation) == ("x", "db", "ask")
    assert await store.effect("unknown") is None


# --- two claimers -----------------------------------------------------------------------------


async def claim_until_nothing(store, wanted, seen):
    """Claim and end, as fast as it goes, and note how many of a target ran at once."""
    idle = 0
    while idle < 20:
        rows = await store.claim_effects(wanted)
        taken = [row for row in rows if row.status == "claimed"]
        idle = 0 if rows else idle + 1
        for row in taken:
            seen["running"][row.target] = seen["running"].get(row.target, 0) + 1
            assert seen["running"][row.target] <= 2
            seen["taken"].append(row.key)
        await asyncio.sleep(0)
        for row in taken:
            seen["running"][row.target] -= 1
            await end(store, row.key)
        await asyncio.sleep(0.001)


async def test_claimers_at_once_never_exceed_a_limit(store):
    nodes = [store, store]
    await check_claimers(nodes)


async def test_nodes_of_one_database_never_exceed_a_limit():
    address = await clean_journal()
    nodes = [locate_store(address) for _ in range(3)]
    for node in nodes:
        await node.open()
    try:
        await check_claimers(nodes)
    finally:
        for node in nodes:
            await node.close()


async def check_claimers(nodes):
    chance = random.Random(7)
    keys = [f"k{n}" for n in range(60)]
    effects = [make_effect(key, target=chance.choice("ab")) for key in keys]
    await nodes[0].commit(commit_of(outbox=effects))
    terms = {"restart": HookTerms(limits=Limits(max=9, concurrent=2, over="wait"))}
    wanted = Claim(now=HOUR, until=2 * HOUR, hooks=terms, rate=Rate(17, HOUR), limit=4)
    seen = {"running": {}, "taken": []}
    await asyncio.gather(*(claim_until_nothing(node, wanted, seen) for node in nodes))
    assert len(seen["taken"]) == len(set(seen["taken"])) == 17
    for target in "ab":
        of_target = {effect.key for effect in effects if effect.target == target}
        assert len(of_target & set(seen["taken"])) <= 9
    held = await nodes[0].list_effects("held")
    assert all("nobody approved" in row.detail for row in held)


# --- the ladder -------------------------------------------------------------------------------


def plainly(levels, *, approved):
    """The oracle: the lowest of all levels, by a list written out."""
    order = ["off", "observe", "ask", "auto"]
    lowest = order[min(order.index(level) for level in levels if level is not None)]
    return lowest == "auto" or (lowest == "ask" and approved)


PLACES = ("daemon", "operator", "operator_hook", "team", "effect", "hook")


async def test_the_lowest_of_all_levels_holds_in_every_combination(store):
    """Every pair of levels at every pair of places, and a random sample of whole ladders."""
    chance = random.Random(11)
    ladders = []
    for (one, other), (low, high) in product(
        product(PLACES, PLACES), product(("off", "observe", "ask", "auto"), repeat=2)
    ):
        ladders.append({one: low, other: high} if one != other else {one: low})
    ladders += [
        {place: chance.choice(["off", "observe", "ask", "auto"]) for place in PLACES}
        for _ in range(60)
    ]
    head = None
    for number, ladder in enumerate({str(sorted(one.items())): one for one in ladders}.values()):
        overrides = {
            name: Override(mode=Automation(ladder[place]), by="ada", reason="test")
            for name, place in (("*", "operator"), ("restart", "operator_hook"))
            if place in ladder
        }
        control = set_control(Control(overrides=overrides), head)
        head = control.head
        rows = [
            make_effect(
                f"{word}{number}",
                approved=word == "asked",
                team="db",
                automation=ladder.get("effect", "auto"),
            )
            for word in ("asked", "free")
        ]
        await store.commit(commit_of(control, outbox=rows))
        taken = await store.claim_effects(
            Claim(
                now=1,
                until=2,
                automation=Automation(ladder.get("daemon", "auto")),
                hooks={
                    "restart": HookTerms(_mode(ladder, "hook"), Limits(max=999, concurrent=999))
                },
                teams={"db": Automation(ladder["team"])} if "team" in ladder else {},
            )
        )
        levels = list(ladder.values()) or ["auto"]
        expected = [row.key for row in rows if plainly(levels, approved=row.approved)]
        assert [row.key for row in taken] == expected, ladder
        await end(store, *(row.key for row in rows), status="cancelled")
        await end(store, *(row.key for row in taken))


def _mode(ladder, place):
    return Automation(ladder[place]) if place in ladder else None
