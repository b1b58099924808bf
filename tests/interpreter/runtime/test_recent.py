"""What is remembered of streams: the newest states, within a bound, and nothing of what failed."""

from __future__ import annotations

import asyncio
import random

import pytest
from msgspec.structs import replace

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.runtime.intake import make_items
from interlock.interpreter.runtime.recent import Recent
from interlock.interpreter.runtime.view import Tip
from interlock.interpreter.sources import read_event
from support.runtime import FaultyStore, Runtime, event_body


class CountingStore(FaultyStore):
    """Counts what is looked up."""

    def __init__(self, store, *, is_shared=False):
        super().__init__(store)
        self.is_shared = is_shared
        self.lookups = []

    async def look_up(self, wanted):
        self.lookups.append(wanted)
        return await self._store.look_up(wanted)


def make_tip(name: str, *, group_key: str = "", base_id: str | None = None) -> Tip:
    incident = Incident(
        id=name, base_id=base_id or name, origin="ingest", title="", severity="P2", source="",
        state="DETECTED", group_key=group_key or name, created_at=1, updated_at=1, state_since=1,
        opened_at=1, revision=1, rulebook="",
    )  # fmt: skip
    return Tip(f"incident/{name}", 1, GENESIS, incident)


def test_a_stream_is_kept_in_its_newest_state():
    recent = Recent()
    old, new = make_tip("a"), make_tip("a", group_key="g")
    recent.keep(old, 10)
    recent.keep(new, 10)
    assert recent.tip("incident/a") is new
    assert recent.tip("incident/b") is None


def test_what_was_committed_longest_ago_goes_with_all_that_leads_to_it():
    recent = Recent(bytes_max=20)
    for name in "ab":
        recent.keep(make_tip(name), 10)
        recent.keep_latest_by_group(name, f"incident/{name}")
        recent.keep_latest_by_id((name, None), f"incident/{name}")
        recent.keep_latest_by_id((name, "ingest"), f"incident/{name}")
    recent.keep(make_tip("a"), 10)
    recent.keep(make_tip("c"), 10)
    assert recent.tip("incident/b") is None
    assert recent.latest_by_group("b") is None
    assert recent.latest_by_id(("b", None)) is recent.latest_by_id(("b", "ingest")) is None
    assert recent.latest_by_group("a") == recent.latest_by_id(("a", None)) == "incident/a"


def test_a_state_larger_than_the_bound_is_not_kept():
    recent = Recent(bytes_max=20)
    recent.keep(make_tip("a"), 21)
    recent.keep_latest_by_group("a", "incident/a")
    assert recent.tip("incident/a") is None
    assert recent.latest_by_group("a") is None


def test_a_latest_incident_that_is_not_kept_is_not_mistaken_for_the_one_before():
    recent = Recent(bytes_max=20)
    recent.keep(make_tip("a", group_key="g"), 10)
    recent.keep_latest_by_group("g", "incident/a")
    recent.keep_latest_by_id(("a", None), "incident/a")
    recent.keep(make_tip("a~2", group_key="g", base_id="a"), 10)
    recent.keep(make_tip("other"), 10)
    recent.keep(make_tip("a", group_key="g"), 10)
    assert recent.tip("incident/a~2") is None
    recent.keep_latest_by_group("g", "incident/a~2")
    recent.keep_latest_by_id(("a", None), "incident/a~2")
    assert recent.latest_by_group("g") is recent.latest_by_id(("a", None)) is None


async def test_the_repetition_of_an_alert_is_not_looked_up():
    store = CountingStore(MemoryJournalStore())
    async with Runtime(store) as runtime:
        await runtime.alert("test-1")
        count = len(store.lookups)
        assert (await runtime.alert("test-1")).incident == "test-1"
        assert len(store.lookups) == count


async def test_where_others_write_too_every_batch_looks_again():
    store = CountingStore(MemoryJournalStore(), is_shared=True)
    async with Runtime(store) as runtime:
        await runtime.alert("test-1")
        count = len(store.lookups)
        await runtime.alert("test-1")
        assert len(store.lookups) > count


@pytest.mark.parametrize("kind", ["resolved", "reopened", "followed"])
async def test_the_latest_incident_of_a_key_stays_the_latest(kind):
    store = CountingStore(MemoryJournalStore())
    async with Runtime(store) as runtime:
        await runtime.alert("test-1")
        await runtime.alert("test-1", type="alert.resolved")
        if kind == "followed":
            runtime.clock.advance_to(runtime.clock.now() + 86_400 * 10**9)
        if kind != "resolved":
            answer = await runtime.alert("test-1")
            assert answer.incident == ("test-1" if kind == "reopened" else "test-1~2")
        cached = await runtime.alert("test-1", type="alert.resolved")
        runtime.engine._recent.clear()
        fresh = await runtime.alert("test-1", type="alert.resolved")
        assert cached.incident == fresh.incident


async def test_after_a_failed_commit_everything_is_looked_up_again():
    store = CountingStore(MemoryJournalStore())
    async with Runtime(store) as runtime:
        await runtime.alert("test-1")
        store.failures.append(StoreUnavailableError("the disk is full"))
        with pytest.raises(StoreUnavailableError):
            await runtime.alert("test-1", title="lost")
        count = len(store.lookups)
        await runtime.alert("test-1")
        assert len(store.lookups) > count
        assert (await runtime.incident("test-1")).title == "Slow"


async def tell_a_story(store, seed: int, bytes_max: int) -> dict[str, list[bytes]]:
    """Send alerts of few incidents, many at a time, and return every record's bytes."""
    chance = random.Random(seed)
    async with Runtime(store) as runtime:
        if runtime.engine._recent is not None:
            runtime.engine._recent = Recent(bytes_max)
        for _ in range(25):
            bodies = [
                event_body(
                    chance.choice("abc"),
                    chance.choice(["P1", "P2", "P3"]),
                    type=chance.choice(["alert.triggered", "alert.triggered", "alert.resolved"]),
                    labels={"service": chance.choice(["x", "y"])},
                )
                for _ in range(chance.randrange(1, 8))
            ]
            source = replace(runtime.intake.bare, name=chance.choice(["ingest", "other"]))
            members = [member for body in bodies for member in read_event(body, source)]
            await asyncio.gather(
                *(runtime.engine.submit([item]) for item in make_items(members, source.name))
            )
            await runtime.settle()
            runtime.clock.advance_to(runtime.clock.now() + chance.randrange(3600) * 10**9)
        streams = await store.streams()
        return {s: [record.data for record in await store.read(s)] for s in streams}


@pytest.mark.parametrize("bytes_max", [8 * 1024 * 1024, 4_000, 0])
@pytest.mark.parametrize("seed", range(6))
async def test_what_is_remembered_never_changes_a_decision(seed, bytes_max):
    looked_up = await tell_a_story(CountingStore(MemoryJournalStore(), is_shared=True), seed, 0)
    remembered = await tell_a_story(CountingStore(MemoryJournalStore()), seed, bytes_max)
    assert len(looked_up) > 3
    assert remembered == looked_up
