"""What every journal store promises, whatever it is made of."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest

from interlock.interpreter.core.control import CONTROL_STREAM, Control, Override
from interlock.interpreter.journal.listing import CursorError
from interlock.interpreter.journal.lookup import Found, Lookup
from interlock.interpreter.journal.outbox import Claim, EffectStatus
from interlock.interpreter.journal.store import (
    Append,
    Commit,
    IncidentFilter,
    MalformedCommitError,
    Quarantined,
    StaleRevisionError,
    StoreUnavailableError,
    TimerRow,
)
from interlock.rulebook.graph.state_graph import Automation
from support.journal import (
    NOW,
    commit_of,
    make_append,
    make_effect,
    open_incident,
    set_control,
)

if TYPE_CHECKING:
    from interlock.interpreter.journal.store import Head, JournalStore


async def latest_by_id(store: JournalStore, base_id: str, origin: str | None = None) -> Head | None:
    wanted = (base_id, origin)
    return (await store.look_up(Lookup(ids=frozenset({wanted})))).by_id.get(wanted)


async def latest_by_group(store: JournalStore, key: str) -> Head | None:
    return (await store.look_up(Lookup(groups=frozenset({key})))).by_group.get(key)


async def snapshot(store: JournalStore) -> object:
    """All that a store holds, to be compared."""
    streams = await store.streams()
    return (
        streams,
        await store.heads(streams),
        [await store.read(stream) for stream in streams],
        await store.due_timers(1 << 62),
        await store.list_effects(),
        await store.quarantined(),
    )


def payload(data: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(data).hexdigest(): data}


# --- commits ---------------------------------------------------------------------------------


async def test_a_commit_is_read_back_as_it_was_written(store):
    first = open_incident("A")
    group = make_append("group/k", count=3)
    await store.commit(commit_of(first, group))
    assert await store.read("incident/A") == list(first.records)
    assert await store.read("group/k") == list(group.records)
    assert await store.heads(["incident/A", "nothing", "group/k"]) == {
        "incident/A": first.head,
        "group/k": group.head,
    }


async def test_every_field_of_a_head_comes_back(store):
    append = open_incident("A", needs_attention=True, severity=None, updated_at=-(1 << 63))
    await store.commit(commit_of(append))
    after = make_append(
        "incident/A",
        append.head,
        state="RESOLVED",
        severity="P3",
        is_open=False,
        needs_attention=False,
        updated_at=(1 << 63) - 1,
    )
    assert await store.heads(["incident/A"]) == {"incident/A": append.head}
    await store.commit(commit_of(after))
    assert await store.heads(["incident/A"]) == {"incident/A": after.head}


async def test_streams_are_named_in_the_order_of_their_opening(store):
    await store.commit(commit_of(open_incident("Z"), make_append("group/a")))
    await store.commit(commit_of(open_incident("B"), make_append("control")))
    assert await store.streams() == ["incident/Z", "group/a", "incident/B", "control"]


async def test_an_empty_commit_changes_nothing(store):
    before = await snapshot(store)
    await store.commit(Commit())
    assert await snapshot(store) == before


async def test_records_of_a_stream_are_read_in_pages(store):
    append = make_append("group/k", count=25)
    await store.commit(commit_of(append))
    pages = []
    after = 0
    while page := await store.read("group/k", after=after, limit=10):
        pages.append(len(page))
        after = page[-1].revision
    assert pages == [10, 10, 5]
    assert await store.read("group/k", after=24) == [append.records[24]]
    assert await store.read("group/k", after=25) == []
    assert await store.read("group/k", after=99) == []
    assert await store.read("group/other") == []


@pytest.mark.parametrize("expected", ["behind", "ahead", "new"])
async def test_a_stale_revision_is_refused_and_writes_nothing(store, expected):
    first = open_incident("A")
    second = make_append("incident/A", first.head)
    third = make_append("incident/A", second.head)
    await store.commit(commit_of(first))
    if expected != "ahead":
        await store.commit(commit_of(second))
    stale = {"behind": second, "ahead": third, "new": first}[expected]
    before = await snapshot(store)
    with pytest.raises(StaleRevisionError) as caught:
        await store.commit(
            commit_of(
                open_incident("B"),
                stale,
                timers_set=[TimerRow(1, "incident/B", "t")],
                outbox=[make_effect("k")],
                payloads=payload(b"raw"),
                quarantined=[
                    Quarantined(id="q", at=1, source="s", reason="r", data=b""),
                ],
            )
        )
    assert caught.value.stream == "incident/A"
    assert await snapshot(store) == before
    assert await store.payload(hashlib.sha256(b"raw").hexdigest()) is None
    await store.commit(commit_of(open_incident("B")))


async def test_of_two_commits_at_one_revision_only_one_is_written(store):
    first = open_incident("A")
    await store.commit(commit_of(first))
    rivals = [commit_of(make_append("incident/A", first.head, note=f"rival {n}")) for n in range(8)]
    results = await asyncio.gather(*map(store.commit, rivals), return_exceptions=True)
    assert [result for result in results if result is None] == [None]
    assert sum(isinstance(result, StaleRevisionError) for result in results) == 7
    winner = rivals[results.index(None)]
    assert (await store.read("incident/A"))[1:] == list(winner.appends[0].records)


async def test_a_second_open_incident_of_a_group_key_is_refused_and_writes_nothing(store):
    await store.commit(commit_of(open_incident("A", group_key="k")))
    before = await snapshot(store)
    with pytest.raises(StaleRevisionError) as caught:
        await store.commit(commit_of(make_append("group/x"), open_incident("B", group_key="k")))
    assert caught.value.stream == "incident/B"
    assert await snapshot(store) == before


async def test_two_open_incidents_of_a_group_key_in_one_commit_are_refused(store):
    with pytest.raises(StaleRevisionError) as caught:
        await store.commit(
            commit_of(open_incident("A", group_key="k"), open_incident("B", group_key="k"))
        )
    assert caught.value.stream == "incident/B"
    assert await store.streams() == []


async def test_a_closed_incident_leaves_its_group_key_to_the_next(store):
    first = open_incident("A", group_key="k")
    await store.commit(commit_of(first))
    closed = make_append("incident/A", first.head, is_open=False, state="RESOLVED")
    second = open_incident("A~2", group_key="k")
    await store.commit(commit_of(second, closed))
    assert await latest_by_group(store, "k") == second.head
    with pytest.raises(StaleRevisionError) as caught:
        await store.commit(commit_of(make_append("incident/A", closed.head, is_open=True)))
    assert caught.value.stream == "incident/A"


async def test_a_group_key_can_go_back_to_an_older_incident_in_one_commit(store):
    first = open_incident("A", group_key="k", is_open=False)
    second = open_incident("B", group_key="k")
    await store.commit(commit_of(first, second))
    reopened = make_append("incident/A", first.head, is_open=True)
    closed = make_append("incident/B", second.head, is_open=False)
    await store.commit(commit_of(reopened, closed))
    heads = await store.heads(["incident/A", "incident/B"])
    assert [heads["incident/A"].is_open, heads["incident/B"].is_open] == [True, False]


async def test_incidents_without_a_group_key_may_all_be_open(store):
    await store.commit(
        commit_of(open_incident("A", group_key=None), open_incident("B", group_key=None))
    )
    assert len((await store.list_incidents(IncidentFilter(is_open=True)))[0]) == 2


def _without_records() -> Append:
    return msgspec.structs.replace(open_incident("A"), records=[])


def _with_a_gap() -> Append:
    append = make_append("group/k", count=3)
    return msgspec.structs.replace(append, records=[append.records[0], append.records[2]])


def _of_another_stream() -> Append:
    append = make_append("group/k")
    foreign = make_append("group/other")
    return msgspec.structs.replace(append, records=foreign.records)


def _with_a_broken_link() -> Append:
    append = make_append("group/k", count=2)
    broken = msgspec.structs.replace(append.records[0], hash=bytes(32))
    return msgspec.structs.replace(append, records=[broken, append.records[1]])


def _with_a_false_last_link() -> Append:
    append = make_append("group/k")
    head = msgspec.structs.replace(append.head, hash=bytes(32))
    record = msgspec.structs.replace(append.records[0], hash=bytes(32))
    return msgspec.structs.replace(append, records=[record], head=head)


def _with_another_head() -> Append:
    append = make_append("group/k", count=2)
    return msgspec.structs.replace(append, head=make_append("group/k").head)


@pytest.mark.parametrize(
    "make",
    [
        _without_records,
        _with_a_gap,
        _of_another_stream,
        _with_a_broken_link,
        _with_a_false_last_link,
        _with_another_head,
    ],
)
async def test_an_append_that_contradicts_itself_is_refused(store, make):
    with pytest.raises(MalformedCommitError):
        await store.commit(commit_of(open_incident("B"), make()))
    assert await store.streams() == []


async def test_a_record_that_does_not_chain_to_what_is_stored_is_refused(store):
    first = open_incident("A")
    await store.commit(commit_of(first))
    elsewhere = msgspec.structs.replace(first.head, hash=b"\1" * 32)
    with pytest.raises(MalformedCommitError, match="incident/A: record 2"):
        await store.commit(commit_of(make_append("incident/A", elsewhere)))
    assert await store.heads(["incident/A"]) == {"incident/A": first.head}


async def test_a_record_linked_to_another_hash_than_what_is_stored_is_refused(store):
    first = open_incident("A")
    await store.commit(commit_of(first))
    for previous in (b"\1" * 32, bytes(32), b""):
        after = make_append("incident/A", first.head)
        linked = msgspec.structs.replace(after.records[0], previous=previous)
        with pytest.raises(MalformedCommitError, match="incident/A: record 2"):
            await store.commit(commit_of(msgspec.structs.replace(after, records=[linked])))
    assert await store.heads(["incident/A"]) == {"incident/A": first.head}


async def test_a_record_linked_to_what_is_stored_comes_back_as_it_went_in(store):
    first = open_incident("A")
    await store.commit(commit_of(first))
    after = make_append("incident/A", first.head)
    (record,) = after.records
    linked = type(record).link("incident/A", 2, record.at, record.data, first.head.hash)
    assert linked.hash == record.hash
    await store.commit(commit_of(msgspec.structs.replace(after, records=[linked])))
    (_, stored) = await store.read("incident/A")
    assert msgspec.structs.replace(stored, previous=None) == record


@pytest.mark.parametrize("field", ["incident", "base_id", "origin", "group_key"])
async def test_what_names_an_incident_never_changes(store, field):
    first = open_incident("A")
    await store.commit(commit_of(first))
    with pytest.raises(MalformedCommitError, match="another incident or group"):
        await store.commit(commit_of(make_append("incident/A", first.head, **{field: "other"})))


async def test_one_stream_twice_in_a_commit_is_refused(store):
    first = open_incident("A")
    with pytest.raises(MalformedCommitError, match="incident/A"):
        await store.commit(commit_of(first, make_append("incident/A", first.head)))
    assert await store.streams() == []


LAST_PARTS = {
    "a payload of another digest": {"payloads": {"00" * 32: b"raw"}},
    "an effect with an unknown end": {"effects_ended": {"k": ("finished", None)}},
    "an effect twice": {"outbox": [make_effect("k"), make_effect("k")]},
    "an effect that is known": {"outbox": [make_effect("known")]},
}


@pytest.mark.parametrize("parts", LAST_PARTS.values(), ids=LAST_PARTS)
async def test_a_commit_that_fails_at_its_last_part_writes_nothing(store, parts):
    await store.commit(commit_of(outbox=[make_effect("known")]))
    before = await snapshot(store)
    with pytest.raises(MalformedCommitError):
        await store.commit(
            commit_of(open_incident("A"), timers_set=[TimerRow(1, "incident/A", "t")], **parts)
        )
    assert await snapshot(store) == before
    await store.commit(commit_of(open_incident("A")))


# --- what is stored comes back ----------------------------------------------------------------

TEXTS = {
    "unicode": "Größe 🚨 \N{HEBREW LETTER ALEF}\N{COMBINING ACUTE ACCENT}",
    "NUL": "a\0b",
    "NUL only": "\0",
    "empty": "",
    "quotes": "'; DROP TABLE records; --\"",
    "newlines": "a\r\n\tb\u2028c",
    "last code point": "\U0010ffff",
    "long": "x" * 100_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_any_text_is_a_name_and_comes_back(store, text):
    append = open_incident(f"i{text}", base_id=text, origin=text, group_key=text, state=text)
    effect = make_effect(f"k{text}", hook=text, detail=text, kind="notify")
    timer = TimerRow(1, append.stream, text)
    item = Quarantined(id=text, at=1, source=text, reason=text, data=text.encode())
    await store.commit(commit_of(append, outbox=[effect], timers_set=[timer], quarantined=[item]))
    await store.save_rulebook(text, {text: text}, 1)
    assert await latest_by_id(store, text, text) == append.head
    assert await latest_by_group(store, text) == append.head
    assert (await store.list_incidents(IncidentFilter(state=text)))[0] == [append.head]
    assert await store.read(append.stream) == list(append.records)
    assert await store.list_effects() == [effect]
    assert await store.due_timers(1) == [timer]
    assert await store.quarantined() == [item]
    assert await store.rulebook(text) == {text: text}


async def test_names_that_differ_only_after_a_nul_differ(store):
    await store.commit(
        commit_of(open_incident("a\0b", group_key="k\0b"), open_incident("a\0c", group_key="k\0c"))
    )
    assert (await latest_by_group(store, "k\0b")).incident == "a\0b"
    assert (await latest_by_group(store, "k\0c")).incident == "a\0c"
    assert await latest_by_group(store, "k") is None


async def test_any_bytes_come_back(store):
    data = bytes(range(256)) * 64
    append = open_incident("A", data=data)
    effect = make_effect("k", data=data)
    await store.commit(commit_of(append, outbox=[effect], payloads=payload(data)))
    assert (await store.heads(["incident/A"]))["incident/A"].data == data
    assert await store.list_effects() == [effect]
    assert await store.payload(hashlib.sha256(data).hexdigest()) == data


async def test_a_value_of_many_megabytes_comes_back(store):
    data = bytes(17 * 1024 * 1024)
    await store.commit(commit_of(open_incident("A", data=data), payloads=payload(data)))
    assert (await store.heads(["incident/A"]))["incident/A"].data == data
    assert await store.payload(hashlib.sha256(data).hexdigest()) == data


async def test_a_commit_of_many_streams_is_one_commit(store):
    appends = [open_incident(f"i{n}") for n in range(1200)]
    await store.commit(commit_of(*appends))
    heads = await store.heads([append.stream for append in appends])
    assert list(heads.values()) == [append.head for append in appends]


async def test_a_known_payload_is_left_as_it_is(store):
    await store.commit(commit_of(payloads=payload(b"raw")))
    await store.commit(commit_of(payloads=payload(b"raw")))
    assert await store.payload(hashlib.sha256(b"raw").hexdigest()) == b"raw"
    assert await store.payload(hashlib.sha256(b"other").hexdigest()) is None
    assert await store.payload("no digest") is None


async def test_a_known_rulebook_is_left_as_it_is(store):
    await store.save_rulebook("sha256:1", {"a.yaml": "version: 1\n", "b.yaml": ""}, NOW)
    await store.save_rulebook("sha256:1", {"a.yaml": "other"}, NOW + 1)
    assert await store.rulebook("sha256:1") == {"a.yaml": "version: 1\n", "b.yaml": ""}
    assert await store.rulebook("sha256:2") is None


async def test_what_is_put_aside_is_listed_oldest_first_and_once(store):
    items = [
        Quarantined(id=name, at=NOW - place, source="s", reason="why", data=b"{")
        for place, name in enumerate("cab")
    ]
    await store.commit(commit_of(quarantined=items[:2]))
    again = msgspec.structs.replace(items[0], reason="again")
    await store.commit(commit_of(quarantined=[again, items[2]]))
    assert await store.quarantined() == items


# --- finding incidents ------------------------------------------------------------------------


async def test_the_latest_of_an_id_is_the_one_opened_last(store):
    first = open_incident("A", is_open=False)
    second = open_incident("A~2", origin="other", is_open=False)
    third = open_incident("A~3", is_open=False)
    for append in (first, second, third):
        await store.commit(commit_of(append))
    await store.commit(commit_of(make_append("incident/A", first.head, updated_at=NOW * 2)))
    assert await latest_by_id(store, "A") == third.head
    assert await latest_by_id(store, "A", "other") == second.head
    assert await latest_by_id(store, "A", "nobody") is None
    assert await latest_by_id(store, "A~2") is None


async def test_within_a_commit_incidents_are_opened_in_the_order_of_its_appends(store):
    appends = [open_incident(name, base_id="X", group_key="k", is_open=False) for name in "bac"]
    await store.commit(commit_of(*appends))
    assert (await latest_by_id(store, "X")).incident == "c"
    assert (await latest_by_group(store, "k")).incident == "c"


async def test_the_latest_of_a_group_is_found_open_or_not(store):
    first = open_incident("A", group_key="k")
    await store.commit(commit_of(first))
    assert await latest_by_group(store, "k") == first.head
    closed = make_append("incident/A", first.head, is_open=False)
    await store.commit(commit_of(closed))
    assert await latest_by_group(store, "k") == closed.head
    assert await latest_by_group(store, "other") is None


async def test_one_call_looks_up_everything_that_a_batch_of_decisions_needs(store):
    names = [f"i{number}" for number in range(150)]
    opened = [open_incident(name, origin="am", group_key=f"g-{name}") for name in names]
    await store.commit(commit_of(*opened, make_append("group/k", group_key="k", base_id="A")))
    found = await store.look_up(
        Lookup(
            streams=frozenset({*(append.stream for append in opened), "incident/nothing"}),
            ids=frozenset(
                {*((name, None) for name in names), ("i1", "am"), ("i1", "x"), ("A", None)}
            ),
            groups=frozenset({*(f"g-{name}" for name in names), "k", "nothing"}),
        )
    )
    heads = {name: append.head for name, append in zip(names, opened, strict=True)}
    assert found.heads == {append.stream: append.head for append in opened}
    assert found.by_id == {**{(n, None): heads[n] for n in names}, ("i1", "am"): heads["i1"]}
    assert found.by_group == {f"g-{name}": heads[name] for name in names}
    assert await store.look_up(Lookup()) == Found()


async def test_streams_that_are_no_incident_are_not_found_as_one(store):
    await store.commit(commit_of(make_append("group/k", group_key="k", base_id="A")))
    assert await latest_by_group(store, "k") is None
    assert await latest_by_id(store, "A") is None
    assert await store.list_incidents(IncidentFilter()) == ([], None)


async def _fill(store: JournalStore) -> None:
    for number in range(12):
        await store.commit(
            commit_of(
                open_incident(
                    f"i{number:02}",
                    state="TRIAGE" if number % 2 else "RESOLVED",
                    severity=f"P{number % 3}",
                    is_open=bool(number % 2),
                    needs_attention=number % 4 == 1,
                ),
                make_append(f"group/{number}"),
            )
        )


async def test_incidents_are_listed_latest_first_in_pages_that_hold_each_once(store):
    await _fill(store)
    names, cursor, sizes = [], None, []
    while True:
        page, cursor = await store.list_incidents(IncidentFilter(after=cursor, limit=5))
        names += [head.incident for head in page]
        sizes.append(len(page))
        if cursor is None:
            break
    assert names == [f"i{number:02}" for number in reversed(range(12))]
    assert sizes == [5, 5, 2]


async def test_a_page_that_holds_the_rest_has_no_next(store):
    await _fill(store)
    page, cursor = await store.list_incidents(IncidentFilter(limit=12))
    assert (len(page), cursor) == (12, None)


async def test_incidents_opened_meanwhile_do_not_shift_the_pages(store):
    await _fill(store)
    _, cursor = await store.list_incidents(IncidentFilter(limit=5))
    await store.commit(commit_of(open_incident("new")))
    page, _ = await store.list_incidents(IncidentFilter(after=cursor, limit=5))
    assert [head.incident for head in page] == ["i06", "i05", "i04", "i03", "i02"]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"state": "TRIAGE"}, [11, 9, 7, 5, 3, 1]),
        ({"severity": "P0"}, [9, 6, 3, 0]),
        ({"is_open": True}, [11, 9, 7, 5, 3, 1]),
        ({"is_open": False}, [10, 8, 6, 4, 2, 0]),
        ({"needs_attention": True}, [9, 5, 1]),
        ({"needs_attention": False, "is_open": True}, [11, 7, 3]),
        ({"state": "TRIAGE", "severity": "P2", "is_open": True}, [11, 5]),
        ({"state": "nowhere"}, []),
    ],
)
async def test_a_listing_holds_what_its_filter_wants(store, wanted, numbers):
    await _fill(store)
    page, cursor = await store.list_incidents(IncidentFilter(**wanted))
    assert [head.incident for head in page] == [f"i{number:02}" for number in numbers]
    assert cursor is None
    if numbers:
        first, cursor = await store.list_incidents(IncidentFilter(**wanted, limit=1))
        rest, _ = await store.list_incidents(IncidentFilter(**wanted, after=cursor))
        assert [*first, *(rest if cursor else ())] == page


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 30, "٣"])
async def test_a_cursor_that_is_none_is_refused(store, cursor):
    with pytest.raises(CursorError, match="is not the `next`"):
        await store.list_incidents(IncidentFilter(after=cursor))


# --- timers -----------------------------------------------------------------------------------


async def test_due_timers_come_earliest_first_then_by_stream_and_name(store):
    timers = [
        TimerRow(30, "incident/A", "late"),
        TimerRow(10, "incident/B", "y"),
        TimerRow(10, "incident/B", "x"),
        TimerRow(10, "incident/A", "z"),
        TimerRow(-5, "incident/C", "before 1970"),
    ]
    await store.commit(commit_of(timers_set=timers))
    assert await store.due_timers(29) == sorted(timers)[:4]
    assert await store.due_timers(30) == sorted(timers)
    assert await store.due_timers(30, limit=2) == sorted(timers)[:2]
    assert await store.due_timers(-6) == []
    assert await store.next_timer() == -5


async def test_reading_due_timers_leaves_them(store):
    timer = TimerRow(10, "incident/A", "t")
    await store.commit(commit_of(timers_set=[timer]))
    assert await store.due_timers(10) == await store.due_timers(10) == [timer]


async def test_a_timer_is_moved_and_moved_back(store):
    for due in (10, 50, 10, 20):
        await store.commit(commit_of(timers_set=[TimerRow(due, "incident/A", "t")]))
        assert await store.due_timers(100) == [TimerRow(due, "incident/A", "t")]
        assert await store.next_timer() == due


async def test_a_timer_is_cleared_and_can_be_set_again_in_the_same_commit(store):
    await store.commit(
        commit_of(timers_set=[TimerRow(1, "incident/A", "t"), TimerRow(2, "incident/A", "u")])
    )
    await store.commit(
        commit_of(
            timers_cleared=[TimerRow(1, "incident/A", "t"), TimerRow(2, "incident/A", "u")],
            timers_set=[TimerRow(7, "incident/A", "u")],
        )
    )
    assert await store.due_timers(100) == [TimerRow(7, "incident/A", "u")]
    await store.commit(commit_of(timers_cleared=[TimerRow(7, "incident/A", "u")]))
    assert await store.due_timers(100) == []
    assert await store.next_timer() is None


async def test_a_timer_that_was_moved_or_never_set_is_left_alone_by_a_clearing(store):
    moved = TimerRow(20, "incident/A", "t")
    await store.commit(commit_of(timers_set=[TimerRow(10, "incident/A", "t")]))
    await store.commit(commit_of(timers_set=[moved]))
    cleared = [TimerRow(10, "incident/A", "t"), TimerRow(1, "incident/A", "none")]
    await store.commit(commit_of(timers_cleared=cleared))
    assert await store.due_timers(100) == [moved]


# --- effects ----------------------------------------------------------------------------------


async def test_effects_are_claimed_oldest_first_and_once(store):
    await store.commit(commit_of(outbox=[make_effect("c"), make_effect("a")]))
    await store.commit(commit_of(outbox=[make_effect("b", path="with/another")]))
    first = await store.claim_effects(Claim(now=5, until=10, limit=2))
    assert [(row.key, row.status, row.attempt, row.claimed_until) for row in first] == [
        ("c", EffectStatus.CLAIMED, 1, 10),
        ("a", EffectStatus.CLAIMED, 1, 10),
    ]
    assert [row.key for row in await store.claim_effects(Claim(now=5, until=10))] == ["b"]
    assert await store.claim_effects(Claim(now=5, until=10)) == []
    assert [row.attempt for row in await store.list_effects(EffectStatus.CLAIMED)] == [1, 1, 1]


async def test_two_claimers_never_get_the_same_row(store):
    await store.commit(commit_of(outbox=[make_effect(f"k{n}") for n in range(40)]))
    claims = [store.claim_effects(Claim(now=1, until=2, limit=7)) for _ in range(8)]
    taken = [row.key for rows in await asyncio.gather(*claims) for row in rows]
    assert sorted(taken) == sorted(f"k{n}" for n in range(40))


async def test_an_effect_waits_for_its_time(store):
    await store.commit(commit_of(outbox=[make_effect("k", not_before=100)]))
    assert await store.claim_effects(Claim(now=99, until=200)) == []
    assert len(await store.claim_effects(Claim(now=100, until=200))) == 1


async def test_a_claim_expires_only_after_its_time(store):
    await store.commit(commit_of(outbox=[make_effect("b"), make_effect("a")]))
    rows = await store.claim_effects(Claim(now=1, until=10))
    assert await store.expired_claims(10) == []
    assert await store.expired_claims(11) == rows


async def test_a_released_effect_keeps_its_place_and_counts_its_attempts(store):
    await store.commit(commit_of(outbox=[make_effect("a"), make_effect("b")]))
    await store.claim_effects(Claim(now=1, until=10, limit=1))
    await store.release_effect("a", not_before=20, detail="refused")
    (waiting,) = [row for row in await store.list_effects("pending") if row.key == "a"]
    assert (waiting.not_before, waiting.detail, waiting.claimed_until) == (20, "refused", 0)
    assert [row.key for row in await store.claim_effects(Claim(now=19, until=30, limit=1))] == ["b"]
    (again,) = await store.claim_effects(Claim(now=20, until=30))
    assert (again.key, again.attempt) == ("a", 2)


async def test_only_a_claimed_effect_is_released(store):
    await store.commit(commit_of(outbox=[make_effect("a")]))
    before = await store.list_effects()
    await store.release_effect("a", not_before=99, detail="x")
    await store.release_effect("unknown", not_before=99, detail="x")
    assert await store.list_effects() == before


async def test_a_claimer_taken_for_dead_does_not_release_the_claim_of_the_next(store):
    await store.commit(commit_of(outbox=[make_effect("a")]))
    await store.claim_effects(Claim(now=1, until=2))
    await store.release_effect("a", not_before=0, detail=None, attempt=1)
    (claimed,) = await store.claim_effects(Claim(now=3, until=9))
    await store.release_effect("a", not_before=0, detail="late", attempt=1)
    assert await store.list_effects() == [claimed]


async def test_a_doubt_is_kept_whatever_comes_of_later_attempts(store):
    await store.commit(commit_of(outbox=[make_effect("a")]))
    await store.claim_effects(Claim(now=1, until=9))
    await store.release_effect("a", not_before=2, detail="cut off", in_doubt=True)
    (again,) = await store.claim_effects(Claim(now=3, until=9))
    assert again.in_doubt
    await store.release_effect("a", not_before=4, detail="503")
    assert (await store.effect("a")).in_doubt


async def test_what_is_in_doubt_is_not_cancelled_but_found_as_a_claim_that_ran_out(store):
    await store.commit(commit_of(outbox=[make_effect(name) for name in "abc"]))
    await store.claim_effects(Claim(now=1, until=9))
    await store.release_effect("a", not_before=50, detail="cut off", in_doubt=True)
    await store.release_effect("b", not_before=50, detail="503")
    ended = dict.fromkeys("ab", (EffectStatus.CANCELLED, "left"))
    await store.commit(commit_of(effects_ended={**ended, "c": (EffectStatus.DROPPED, "left")}))
    found = {row.key: (row.status, row.detail) for row in await store.list_effects()}
    assert found["a"] == (EffectStatus.CLAIMED, "cut off")
    assert found["b"] == (EffectStatus.CANCELLED, "left")
    assert [row.key for row in await store.expired_claims(2)] == ["a"]
    assert await store.claim_effects(Claim(now=60, until=90)) == []


async def test_a_renewed_claim_holds_longer_and_never_shorter(store):
    await store.commit(commit_of(outbox=[make_effect(name) for name in "abc"]))
    await store.claim_effects(Claim(now=1, until=10))
    await store.renew_claims({"a": 1, "b": 2, "unknown": 1}, 20)
    await store.renew_claims({"a": 1, "c": 1}, 5)
    held = {row.key: row.claimed_until for row in await store.list_effects()}
    assert held == {"a": 20, "b": 10, "c": 10}


async def test_what_is_not_claimed_is_not_held(store):
    await store.commit(commit_of(outbox=[make_effect("a")]))
    before = await store.list_effects()
    await store.renew_claims({"a": 0}, 20)
    assert await store.list_effects() == before


@pytest.mark.parametrize("status", ["done", "dead"])
async def test_an_ended_effect_is_not_claimed_again(store, status):
    await store.commit(commit_of(outbox=[make_effect("a"), make_effect("b")]))
    await store.claim_effects(Claim(now=1, until=2, limit=1))
    await store.commit(commit_of(effects_ended={"a": (status, "said"), "unknown": (status, None)}))
    (ended,) = await store.list_effects(status)
    assert (ended.key, ended.detail, ended.claimed_until) == ("a", "said", 0)
    assert await store.expired_claims(1 << 60) == []
    assert [row.key for row in await store.claim_effects(Claim(now=9, until=9))] == ["b"]


async def test_cancelling_ends_what_is_pending_and_leaves_what_is_on_its_way(store):
    await store.commit(commit_of(outbox=[make_effect("sent"), make_effect("waiting")]))
    await store.claim_effects(Claim(now=1, until=2, limit=1))
    cancelled = dict.fromkeys(("sent", "waiting"), ("cancelled", "left the state"))
    await store.commit(commit_of(effects_ended=cancelled))
    statuses = {row.key: row.status for row in await store.list_effects()}
    assert statuses == {"sent": "claimed", "waiting": "cancelled"}


async def test_an_effect_can_end_in_the_commit_that_asks_for_it(store):
    await store.commit(
        commit_of(outbox=[make_effect("a")], effects_ended={"a": ("cancelled", None)})
    )
    assert await store.claim_effects(Claim(now=1, until=2)) == []
    assert [row.status for row in await store.list_effects()] == ["cancelled"]


def _override(mode: Automation, until: int | None = None) -> Override:
    return Override(mode=mode, until=until, by="ada", reason="test")


OFF, OBSERVE, ASK, AUTO = Automation
MESSAGES = ["notify", "ticket"]
LADDERS = {
    "nothing set": (AUTO, None, ["asked", "free", "other"]),
    "the daemon at off": (OFF, None, []),
    "the daemon at observe": (OBSERVE, None, []),
    "the daemon at ask": (ASK, None, ["asked"]),
    "all hooks off": (AUTO, {"*": _override(OFF)}, []),
    "all hooks at ask": (AUTO, {"*": _override(ASK)}, ["asked"]),
    "one hook off": (AUTO, {"restart": _override(OFF)}, ["other"]),
    "one hook at ask": (AUTO, {"restart": _override(ASK)}, ["asked", "other"]),
    "one hook may not rise above all": (AUTO, {"*": _override(OFF), "other": _override(AUTO)}, []),
    "nor above the daemon": (ASK, {"*": _override(AUTO)}, ["asked"]),
    "off until now is over": (AUTO, {"*": _override(OFF, 100)}, ["asked", "free", "other"]),
    "off until later holds": (AUTO, {"*": _override(OFF, 101)}, []),
    "one of two is over": (
        AUTO,
        {"*": _override(OFF, 99), "restart": _override(ASK, 101)},
        ["asked", "other"],
    ),
}


@pytest.mark.parametrize(("daemon", "overrides", "hooks"), LADDERS.values(), ids=LADDERS)
async def test_hooks_are_claimed_as_the_automation_ladder_lets_them(
    store, daemon, overrides, hooks
):
    if overrides is not None:
        await store.commit(commit_of(set_control(Control(revision=1, overrides=overrides))))
    await store.commit(
        commit_of(
            outbox=[
                make_effect("asked", approved=True),
                make_effect("free"),
                make_effect("other", hook="other"),
                make_effect("notify", kind="notify", hook=None),
                make_effect("ticket", kind="ticket", hook=None),
            ]
        )
    )
    rows = await store.claim_effects(Claim(now=100, until=200, automation=daemon))
    assert [row.key for row in rows] == hooks + MESSAGES


async def test_what_the_ladder_holds_back_takes_no_place_from_the_others(store):
    await store.commit(commit_of(outbox=[make_effect(f"k{n}") for n in range(50)]))
    await store.commit(commit_of(outbox=[make_effect("page", kind="notify", hook=None)]))
    rows = await store.claim_effects(Claim(now=1, until=2, automation=OFF, limit=1))
    assert [row.key for row in rows] == ["page"]
    assert len(await store.claim_effects(Claim(now=1, until=2, limit=99))) == 50


async def test_the_ladder_is_obeyed_from_the_commit_that_sets_it(store):
    off = set_control(Control(revision=1, overrides={"*": _override(OFF)}))
    await store.commit(commit_of(off, outbox=[make_effect("k")]))
    assert await store.claim_effects(Claim(now=1, until=2)) == []
    auto = Control(revision=2, overrides={"*": _override(AUTO)})
    await store.commit(commit_of(set_control(auto, off.head)))
    assert len(await store.claim_effects(Claim(now=1, until=2))) == 1
    assert (await store.heads([CONTROL_STREAM]))[CONTROL_STREAM].revision == 2


# --- opening and closing ----------------------------------------------------------------------


async def test_a_reopened_store_holds_what_it_held(store):
    await store.commit(
        commit_of(
            open_incident("A"),
            timers_set=[TimerRow(1, "incident/A", "t")],
            outbox=[make_effect("k"), make_effect("l")],
            payloads=payload(b"raw"),
            quarantined=[Quarantined(id="q", at=1, source="s", reason="r", data=b"x")],
        )
    )
    await store.claim_effects(Claim(now=1, until=2, limit=1))
    before = await snapshot(store)
    await store.close()
    await store.open()
    assert await snapshot(store) == before


async def test_a_closed_store_says_so(store):
    await store.close()
    await store.close()
    calls = [
        store.commit(Commit()),
        store.heads(["x"]),
        store.look_up(Lookup(groups=frozenset({"x"}))),
        store.read("x"),
        store.claim_effects(Claim(now=1, until=2)),
        store.next_timer(),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailableError, match="not open"):
            await call


async def test_opening_an_open_store_changes_nothing(store):
    await store.commit(commit_of(open_incident("A")))
    await store.open()
    assert await store.streams() == ["incident/A"]


async def test_commits_and_reads_may_run_at_the_same_time(store):
    async def write(name: str) -> None:
        append = open_incident(name)
        await store.commit(commit_of(append))
        for _ in range(5):
            append = make_append(append.stream, append.head)
            await store.commit(commit_of(append))
            assert (await store.heads([append.stream]))[append.stream] == append.head
            assert len(await store.read(append.stream)) == append.head.revision

    await asyncio.gather(*(write(f"i{number}") for number in range(10)))
    assert len(await store.streams()) == 10
