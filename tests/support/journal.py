"""Builds commits for tests, and checks that what a test wrote is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core.canonical import GENESIS, chain, encode
from interlock.interpreter.core.change import Noted
from interlock.interpreter.core.control import CONTROL_STREAM, Control
from interlock.interpreter.core.event import Event, EventInput, Facts, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.core.record import Record
from interlock.interpreter.journal.outbox import OutboxRow
from interlock.interpreter.journal.store import Append, Commit, Head, StoredRecord
from interlock.interpreter.journal.verify import verify_journal, verify_waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.change import Change
    from interlock.interpreter.journal.store import JournalStore

NOW = 1_700_000_000_000_000_000


def make_record(
    stream: str, revision: int, note: str = "noted", changes: Sequence[Change] | None = None
) -> Record:
    return Record(
        stream=stream,
        revision=revision,
        at=NOW + revision,
        actor="source:test",
        input=EventInput(Event(type="alert.triggered", origin=Origin.ALERT, title=note)),
        facts=Facts(),
        disposition="applied",
        changes=tuple(changes) if changes is not None else (Noted(reason=note),),
    )


def store_record(record: Record, previous: bytes) -> StoredRecord:
    data = encode(record)
    return StoredRecord(record.stream, record.revision, record.at, data, chain(previous, data))


def make_append(
    stream: str,
    before: Head | None = None,
    *,
    count: int = 1,
    note: str = "noted",
    data: bytes | None = None,
    **fields: Any,
) -> Append:
    """An append of `count` records after the head `before`, which gives the other fields."""
    expected = before.revision if before else 0
    previous = before.hash if before else GENESIS
    records = []
    for revision in range(expected + 1, expected + count + 1):
        records.append(store_record(make_record(stream, revision, note), previous))
        previous = records[-1].hash
    fresh = {
        "revision": expected + count,
        "hash": previous,
        "data": data if data is not None else b'{"revision":%d}' % (expected + count),
    }
    head = replace(before, **fresh, **fields) if before else Head(stream=stream, **fresh, **fields)
    return Append(stream, expected, records, head)


def open_incident(incident: str, **fields: Any) -> Append:
    """The opening of an incident; open, in `DETECTED`, P1, unless told otherwise."""
    base_id = incident.partition("~")[0]
    given = {
        "incident": incident,
        "base_id": base_id,
        "origin": "ingest",
        "state": "DETECTED",
        "severity": "P1",
        "is_open": True,
        "group_key": f"key of {incident}",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return make_append(incident_stream(incident), **(given | fields))


def set_control(control: Control, before: Head | None = None) -> Append:
    return make_append(CONTROL_STREAM, before, data=encode(control))


def make_effect(key: str, **fields: Any) -> OutboxRow:
    given = {
        "stream": "incident/A",
        "revision": 1,
        "path": f"0/{key}",
        "kind": "hook",
        "hook": "restart",
        "data": b'{"key":"%s"}' % key.encode(),
        "created_at": NOW,
    }
    return OutboxRow(key=key, **(given | fields))


def commit_of(*appends: Append, **parts: Any) -> Commit:
    return Commit(appends=appends, **parts)


async def assert_journal_is_sound(store: JournalStore) -> None:
    """Check all that the engine writes: chains, heads against their records, what waits."""
    assert (await verify_journal(store)).flaws == ()
    assert (await verify_waiting(store)).flaws == ()


async def assert_chains_are_sound(store: JournalStore) -> None:
    """Check the chains alone, for tests whose heads are no fold of their records."""
    assert (await verify_journal(store, folds={})).flaws == ()
