"""What a commit does in PostgreSQL.

Rows are written, and so locked, in the same order by every node (control, heads by digest, new
heads by key, the rest by name), so that nodes wait for each other and do not deadlock. No lock
outlives its transaction, and none decides anything: that is the expected revision, which the update
of a head names, and unique indexes. What was there before comes back from the update and is checked
before COMMIT is sent. Never reads for anyone else.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
from msgspec.structs import replace

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.commit_rules import (
    check_commit,
    check_continues,
    find_group_clash,
)
from interlock.interpreter.journal.outbox import ENDED_ONLY_FROM
from interlock.interpreter.journal.postgres_errors import is_lost
from interlock.interpreter.journal.postgres_rows import (
    advance_row,
    columns,
    effect_row,
    head_row,
    name_digest,
    pack,
    pack_optional,
    quarantine_row,
    record_row,
    rulebook_row,
    timer_row,
    unpack,
    unpack_optional,
)
from interlock.interpreter.journal.postgres_seals import erase
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import MalformedCommitError, StaleRevisionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.commit_rules import Identity
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.postgres_pool import Connection
    from interlock.interpreter.journal.store import Append, Commit
    from interlock.interpreter.journal.stored import Row

_SQL = load_statements("postgres", "write")
_HEAD_INDEXES = ("heads_stream", "heads_open_group")
_EFFECT_INDEX = "outbox_key"
_DIGEST = 10
"""The column of `advance_heads` that a head is found by."""


class _Known(NamedTuple):
    """What a commit must follow: a head's place in the order of opening, and its last record."""

    place: int
    revision: int
    hash: bytes
    identity: Identity


class CommitWriter:
    """Writes one commit once, however many connections it takes.

    A connection that is lost after COMMIT was sent leaves open whether it was heard. So the commit
    is written again from its beginning. It then waits for locks that the lost transaction may still
    hold, and either nothing of it is there, and it is written now; or it is refused as stale, and
    the record at its revision has its hash: it was heard.
    """

    def __init__(self, commit: Commit) -> None:
        """Take a commit; raises MalformedCommitError."""
        check_commit(commit)
        self._commit = commit
        self._may_be_written = False

    async def write(self, connection: Connection) -> None:
        """Write all of it; raises StaleRevisionError, MalformedCommitError."""
        try:
            await self._write(connection)
        except (StaleRevisionError, MalformedCommitError):
            if self._may_be_written and await _is_written(connection, self._commit):
                return
            raise

    async def _write(self, connection: Connection) -> None:
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        try:
            await _write_all(connection, self._commit)
        except asyncpg.UniqueViolationError as error:
            await transaction.rollback()
            raise await _explain_refusal(connection, self._commit, error) from error
        except Exception as error:
            if not is_lost(error):
                await transaction.rollback()
            raise
        self._may_be_written = True
        await transaction.commit()


async def _write_all(connection: Connection, commit: Commit) -> None:
    appends = commit.appends
    if any(append.stream == CONTROL_STREAM for append in appends):
        # no claim may be under way that has read the ladder as it was before
        await connection.execute(_SQL["lock_control"])
    if appends:
        places = await _write_heads(connection, appends, commit.erased)
        records = [
            record_row(record, places[append.stream])
            for append in appends
            for record in append.records
        ]
        await _write(connection, "append_records", records)
    await _write_timers(connection, commit)
    ended = dict(commit.effects_ended)
    effects = [effect_row(_as_ended(row, ended)) for row in commit.outbox]
    await _write(connection, "add_effects", effects)
    await _end_effects(connection, ended)
    if commit.effects_released:
        digests = [name_digest(key) for key in commit.effects_released]
        await connection.execute(_SQL["send_on_effects"], digests)
    at = max((record.at for append in appends for record in append.records), default=0)
    payloads = sorted((bytes.fromhex(name), at, data) for name, data in commit.payloads.items())
    await _write(connection, "keep_payloads", payloads)
    await _write(connection, "quarantine", [quarantine_row(item) for item in commit.quarantined])
    await erase(connection, commit)


async def _write_heads(
    connection: Connection, appends: Sequence[Append], erased: Sequence[str]
) -> dict[str, int]:
    """Write the heads and return the place of each stream in the order of opening."""
    opening = [append for append in appends if append.expected_revision == 0]
    going_on = [append for append in appends if append.expected_revision != 0]
    known: dict[str, _Known] = {}
    # those that close an incident go before those that may take over its group key
    for is_open in (False, True):
        part = [append for append in going_on if append.head.is_open is is_open]
        known.update(await _advance(connection, part))
    if len(known) < len(going_on):
        raise await _find_stale(connection, appends)
    for append in going_on:
        before = known[append.stream]
        is_erased = append.stream in erased
        check_continues(append, before.hash, None if is_erased else before.identity)
    places = {stream: before.place for stream, before in known.items()}
    if opening:
        for append in opening:
            check_continues(append, GENESIS, None)
        rows = columns(head_row(append.head) for append in opening)
        for stream, place in await connection.fetch(_SQL["open_heads"], *rows):
            places[unpack(stream)] = place
    return places


async def _advance(connection: Connection, appends: Sequence[Append]) -> dict[str, _Known]:
    """Write heads that are at the revision expected of them, and return what they were."""
    if not appends:
        return {}
    rows = [advance_row(append.head, append.expected_revision) for append in appends]
    rows.sort(key=itemgetter(_DIGEST))
    return _known(await connection.fetch(_SQL["advance_heads"], *columns(rows)))


async def _write_timers(connection: Connection, commit: Commit) -> None:
    cleared = [timer_row(timer)[:3] for timer in commit.timers_cleared]
    await _write(connection, "clear_timers", cleared)
    timers = {(timer.stream, timer.name): timer for timer in commit.timers_set}
    await _write(connection, "set_timers", [timer_row(timers[place]) for place in sorted(timers)])


def _as_ended(row: OutboxRow, ended: dict[str, tuple[str, str | None]]) -> OutboxRow:
    """Return a new effect as its commit leaves it; its end is taken out of `ended`."""
    end = ended.pop(row.key, None)
    if end is None or row.status not in ENDED_ONLY_FROM.get(end[0], (row.status,)):
        return row
    return replace(row, status=end[0], detail=end[1], claimed_until=0)


async def _end_effects(connection: Connection, ended: Mapping[str, tuple[str, str | None]]) -> None:
    if ended:
        rows = [(pack(key), status, pack_optional(why)) for key, (status, why) in ended.items()]
        digests = [name_digest(key) for key in ended]
        await connection.execute(_SQL["end_effects"], digests, *columns(rows))


async def _write(connection: Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run a statement on rows, if there are any, and return how many rows it changed."""
    if not rows:
        return 0
    status = await connection.execute(_SQL[statement], *columns(rows))
    return int(status.rpartition(" ")[2])


def _known(rows: Iterable[Iterable[Any]]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for place, stream, revision, hash_, *kept in rows:
        incident, base_id, origin, group_key = map(unpack_optional, kept)
        known[unpack(stream)] = _Known(
            place, revision, hash_, (incident, base_id, origin, group_key)
        )
    return known


async def keep_rulebook(connection: Connection, digest: str, sources: bytes, at: Instant) -> None:
    """Keep a rulebook's sources unless they are known."""
    await connection.execute(_SQL["keep_rulebook"], *rulebook_row(digest, at, sources))


async def _explain_refusal(
    connection: Connection, commit: Commit, error: asyncpg.UniqueViolationError
) -> Exception:
    """Return what it means that something of a commit is there already."""
    if error.constraint_name == _EFFECT_INDEX:
        return MalformedCommitError("an effect of this commit has a key that is in use")
    if error.constraint_name in _HEAD_INDEXES:
        return await _find_stale(connection, commit.appends)
    return error


async def _find_stale(connection: Connection, appends: Sequence[Append]) -> StaleRevisionError:
    """Return the error that names the stream that others came first to."""
    digests = [name_digest(append.stream) for append in appends]
    known = _known(await connection.fetch(_SQL["known_heads"], digests))
    for append in appends:
        before = known.get(append.stream)
        if append.expected_revision != (before.revision if before else 0):
            return StaleRevisionError(append.stream)
    keys = [append.head.group_key for append in appends]
    digests = [name_digest(key) for key in keys if key is not None]
    rows = await connection.fetch(_SQL["group_holders"], digests)
    clash = find_group_clash(appends, {unpack(key): unpack(stream) for key, stream in rows})
    # None: whoever was in the way is gone again; then any stream will do, to be decided again
    return StaleRevisionError(clash if clash is not None else appends[0].stream)


async def _is_written(connection: Connection, commit: Commit) -> bool:
    """Tell whether a commit is there already: its last record of a stream, or its first effect."""
    if commit.appends:
        head = commit.appends[0].head
        return bool(
            await connection.fetchval(
                _SQL["has_record"], pack(head.stream), head.revision, head.hash
            )
        )
    if commit.outbox:
        row = commit.outbox[0]
        return bool(await connection.fetchval(_SQL["has_effect"], pack(row.key), row.data))
    return False
