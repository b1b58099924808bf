"""Rows of PostgreSQL and the values they stand for.

Texts are stored as UTF-8 bytes (`sql/postgres/migrations`). Every row but a record's carries a
checksum of its other fields; one that does not fit raises StoreDamagedError. Never runs a
statement.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from interlock.interpreter.journal.outbox import OutboxRow
from interlock.interpreter.journal.store import (
    Head,
    Quarantined,
    StoreDamagedError,
    StoredRecord,
    TimerRow,
)
from interlock.interpreter.journal.stored import Row, check_sum, checksum, damaged_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_IDENTITY_START, _IDENTITY_END = 3, 7
"""The columns of a head that no later commit changes, besides the first."""

_IMMUTABLE = 12
"""How many columns of an outbox row never change."""


def pack(text: str) -> bytes:
    """Return a text as it is stored; raises UnicodeEncodeError for a lone surrogate."""
    return text.encode()


def pack_optional(text: str | None) -> bytes | None:
    """Return a text as it is stored, None as NULL."""
    return None if text is None else text.encode()


def unpack(data: bytes) -> str:
    """Return a stored text; raises StoreDamagedError."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise StoreDamagedError(f"a text in the store is none ({error})") from error


def unpack_optional(data: bytes | None) -> str | None:
    """Return a stored text, NULL as None."""
    return None if data is None else unpack(data)


def name_digest(text: str) -> bytes:
    """Return what a name is found by."""
    return hashlib.sha256(text.encode()).digest()


def columns(rows: Iterable[Row]) -> Iterable[Sequence[Any]]:
    """Turn rows into one array for each of their columns, as `unnest` takes them."""
    return zip(*rows, strict=True)


def head_row(head: Head) -> Row:
    """Return the columns of `open_heads`."""
    fields = (
        pack(head.stream),
        head.revision,
        head.hash,
        pack_optional(head.incident),
        pack_optional(head.base_id),
        pack_optional(head.origin),
        pack_optional(head.group_key),
        pack_optional(head.state),
        pack_optional(head.severity),
        head.is_open,
        head.needs_attention,
        head.created_at,
        head.updated_at,
    )
    return (*fields, head.data, checksum(fields, head.data))


def advance_row(head: Head, expected: int) -> Row:
    """Return the columns of `advance_heads` for a head that is now at revision `expected`."""
    row = head_row(head)
    return (*row[1:_IDENTITY_START], *row[_IDENTITY_END:], name_digest(head.stream), expected)


def read_head(row: Iterable[Any]) -> Head:
    """Return the head of a row; raises StoreDamagedError."""
    fields = tuple(row)[:15]
    stream = unpack(fields[0])
    check_sum(fields[:13], fields[14], f"the head of {stream}", fields[13])
    return Head(
        stream=stream,
        revision=fields[1],
        hash=fields[2],
        incident=unpack_optional(fields[3]),
        base_id=unpack_optional(fields[4]),
        origin=unpack_optional(fields[5]),
        group_key=unpack_optional(fields[6]),
        state=unpack_optional(fields[7]),
        severity=unpack_optional(fields[8]),
        is_open=fields[9],
        needs_attention=fields[10],
        created_at=fields[11],
        updated_at=fields[12],
        data=fields[13],
    )


def record_row(record: StoredRecord, place: int) -> Row:
    """Return the columns of `append_records` for the stream `place`."""
    found = checksum((record.stream, record.revision, record.at, record.hash))
    return place, record.revision, record.at, record.hash, found, record.data


def read_record(stream: str, row: Iterable[Any]) -> StoredRecord:
    """Return the record of a row, its `data` unchecked; raises StoreDamagedError."""
    revision, at, hash_, found, data = row
    if checksum((stream, revision, at, hash_)) != found:
        raise damaged_record(stream, revision, "is not what was written")
    return StoredRecord(stream=stream, revision=revision, at=at, data=data, hash=hash_)


def timer_row(timer: TimerRow) -> Row:
    """Return the columns of `set_timers`; the first three are those of `clear_timers`."""
    fields = (pack(timer.stream), pack(timer.name), timer.due)
    return (*fields, checksum(fields))


def read_timer(row: Iterable[Any]) -> TimerRow:
    """Return the timer of a row; raises StoreDamagedError."""
    due, stream, name, found = row
    timer = TimerRow(due=due, stream=unpack(stream), name=unpack(name))
    check_sum((stream, name, due), found, f"the timer {timer.name} of {timer.stream}")
    return timer


def effect_row(effect: OutboxRow) -> Row:
    """Return the columns of `add_effects`."""
    fields = (
        pack(effect.key),
        pack(effect.stream),
        effect.revision,
        pack(effect.path),
        pack(effect.kind),
        pack_optional(effect.hook),
        pack(effect.target),
        pack_optional(effect.team),
        pack(effect.automation),
        effect.approved,
        effect.created_at,
        effect.data,
    )
    return (
        *fields,
        checksum(fields),
        effect.status,
        effect.attempt,
        effect.not_before,
        effect.claimed_until,
        effect.started_at,
        effect.released,
        effect.in_doubt,
        pack_optional(effect.detail),
    )


def read_effect(row: Iterable[Any]) -> OutboxRow:
    """Return the effect of a row; raises StoreDamagedError."""
    fields = tuple(row)
    key = unpack(fields[0])
    check_sum(fields[:_IMMUTABLE], fields[_IMMUTABLE], f"the effect {key}")
    return OutboxRow(
        key=key,
        stream=unpack(fields[1]),
        revision=fields[2],
        path=unpack(fields[3]),
        kind=unpack(fields[4]),
        hook=unpack_optional(fields[5]),
        target=unpack(fields[6]),
        team=unpack_optional(fields[7]),
        automation=unpack(fields[8]),
        approved=fields[9],
        created_at=fields[10],
        data=fields[11],
        status=fields[13],
        attempt=fields[14],
        not_before=fields[15],
        claimed_until=fields[16],
        started_at=fields[17],
        released=fields[18],
        in_doubt=fields[19],
        detail=unpack_optional(fields[20]),
    )


def quarantine_row(item: Quarantined) -> Row:
    """Return the columns of `quarantine`."""
    fields = (pack(item.id), item.at, pack(item.source), pack(item.reason), item.data)
    return (*fields, checksum(fields))


def read_quarantined(row: Iterable[Any]) -> Quarantined:
    """Return what was put aside, of a row; raises StoreDamagedError."""
    id_, at, source, reason, data, found = row
    check_sum((id_, at, source, reason, data), found, f"the quarantined input {unpack(id_)}")
    return Quarantined(
        id=unpack(id_), at=at, source=unpack(source), reason=unpack(reason), data=data
    )


def rulebook_row(digest: str, at: int, sources: bytes) -> Row:
    """Return the columns of `keep_rulebook`."""
    fields = (pack(digest), at, sources)
    return (*fields, checksum(fields))


def read_rulebook(row: Iterable[Any]) -> bytes:
    """Return the sources of a row; raises StoreDamagedError."""
    digest, at, sources, found = row
    check_sum((digest, at, sources), found, f"the rulebook {unpack(digest)}")
    kept: bytes = sources
    return kept
