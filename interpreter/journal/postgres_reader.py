"""What a connection to PostgreSQL answers, checked as it is read.

Each function but `look_up` is one statement, and so one snapshot. What does not fit its chain or
its checksum raises StoreDamagedError. Never writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.journal.listing import parse_cursor
from interlock.interpreter.journal.lookup import Found
from interlock.interpreter.journal.postgres_rows import (
    name_digest,
    pack,
    pack_optional,
    read_effect,
    read_head,
    read_quarantined,
    read_record,
    read_rulebook,
    read_timer,
    unpack,
    unpack_optional,
)
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.stored import (
    check_chain,
    check_end,
    check_erased,
    check_payload,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.lookup import IdOfOrigin, Lookup
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.postgres_pool import Connection
    from interlock.interpreter.journal.store import (
        Head,
        IncidentFilter,
        Quarantined,
        StoredRecord,
        TimerRow,
    )

_SQL = load_statements("postgres", "read")
_SEAL_SQL = load_statements("postgres", "seal")


async def check_integrity(connection: Connection) -> list[str]:
    """Return what the server knows to be wrong, and records whose stream is gone."""
    found = [
        f"page checksums failed {row[0]} times; see the server's log"
        for row in await connection.fetch(_SQL["checksum_failures"])
    ]
    found += [
        f"the index {row[0]} is invalid; REINDEX it"
        for row in await connection.fetch(_SQL["invalid_indexes"])
    ]
    found += [
        f"there are records of a stream that has no head (place {row[0]})"
        for row in await connection.fetch(_SQL["lost_streams"])
    ]
    return found


async def read_heads(connection: Connection, streams: Sequence[str]) -> dict[str, Head]:
    """Return the heads of those streams that exist."""
    rows = await connection.fetch(_SQL["heads"], [name_digest(stream) for stream in streams])
    found = {head.stream: head for head in map(read_head, rows)}
    return {stream: found[stream] for stream in streams if stream in found}


async def look_up(connection: Connection, wanted: Lookup) -> Found:
    """Return what there is of what is wanted."""
    return Found(
        heads=await read_heads(connection, tuple(wanted.streams)) if wanted.streams else {},
        by_id=await _read_latest_by_id(connection, wanted.ids) if wanted.ids else {},
        by_group=await _read_latest_by_group(connection, wanted.groups) if wanted.groups else {},
    )


async def _read_latest_by_id(
    connection: Connection, pairs: Collection[IdOfOrigin]
) -> dict[IdOfOrigin, Head]:
    rows = await connection.fetch(
        _SQL["latest_by_id"],
        [name_digest(base_id) for base_id, _ in pairs],
        [pack_optional(origin) for _, origin in pairs],
    )
    heads = ((read_head(row), unpack_optional(row["wanted_origin"])) for row in rows)
    return {(head.base_id or "", origin): head for head, origin in heads}


async def _read_latest_by_group(connection: Connection, keys: Collection[str]) -> dict[str, Head]:
    digests = [name_digest(key) for key in keys]
    heads = map(read_head, await connection.fetch(_SQL["latest_by_group"], digests))
    return {head.group_key or "": head for head in heads}


async def list_incidents(
    connection: Connection, wanted: IncidentFilter
) -> tuple[list[Head], str | None]:
    """Return a page of incident heads and the cursor of the next."""
    given = {
        text: value
        for text, value in (
            ("opened <=", parse_cursor(wanted.after)),
            ("state =", pack_optional(wanted.state)),
            ("severity =", pack_optional(wanted.severity)),
        )
        if value is not None
    }
    conditions = [f"{text} ${number}" for number, text in enumerate(given, 1)]
    conditions += [
        # spelled out, because a partial index is not used for a bound value
        f"{name} = {value}"
        for name, value in (
            ("is_open", wanted.is_open),
            ("needs_attention", wanted.needs_attention),
        )
        if value is not None
    ]
    query = " AND ".join((_SQL["incidents"], *conditions))
    query += f" ORDER BY opened DESC LIMIT ${len(given) + 1}"
    rows = await connection.fetch(query, *given.values(), wanted.limit + 1)
    following = str(rows[wanted.limit]["opened"]) if len(rows) > wanted.limit else None
    return [read_head(row) for row in rows[: wanted.limit]], following


async def read_records(
    connection: Connection, stream: str, after: int, limit: int
) -> list[StoredRecord]:
    """Return records above a revision; raises StoreDamagedError at the first that does not fit."""
    after = max(after, 0)
    # from `after` on, for the hash that the first must follow
    rows = await connection.fetch(
        _SQL["records"], pack(stream), after, limit + 1 if after else limit
    )
    if not rows:
        return []
    end = rows[0]["end_revision"], rows[0]["end_hash"]
    previous: bytes | None = None
    records: list[StoredRecord] = []
    for row in rows:
        if row["revision"] is None:
            continue
        if row["revision"] == after:
            previous = row["hash"]
        else:
            records.append(read_record(stream, tuple(row)[2:]))
    records = records[:limit]
    if records and previous is None and records[0].revision > after + 1:
        after = check_erased(records[0])
        wanted = name_digest(stream), after
        previous = await connection.fetchval(_SEAL_SQL["erased_hash"], *wanted)
    if records:
        check_chain(records, after, previous)
    if len(records) < limit:
        check_end(stream, after, records, end)
    return records


async def read_streams(connection: Connection) -> list[str]:
    """Name every stream, in the order of their opening."""
    return [unpack(row[0]) for row in await connection.fetch(_SQL["streams"])]


async def read_due_timers(connection: Connection, now: Instant, limit: int) -> list[TimerRow]:
    """Return timers whose deadline is not after `now`, earliest first."""
    return [read_timer(row) for row in await connection.fetch(_SQL["due_timers"], now, limit)]


async def read_next_timer(connection: Connection) -> Instant | None:
    """Return the earliest deadline."""
    earliest: Instant | None = await connection.fetchval(_SQL["next_timer"])
    return earliest


async def read_expired_claims(connection: Connection, now: Instant) -> list[OutboxRow]:
    """Return claimed effects whose claim ended before `now`."""
    return [read_effect(row) for row in await connection.fetch(_SQL["expired_claims"], now)]


async def read_effect_of(connection: Connection, key: str) -> OutboxRow | None:
    """Return the outbox row of a key."""
    row = await connection.fetchrow(_SQL["effect"], pack(key))
    return None if row is None else read_effect(row)


async def read_effects(connection: Connection, status: str | None) -> list[OutboxRow]:
    """Return outbox rows of a status (None: of any), oldest first."""
    return [read_effect(row) for row in await connection.fetch(_SQL["effects"], status)]


async def read_payload(connection: Connection, digest: str) -> bytes | None:
    """Return a raw payload by its SHA-256 (hex)."""
    try:
        name = bytes.fromhex(digest)
    except ValueError:
        return None
    data = await connection.fetchval(_SQL["payload"], name)
    return None if data is None else check_payload(digest, data)


async def read_old_payloads(connection: Connection, before: Instant, limit: int) -> list[str]:
    """Return payloads that came first before an instant and were not erased."""
    return [row[0].hex() for row in await connection.fetch(_SQL["old_payloads"], before, limit)]


async def read_sources(connection: Connection, digest: str) -> bytes | None:
    """Return a rulebook's sources as they were kept."""
    row = await connection.fetchrow(_SQL["rulebook"], pack(digest))
    return None if row is None else read_rulebook(row)


async def read_quarantine(connection: Connection) -> list[Quarantined]:
    """Return what was put aside, oldest first."""
    return [read_quarantined(row) for row in await connection.fetch(_SQL["quarantined"])]
