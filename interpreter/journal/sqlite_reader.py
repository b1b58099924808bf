"""What the read-only connections answer, checked as it is read.

Each function is one query or one snapshot. What does not fit its chain or its checksum raises
StoreDamagedError. Never writes.
"""

from __future__ import annotations

import sqlite3
from itertools import islice
from typing import TYPE_CHECKING

from interlock.interpreter.journal.listing import parse_cursor
from interlock.interpreter.journal.lookup import Found
from interlock.interpreter.journal.sqlite_rows import (
    read_effect,
    read_head,
    read_quarantined,
    read_record,
    read_rulebook,
    read_timer,
)
from interlock.interpreter.journal.statements import load_statements, repeat_row
from interlock.interpreter.journal.stored import (
    check_chain,
    check_end,
    check_erased,
    check_payload,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.lookup import Lookup
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.store import (
        Head,
        IncidentFilter,
        Quarantined,
        StoredRecord,
        TimerRow,
    )
    from interlock.interpreter.journal.stored import Row

_SQL = load_statements("sqlite", "read")
_AT_ONCE = 64


def check_integrity(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with the file: pages, indexes, constraints."""
    try:
        found = [text for (text,) in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def read_stream_head(connection: sqlite3.Connection, stream: str) -> Head | None:
    """Return the head of a stream."""
    return read_heads(connection, (stream,)).get(stream)


def read_heads(connection: sqlite3.Connection, streams: Collection[str]) -> dict[str, Head]:
    """Return the heads of those streams that exist."""
    rows = _for_each(connection, "heads", [(stream,) for stream in streams])
    found = {head.stream: head for head in map(read_head, rows)}
    return {stream: found[stream] for stream in streams if stream in found}


def look_up(connection: sqlite3.Connection, wanted: Lookup) -> Found:
    """Return what there is of what is wanted."""
    ids = (
        (read_head(row[:-1]), row[-1]) for row in _for_each(connection, "latest_by_id", wanted.ids)
    )
    groups = map(read_head, _for_each(connection, "latest_by_group", [(k,) for k in wanted.groups]))
    return Found(
        heads=read_heads(connection, wanted.streams),
        by_id={(head.base_id or "", origin): head for head, origin in ids},
        by_group={head.group_key or "": head for head in groups},
    )


def _for_each(connection: sqlite3.Connection, name: str, wanted: Iterable[Row]) -> list[Row]:
    """Return the rows that a statement finds for any of the rows of values it is given."""
    found: list[Row] = []
    rows = iter(wanted)
    while given := tuple(islice(rows, _AT_ONCE)):
        # Few distinct statements, so that they stay prepared; NULL is nobody's name.
        width = 1 if len(given) == 1 else _AT_ONCE
        values = [value for row in given for value in row]
        values += [None] * (len(given[0]) * (width - len(given)))
        found += connection.execute(repeat_row(_SQL[name], width), values).fetchall()
    return found


def list_incidents(
    connection: sqlite3.Connection, wanted: IncidentFilter
) -> tuple[list[Head], str | None]:
    """Return a page of incident heads and the cursor of the next."""
    given = {
        text: value
        for text, value in (
            ("opened <= ?", parse_cursor(wanted.after)),
            ("state = ?", wanted.state),
            ("severity = ?", wanted.severity),
        )
        if value is not None
    }
    flags = [
        # spelled out, because a partial index is not used for a bound value
        f"{name} = {int(value)}"
        for name, value in (
            ("is_open", wanted.is_open),
            ("needs_attention", wanted.needs_attention),
        )
        if value is not None
    ]
    query = " AND ".join((_SQL["incidents"], *given, *flags)) + " ORDER BY opened DESC LIMIT ?"
    rows = connection.execute(query, (*given.values(), wanted.limit + 1)).fetchall()
    following = str(rows[wanted.limit][0]) if len(rows) > wanted.limit else None
    return [read_head(row) for row in rows[: wanted.limit]], following


def read_records(
    connection: sqlite3.Connection, stream: str, after: int, limit: int
) -> list[StoredRecord]:
    """Return records above a revision; raises StoreDamagedError at the first that does not fit."""
    after = max(after, 0)
    connection.execute("BEGIN")
    head = read_stream_head(connection, stream)
    erased = connection.execute(_SQL["last_erased"], (stream,)).fetchone()[0]
    after = max(after, erased)
    wanted = {"stream": stream, "revision": after}
    before = connection.execute(_SQL["record_hash"], wanted).fetchone()
    rows = connection.execute(_SQL["records"], (stream, after, limit)).fetchall()
    connection.execute("COMMIT")
    records = [read_record(row) for row in rows]
    if records and after == erased > 0:
        check_erased(records[0])
    if records:
        check_chain(records, after, before and before[0])
    if len(records) < limit:
        check_end(stream, after, records, None if head is None else (head.revision, head.hash))
    return records


def read_streams(connection: sqlite3.Connection) -> list[str]:
    """Name every stream, in the order of their opening."""
    return [stream for (stream,) in connection.execute(_SQL["streams"])]


def read_due_timers(connection: sqlite3.Connection, now: Instant, limit: int) -> list[TimerRow]:
    """Return timers whose deadline is not after `now`, earliest first."""
    return [read_timer(row) for row in connection.execute(_SQL["due_timers"], (now, limit))]


def read_next_timer(connection: sqlite3.Connection) -> Instant | None:
    """Return the earliest deadline."""
    earliest: Instant | None = connection.execute(_SQL["next_timer"]).fetchone()[0]
    return earliest


def read_expired_claims(connection: sqlite3.Connection, now: Instant) -> list[OutboxRow]:
    """Return claimed effects whose claim ended before `now`."""
    return [read_effect(row) for row in connection.execute(_SQL["expired_claims"], (now,))]


def read_effects_at(connection: sqlite3.Connection, places: Sequence[int]) -> list[OutboxRow]:
    """Return the outbox rows at places, oldest first."""
    rows = _for_each(connection, "effects_at", [(place,) for place in places])
    return [read_effect(row) for row in rows]


def read_effect_of(connection: sqlite3.Connection, key: str) -> OutboxRow | None:
    """Return the outbox row of a key."""
    row = connection.execute(_SQL["effect"], (key,)).fetchone()
    return None if row is None else read_effect(row)


def read_effects(connection: sqlite3.Connection, status: str | None) -> list[OutboxRow]:
    """Return outbox rows of a status (None: of any), oldest first."""
    return [read_effect(row) for row in connection.execute(_SQL["effects"], {"status": status})]


def read_payload(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """Return a raw payload by its SHA-256 (hex)."""
    try:
        name = bytes.fromhex(digest)
    except ValueError:
        return None
    row = connection.execute(_SQL["payload"], (name,)).fetchone()
    return None if row is None or row[0] is None else check_payload(digest, row[0])


def read_old_payloads(connection: sqlite3.Connection, before: Instant, limit: int) -> list[str]:
    """Return payloads that came first before an instant and were not erased."""
    return [row[0].hex() for row in connection.execute(_SQL["old_payloads"], (before, limit))]


def read_sources(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """Return a rulebook's sources as they were kept."""
    row = connection.execute(_SQL["rulebook"], (digest,)).fetchone()
    return None if row is None else read_rulebook(row)


def read_quarantine(connection: sqlite3.Connection) -> list[Quarantined]:
    """Return what was put aside, oldest first."""
    return [read_quarantined(row) for row in connection.execute(_SQL["quarantined"])]
