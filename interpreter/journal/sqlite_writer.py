"""What the one writing connection does: commits, claims, releases.

Each function is one transaction and leaves it open when it fails: the connection's thread rolls
back. Never reads for anyone else and never waits for anything but the disk.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.claiming import Gatekeeper
from interlock.interpreter.journal.commit_rules import (
    check_commit,
    check_continues,
    find_group_clash,
)
from interlock.interpreter.journal.sqlite_reader import read_stream_head
from interlock.interpreter.journal.sqlite_rows import (
    advance_row,
    effect_row,
    head_row,
    quarantine_row,
    read_effect,
    record_row,
    rulebook_row,
    timer_row,
)
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import MalformedCommitError, StaleRevisionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.sqlite_rows import Row
    from interlock.interpreter.journal.store import Append, Claim, Commit, OutboxRow

_SQL = load_statements("sqlite", "write")
_KNOWN_AT_ONCE = 32
_UNKNOWN: Row = (None, 0, GENESIS)
_EFFECT = load_statements("sqlite", "read")["effect"]


def write_commit(connection: sqlite3.Connection, commit: Commit) -> None:
    """Write all of a commit; raises StaleRevisionError, MalformedCommitError."""
    check_commit(commit)
    connection.execute("BEGIN IMMEDIATE")
    if commit.appends:
        _write_heads(connection, commit.appends)
        records = [record_row(record) for append in commit.appends for record in append.records]
        _write(connection, "append_record", records)
    _write(connection, "clear_timer", commit.timers_cleared)
    _write(connection, "set_timer", [timer_row(timer) for timer in commit.timers_set])
    try:
        _write(connection, "add_effect", [effect_row(effect) for effect in commit.outbox])
    except sqlite3.IntegrityError as error:
        raise MalformedCommitError("an effect of this commit has a key that is in use") from error
    ended = commit.effects_ended.items()
    _write(connection, "end_effect", [(status, detail, key) for key, (status, detail) in ended])
    payloads = commit.payloads.items()
    _write(connection, "keep_payload", [(bytes.fromhex(name), data) for name, data in payloads])
    _write(connection, "quarantine", [quarantine_row(item) for item in commit.quarantined])
    connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> None:
    if rows:
        connection.executemany(_SQL[statement], rows)


def _write_heads(connection: sqlite3.Connection, appends: Sequence[Append]) -> None:
    known = _read_known(connection, [append.stream for append in appends])
    last = connection.execute(_SQL["last_opened"]).fetchone()[0] if len(known) < len(appends) else 0
    opened: list[Row] = []
    closed: list[Row] = []
    advanced: list[Row] = []
    for append in appends:
        head = append.head
        place, revision, previous, *names = known.get(append.stream, _UNKNOWN)
        if append.expected_revision != revision:
            raise StaleRevisionError(append.stream)
        check_continues(append, previous, tuple(names) if revision else None)
        if not revision:
            opened.append(head_row(head, last + len(opened) + 1))
        elif head.is_open:
            advanced.append(advance_row(head, place))
        else:
            closed.append(advance_row(head, place))
    try:
        # what closes goes first: another incident may take over its group key
        _write(connection, "advance_head", closed + advanced)
        _write(connection, "open_head", opened)
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK")
        _raise_group_clash(connection, appends)
        raise


def _read_known(connection: sqlite3.Connection, streams: Sequence[str]) -> dict[str, Row]:
    """Return what the present heads hold that a commit must follow, by stream."""
    known: dict[str, Row] = {}
    for start in range(0, len(streams), _KNOWN_AT_ONCE):
        names: list[str | None] = list(streams[start : start + _KNOWN_AT_ONCE])
        # few distinct statements, so that they stay prepared; NULL is no stream's name
        width = 1 if len(names) == 1 else _KNOWN_AT_ONCE
        names += [None] * (width - len(names))
        for stream, *row in connection.execute(_known_heads(width), names):
            known[stream] = tuple(row)
    return known


@cache
def _known_heads(width: int) -> str:
    return _SQL["known_heads"].replace("(?)", f"({', '.join('?' * width)})")


def _raise_group_clash(connection: sqlite3.Connection, appends: Sequence[Append]) -> None:
    holders: dict[str, str] = {}
    for append in appends:
        key = append.head.group_key
        if key is not None and (row := connection.execute(_SQL["group_holder"], (key,)).fetchone()):
            holders[key] = row[0]
    clash = find_group_clash(appends, holders)
    if clash is not None:
        raise StaleRevisionError(clash)


def claim_effects(connection: sqlite3.Connection, claim: Claim) -> list[OutboxRow]:
    """Take effects for a claimer; the automation ladder is read in the same transaction."""
    connection.execute("BEGIN IMMEDIATE")
    control = read_stream_head(connection, CONTROL_STREAM)
    gatekeeper = Gatekeeper(claim, control.data if control else None)
    taken: list[int] = []
    for place, kind, hook, approved in connection.execute(_SQL["claimable_effects"], (claim.now,)):
        if len(taken) >= claim.limit:
            break
        if gatekeeper.lets(kind, hook, approved=bool(approved)):
            taken.append(place)
    _write(connection, "claim_effect", [(claim.until, place) for place in taken])
    rows = [read_effect(connection.execute(_EFFECT, (place,)).fetchone()) for place in taken]
    connection.execute("COMMIT")
    return rows


def release_effect(
    connection: sqlite3.Connection,
    key: str,
    not_before: Instant,
    detail: str | None,
    attempt: int | None,
) -> None:
    """Put a claimed effect back; see `JournalStore.release_effect`."""
    connection.execute(
        _SQL["release_effect"],
        {"key": key, "not_before": not_before, "detail": detail, "attempt": attempt},
    )


def keep_rulebook(connection: sqlite3.Connection, digest: str, sources: bytes, at: Instant) -> None:
    """Keep a rulebook's sources unless they are known."""
    connection.execute(_SQL["keep_rulebook"], rulebook_row(digest, at, sources))
