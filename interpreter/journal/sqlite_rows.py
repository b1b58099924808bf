"""Rows of SQLite and the values they stand for.

Every row but a record's carries a checksum of its other fields; one that does not fit raises
StoreDamagedError, so that a flipped bit is never taken for a state. Never runs a statement.
"""

from __future__ import annotations

from interlock.interpreter.journal.outbox import OutboxRow
from interlock.interpreter.journal.store import Head, Quarantined, StoredRecord, TimerRow
from interlock.interpreter.journal.stored import Row, check_sum, checksum, damaged_record

_MUTABLE = 13
"""Where the columns of an outbox row begin that change while the effect is carried out."""


def head_row(head: Head, opened: int) -> Row:
    """Return the columns of `open_head`; `opened` is the stream's place among all."""
    fields = _head_fields(head, opened)
    return (*fields, head.data, checksum(fields, head.data))


def _head_fields(head: Head, opened: int) -> Row:
    return (
        opened,
        head.stream,
        head.revision,
        head.hash,
        head.incident,
        head.base_id,
        head.origin,
        head.group_key,
        head.state,
        head.severity,
        int(head.is_open),
        int(head.needs_attention),
        head.created_at,
        head.updated_at,
    )


def advance_row(head: Head, opened: int, before: int) -> Row:
    """Return the columns of `advance_head` for the row `opened` at the revision `before`."""
    return (
        opened,
        before,
        head.revision,
        head.hash,
        head.state,
        head.severity,
        head.created_at,
        head.updated_at,
        head.data,
        checksum(_head_fields(head, opened), head.data),
    )


def turn_row(head: Head, opened: int, before: int) -> Row:
    """Return the columns of `turn_head`, for a head whose flags change."""
    return (*advance_row(head, opened, before), int(head.is_open), int(head.needs_attention))


def read_head(row: Row) -> Head:
    """Return the head of a row; raises StoreDamagedError."""
    check_sum(row[:-2], row[-1], f"the head of {row[1]}", row[-2])
    return Head(
        stream=row[1],
        revision=row[2],
        hash=row[3],
        incident=row[4],
        base_id=row[5],
        origin=row[6],
        group_key=row[7],
        state=row[8],
        severity=row[9],
        is_open=bool(row[10]),
        needs_attention=bool(row[11]),
        created_at=row[12],
        updated_at=row[13],
        data=row[14],
    )


def record_row(record: StoredRecord) -> Row:
    """Return the columns of `append_record`."""
    fields = (record.stream, record.revision, record.at, record.hash)
    return (*fields, checksum(fields), record.data)


def read_record(row: Row) -> StoredRecord:
    """Return the record of a row, its `data` unchecked; raises StoreDamagedError."""
    *fields, found, data = row
    stream, revision, at, hash_ = fields
    if checksum(tuple(fields)) != found:
        raise damaged_record(stream, revision, "is not what was written")
    return StoredRecord(stream=stream, revision=revision, at=at, data=data, hash=hash_)


def timer_row(timer: TimerRow) -> Row:
    """Return the columns of `set_timer`."""
    return timer.stream, timer.name, timer.due, checksum((timer.due, timer.stream, timer.name))


def read_timer(row: Row) -> TimerRow:
    """Return the timer of a row; raises StoreDamagedError."""
    due, stream, name, found = row
    check_sum((due, stream, name), found, f"the timer {name} of {stream}")
    return TimerRow(due=due, stream=stream, name=name)


def effect_row(effect: OutboxRow) -> Row:
    """Return the columns of `add_effect`."""
    fields = (
        effect.key,
        effect.stream,
        effect.revision,
        effect.path,
        effect.kind,
        effect.hook,
        effect.target,
        effect.team,
        effect.automation,
        int(effect.approved),
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
        int(effect.released),
        int(effect.in_doubt),
        effect.detail,
    )


def read_effect(row: Row) -> OutboxRow:
    """Return the effect of a row; raises StoreDamagedError."""
    check_sum(row[: _MUTABLE - 1], row[_MUTABLE - 1], f"the effect {row[0]}")
    return OutboxRow(
        key=row[0],
        stream=row[1],
        revision=row[2],
        path=row[3],
        kind=row[4],
        hook=row[5],
        target=row[6],
        team=row[7],
        automation=row[8],
        approved=bool(row[9]),
        created_at=row[10],
        data=row[11],
        status=row[13],
        attempt=row[14],
        not_before=row[15],
        claimed_until=row[16],
        started_at=row[17],
        released=bool(row[18]),
        in_doubt=bool(row[19]),
        detail=row[20],
    )


def quarantine_row(item: Quarantined) -> Row:
    """Return the columns of `quarantine`."""
    fields = (item.id, item.at, item.source, item.reason, item.data)
    return (*fields, checksum(fields))


def read_quarantined(row: Row) -> Quarantined:
    """Return what was put aside, of a row; raises StoreDamagedError."""
    *fields, found = row
    check_sum(tuple(fields), found, f"the quarantined input {fields[0]}")
    id_, at, source, reason, data = fields
    return Quarantined(id=id_, at=at, source=source, reason=reason, data=data)


def rulebook_row(digest: str, at: int, sources: bytes) -> Row:
    """Return the columns of `keep_rulebook`."""
    fields = (digest, at, sources)
    return (*fields, checksum(fields))


def read_rulebook(row: Row) -> bytes:
    """Return the sources of a row; raises StoreDamagedError."""
    *fields, found = row
    check_sum(tuple(fields), found, f"the rulebook {fields[0]}")
    sources: bytes = fields[2]
    return sources
