"""What `verify` finds: the first bad record of a stream, and heads that are no fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from interlock.interpreter.core import apply
from interlock.interpreter.core.canonical import GENESIS, chain, encode
from interlock.interpreter.core.change import Noted, Opened, TimerSet
from interlock.interpreter.core.change_control import AutomationSet
from interlock.interpreter.core.control import CONTROL_STREAM, Control, apply_control
from interlock.interpreter.core.record import Notify
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.outbox import OutboxRow
from interlock.interpreter.journal.store import Append, Commit, Head, StoreDamagedError, TimerRow
from interlock.interpreter.journal.verify import Flaw, verify_journal, verify_waiting
from support.journal import assert_journal_is_sound, make_record, store_record

if TYPE_CHECKING:
    from interlock.interpreter.core.change import Change
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import StoredRecord

STREAM = "incident/A"
COUNT = 9
OPENED = Opened(
    to="DETECTED",
    reason="alert",
    id="A",
    base_id="A",
    origin="ingest",
    title="high latency",
    severity="P1",
    source="unknown",
    group_key="k",
    rulebook="sha256:0",
)
NOTICE = Notify(key="n1", path="1", channel="page", about="opened", text="it burns")


def make_records(stream: str, changes: list[list[Change]]) -> list[Record]:
    return [make_record(stream, place, changes=each) for place, each in enumerate(changes, 1)]


def incident_records() -> list[Record]:
    timers = [[TimerSet(name="sla", due=number, reason="P1")] for number in range(COUNT - 1)]
    first, *others = make_records(STREAM, [[OPENED], *timers])
    return [replace(first, effects=(NOTICE,)), *others]


def chained(records: list[Record]) -> list[StoredRecord]:
    stored: list[StoredRecord] = []
    for record in records:
        stored.append(store_record(record, stored[-1].hash if stored else GENESIS))
    return stored


def incident_append() -> Append:
    records = incident_records()
    incident = None
    for record in records:
        incident = apply(incident, record)
    assert incident is not None
    stored = chained(records)
    head = Head(
        stream=STREAM,
        revision=COUNT,
        hash=stored[-1].hash,
        data=encode(incident),
        incident="A",
        base_id="A",
        origin="ingest",
        state="DETECTED",
        severity="P1",
        is_open=True,
        group_key="k",
        created_at=incident.created_at,
        updated_at=incident.updated_at,
    )
    return Append(STREAM, 0, stored, head)


def control_append() -> Append:
    changes = [AutomationSet(to="off", reason="storm"), AutomationSet(to="ask", reason="calm")]
    records = make_records(CONTROL_STREAM, [[change] for change in changes])
    control = Control()
    for record in records:
        control = apply_control(control, record)
    stored = chained(records)
    head = Head(stream=CONTROL_STREAM, revision=2, hash=stored[-1].hash, data=encode(control))
    return Append(CONTROL_STREAM, 0, stored, head)


def notice_row(**fields: Any) -> OutboxRow:
    row = OutboxRow(
        key="n1", stream=STREAM, revision=1, path="1", kind="notify", data=encode(NOTICE)
    )
    return replace(row, **fields)


def group_append() -> Append:
    stored = chained(make_records("group/k", [[Noted(reason="counted")]]))
    return Append(
        "group/k", 0, stored, Head(stream="group/k", revision=1, hash=stored[0].hash, data=b"{}")
    )


@pytest.fixture
async def store() -> MemoryJournalStore:
    made = MemoryJournalStore()
    await made.open()
    await made.commit(
        Commit(
            appends=[control_append(), incident_append(), group_append()],
            outbox=[notice_row()],
            timers_set=[TimerRow(COUNT - 2, STREAM, "sla")],
        )
    )
    return made


async def flaws_of(store: MemoryJournalStore) -> tuple[Flaw, ...]:
    return (await verify_journal(store)).flaws


async def test_a_sound_journal_has_no_flaw(store):
    await assert_journal_is_sound(store)
    report = await verify_journal(store)
    assert (report.streams, report.records) == (3, COUNT + 3)


async def test_an_empty_journal_is_sound():
    store = MemoryJournalStore()
    await store.open()
    await assert_journal_is_sound(store)


@pytest.mark.parametrize("revision", range(1, COUNT + 1))
async def test_a_changed_record_is_the_first_bad_one(store, revision):
    records = store._records[STREAM]
    data = records[revision - 1].data.replace(b"source:test", b"source:tess")
    records[revision - 1] = replace(records[revision - 1], data=data)
    assert await flaws_of(store) == (
        Flaw(STREAM, revision, "it does not chain to the record before"),
    )


@pytest.mark.parametrize("revision", range(1, COUNT))
async def test_a_removed_record_is_the_first_bad_one(store, revision):
    del store._records[STREAM][revision - 1]
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, revision)
    assert "stands in its place" in flaw.reason


@pytest.mark.parametrize("revision", range(1, COUNT))
async def test_exchanged_records_are_found_at_the_first(store, revision):
    records = store._records[STREAM]
    records[revision - 1], records[revision] = records[revision], records[revision - 1]
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, revision)


@pytest.mark.parametrize("revision", range(1, COUNT + 1))
async def test_a_repeated_record_is_found(store, revision):
    records = store._records[STREAM]
    records.insert(revision, records[revision - 1])
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, revision + 1)


async def test_a_stream_cut_short_does_not_fit_its_head(store):
    del store._records[STREAM][-2:]
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, COUNT - 2)
    assert flaw.reason == f"the head is that of record {COUNT}, the records end at {COUNT - 2}"


async def test_a_chain_rewritten_from_a_record_on_does_not_fit_its_head(store):
    records = incident_records()
    records[4] = replace(records[4], actor="mallory")
    store._records[STREAM] = chained(records)
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, COUNT)


async def test_a_changed_time_beside_the_bytes_is_found(store):
    records = store._records[STREAM]
    records[3] = replace(records[3], at=1)
    (flaw,) = await flaws_of(store)
    assert (flaw.revision, flaw.reason) == (
        4,
        "its row says another stream, revision or time than its bytes",
    )


async def test_a_record_moved_to_another_stream_with_its_chain_is_found(store):
    moved = [replace(record, stream="incident/B") for record in store._records[STREAM]]
    store._records["incident/B"] = moved
    store._heads["incident/B"] = replace(store._heads[STREAM], stream="incident/B")
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == ("incident/B", 1)


async def test_bytes_that_are_no_record_are_named(store):
    record = store._records[STREAM][0]
    data = b'{"v":1}'
    store._records[STREAM][0] = replace(record, data=data, hash=chain(GENESIS, data))
    (flaw,) = await flaws_of(store)
    assert (flaw.revision, flaw.reason[:24]) == (1, "a record cannot be read:")


async def test_a_stream_that_cannot_be_folded_is_named(store):
    records = make_records(STREAM, [[Noted(reason="no opening")]])
    store._records[STREAM] = chained(records)
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (STREAM, 1)
    assert "before an opening" in flaw.reason


async def test_a_record_that_this_version_cannot_fold_is_named(store):
    records = make_records(CONTROL_STREAM, [[AutomationSet(to="louder", reason="?")]])
    store._records[CONTROL_STREAM] = chained(records)
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.revision) == (CONTROL_STREAM, 1)
    assert flaw.reason.startswith("it cannot be folded: ")


async def test_a_head_that_is_not_the_fold_is_found(store):
    head = store._heads[STREAM]
    store._heads[STREAM] = replace(head, data=head.data.replace(b'"P1"', b'"P4"'))
    (flaw,) = await flaws_of(store)
    assert (flaw.revision, flaw.reason) == (COUNT, "the head is not the fold of the records")


async def test_a_control_head_that_is_not_the_fold_is_found(store):
    head = store._heads[CONTROL_STREAM]
    store._heads[CONTROL_STREAM] = replace(head, data=encode(Control(revision=2)))
    (flaw,) = await flaws_of(store)
    assert (flaw.stream, flaw.reason) == ("control", "the head is not the fold of the records")


async def test_a_head_of_an_earlier_version_with_fewer_fields_is_sound(store):
    head = store._heads[STREAM]
    fields = msgspec.json.decode(head.data)
    assert "post_mortem" not in fields, "a default is left out, as an earlier version would"
    store._heads[STREAM] = replace(head, data=encode(fields))
    assert await flaws_of(store) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"incident": "B"},
        {"base_id": "B"},
        {"origin": "other"},
        {"state": "RESOLVED"},
        {"severity": "P4"},
        {"is_open": False},
        {"needs_attention": True},
        {"group_key": "other"},
        {"created_at": 1},
        {"updated_at": 1},
    ],
)
async def test_a_head_found_as_what_it_is_not_is_named(store, fields):
    store._heads[STREAM] = replace(store._heads[STREAM], **fields)
    (flaw,) = await flaws_of(store)
    assert flaw.reason == "the head is not searched for by what it holds"


async def test_a_stream_whose_store_reports_damage_is_named_with_its_record(store, monkeypatch):
    read = store.read

    async def damaged(stream: str, **options: int) -> object:
        if stream == STREAM:
            raise StoreDamagedError("record 3 is not what was written", stream=STREAM, revision=3)
        return await read(stream, **options)

    monkeypatch.setattr(store, "read", damaged)
    assert await flaws_of(store) == (Flaw(STREAM, 3, "record 3 is not what was written"),)


async def test_each_bad_stream_is_named_once(store):
    for stream in (STREAM, "group/k", CONTROL_STREAM):
        store._records[stream][0] = replace(store._records[stream][0], hash=bytes(32))
    assert [(flaw.stream, flaw.revision) for flaw in await flaws_of(store)] == [
        (CONTROL_STREAM, 1),
        (STREAM, 1),
        ("group/k", 1),
    ]


async def waiting_flaws(store: MemoryJournalStore) -> list[str]:
    return [flaw.reason for flaw in (await verify_waiting(store)).flaws]


@pytest.mark.parametrize(
    "commit",
    [
        Commit(timers_cleared=[TimerRow(COUNT - 2, STREAM, "sla")]),
        Commit(timers_set=[TimerRow(1, STREAM, "sla")]),
        Commit(timers_set=[TimerRow(1, STREAM, "other")]),
    ],
)
async def test_timers_that_are_not_those_of_the_state_are_found(store, commit):
    await store.commit(commit)
    assert await waiting_flaws(store) == ["its timers are not those of its state"]


async def test_timers_of_no_incident_are_found(store):
    await store.commit(Commit(timers_set=[TimerRow(1, "incident/B", "t")]))
    assert await waiting_flaws(store) == ["timers are set for no stream"]


@pytest.mark.parametrize(
    "row",
    [
        notice_row(key="n2"),
        notice_row(key="n3", revision=2),
        notice_row(key="n4", revision=COUNT + 1),
        notice_row(key="n5", stream="incident/B"),
    ],
)
async def test_an_effect_that_no_record_asked_for_is_found(store, row):
    await store.commit(Commit(outbox=[row]))
    assert await waiting_flaws(store) == [
        f"the effect {row.key} is not the one its record asked for"
    ]


async def test_an_effect_with_other_bytes_than_its_record_is_found(store):
    store._outbox._rows["n1"] = notice_row(data=b"{}")
    assert len(await waiting_flaws(store)) == 1


async def test_an_effect_that_has_ended_waits_for_nothing(store):
    store._outbox._rows["n1"] = notice_row(data=b"{}", status="done")
    assert await waiting_flaws(store) == []
