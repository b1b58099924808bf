"""What the one writing connection does: commits, claims, releases.

Each function is one transaction and leaves it open when it fails: the connection's thread rolls
back. Never reads for anyone else and never waits for anything but the disk.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.claiming import Candidate, Gatekeeper
from interlock.interpreter.journal.commit_rules import (
    Identity,
    check_commit,
    check_continues,
    find_group_clash,
    identity,
)
from interlock.interpreter.journal.sqlite_reader import read_effects_at, read_stream_head
from interlock.interpreter.journal.sqlite_rows import (
    advance_row,
    effect_row,
    head_row,
    quarantine_row,
    record_row,
    rulebook_row,
    timer_row,
    turn_row,
)
from interlock.interpreter.journal.sqlite_seals import SealWriter, erase
from interlock.interpreter.journal.statements import load_statements, repeat_row
from interlock.interpreter.journal.store import MalformedCommitError, StaleRevisionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.outbox import Claim, OutboxRow
    from interlock.interpreter.journal.store import Append, Commit, Head
    from interlock.interpreter.journal.stored import Row

_SQL = load_statements("sqlite", "write")
_KNOWN_AT_ONCE = 32
_WIDTHS = (16, 8, 4, 2, 1)
"""How many rows one statement may write: few widths, so that the statements stay prepared, and none
so wide that preparing it costs more than it saves (bench_append.py)."""
_REMEMBERED_MAX = 4096


class _Known(Struct, frozen=True, gc=False):
    """What a commit must follow: a head's place in the order of opening, and its last record."""

    place: int
    revision: int
    hash: bytes
    flags: tuple[bool, bool]
    identity: Identity


class CommitWriter:
    """Writes commits through one connection, remembering the heads it wrote last.

    What is remembered saves a lookup for each stream and is never believed: an update names the
    revision it follows, and the database has the last word.
    """

    def __init__(self) -> None:
        self._remembered: dict[str, _Known] = {}
        self._seals = SealWriter()

    def write(self, connection: sqlite3.Connection, commit: Commit) -> None:
        """Write all of a commit; raises StaleRevisionError, MalformedCommitError."""
        check_commit(commit)
        connection.execute("BEGIN IMMEDIATE")
        try:
            known = self._write_heads(connection, commit) if commit.appends else {}
            last = _append_records(connection, commit)
            _write_parts(connection, commit)
            self._seals.seal(connection, commit.appends, last)
            erase(connection, commit)
            connection.execute("COMMIT")
        except BaseException:
            self._remembered.clear()
            self._seals.forget()
            raise
        if len(self._remembered) + len(known) > _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered.update(known)

    def _write_heads(self, connection: sqlite3.Connection, commit: Commit) -> dict[str, _Known]:
        """Write the heads and return what is to be remembered of them."""
        appends = commit.appends
        known = self._look_up(connection, appends)
        last = 0
        if len(known) < len(appends):
            last = connection.execute(_SQL["last_opened"]).fetchone()[0]
        opened: list[Row] = []
        closed: list[Row] = []
        turned: list[Row] = []
        advanced: list[Row] = []
        for append in appends:
            stream, head = append.stream, append.head
            before = known.get(stream)
            if append.expected_revision != (before.revision if before else 0):
                raise StaleRevisionError(stream)
            if before is None:
                last += 1
                place = last
                check_continues(append, GENESIS, None)
                opened.append(head_row(head, place))
            else:
                place = before.place
                is_erased = stream in commit.erased
                check_continues(append, before.hash, None if is_erased else before.identity)
                if is_erased:
                    _remove_head(connection, place, before.revision)
                    opened.append(head_row(head, place))
                elif before.flags == _flags(head):
                    advanced.append(advance_row(head, place, before.revision))
                else:
                    rows = turned if head.is_open else closed
                    rows.append(turn_row(head, place, before.revision))
            known[stream] = _Known(place, head.revision, head.hash, _flags(head), identity(head))
        self._execute(connection, appends, opened, closed, turned, advanced)
        return known

    def _execute(
        self,
        connection: sqlite3.Connection,
        appends: Sequence[Append],
        opened: Sequence[Row],
        closed: Sequence[Row],
        turned: Sequence[Row],
        advanced: Sequence[Row],
    ) -> None:
        """Write head rows; those that close an incident go before those that may take over.

        Most are neither: where the flags stay, no index has to be written.
        """
        try:
            written = _write(connection, "turn_head", closed)
            written += _write(connection, "turn_head", turned)
            written += _write(connection, "advance_head", advanced)
            _write(connection, "open_head", opened)
        except sqlite3.IntegrityError:
            connection.execute("ROLLBACK")
            _explain_refusal(connection, appends)
            raise
        if written != len(closed) + len(turned) + len(advanced):
            connection.execute("ROLLBACK")
            _explain_refusal(connection, appends)
            raise MalformedCommitError("heads were changed by another program meanwhile")

    def _look_up(
        self, connection: sqlite3.Connection, appends: Sequence[Append]
    ) -> dict[str, _Known]:
        """Return what the present heads hold that these appends must follow."""
        known: dict[str, _Known] = {}
        unknown: list[str] = []
        for append in appends:
            remembered = self._remembered.get(append.stream)
            if remembered is not None:
                known[append.stream] = remembered
            else:
                unknown.append(append.stream)
        known.update(_read_known(connection, unknown))
        return known


def _remove_head(connection: sqlite3.Connection, place: int, revision: int) -> None:
    """Make room for a head that does not keep the identity of the one before."""
    removed = connection.execute(_SQL["replace_head"], (place, revision)).rowcount
    if removed != 1:
        raise MalformedCommitError("heads were changed by another program meanwhile")


def _flags(head: Head) -> tuple[bool, bool]:
    return head.is_open, head.needs_attention


def _append_records(connection: sqlite3.Connection, commit: Commit) -> int:
    """Write the records; return the number of the last, 0 where there are none."""
    records = [record_row(record) for append in commit.appends for record in append.records]
    last = 0
    for statement, values in _statements("append_record", records):
        last = connection.execute(statement, values).lastrowid or 0
    return last


def _write_parts(connection: sqlite3.Connection, commit: Commit) -> None:
    """Write all of a commit but heads and records; most commits have no more."""
    if commit.timers_cleared:
        cleared = [timer_row(timer)[:3] for timer in commit.timers_cleared]
        connection.executemany(_SQL["clear_timer"], cleared)
    if commit.timers_set:
        _write(connection, "set_timer", [timer_row(timer) for timer in commit.timers_set])
    if commit.outbox or commit.effects_ended or commit.effects_released:
        _write_effects(connection, commit)
    if commit.payloads:
        times = (record.at for append in commit.appends for record in append.records)
        at = max(times, default=0)
        payloads = [(bytes.fromhex(name), at, data) for name, data in commit.payloads.items()]
        _write(connection, "keep_payload", payloads)
    if commit.quarantined:
        _write(connection, "quarantine", [quarantine_row(item) for item in commit.quarantined])


def _write_effects(connection: sqlite3.Connection, commit: Commit) -> None:
    try:
        _write(connection, "add_effect", [effect_row(effect) for effect in commit.outbox])
    except sqlite3.IntegrityError as error:
        raise MalformedCommitError("an effect of this commit has a key that is in use") from error
    ended = commit.effects_ended.items()
    _write(connection, "end_effect", [(status, detail, key) for key, (status, detail) in ended])
    _write(connection, "send_on_effect", [(key,) for key in commit.effects_released])


def _write(connection: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run a statement for many rows and return how many rows of the database it changed."""
    return sum(
        connection.execute(text, values).rowcount for text, values in _statements(statement, rows)
    )


def _statements(statement: str, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Divide rows among few statements that take many at once.

    The interpreter is let go and waited for once a statement, not once a row: while the event loop
    is busy, each wait may take as long as the interpreter's switch interval.
    """
    if len(rows) == 1:
        yield _SQL[statement], rows[0]
        return
    start = 0
    while start < len(rows):
        width = next(width for width in _WIDTHS if width <= len(rows) - start)
        values = tuple(chain.from_iterable(rows[start : start + width]))
        yield repeat_row(_SQL[statement], width), values
        start += width


def _read_known(connection: sqlite3.Connection, streams: Sequence[str]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for start in range(0, len(streams), _KNOWN_AT_ONCE):
        names: list[str | None] = list(streams[start : start + _KNOWN_AT_ONCE])
        # few distinct statements, so that they stay prepared; NULL is no stream's name
        width = 1 if len(names) == 1 else _KNOWN_AT_ONCE
        names += [None] * (width - len(names))
        for row in connection.execute(_known_heads(width), names):
            stream, place, revision, hash_, is_open, needs_attention, *kept = row
            flags = (bool(is_open), bool(needs_attention))
            known[stream] = _Known(place, revision, hash_, flags, tuple(kept))
    return known


@cache
def _known_heads(width: int) -> str:
    return _SQL["known_heads"].replace("(?)", f"({', '.join('?' * width)})")


def _explain_refusal(connection: sqlite3.Connection, appends: Sequence[Append]) -> None:
    """Raise StaleRevisionError if that is why the database refused the heads of a commit."""
    known = _read_known(connection, [append.stream for append in appends])
    holders: dict[str, str] = {}
    for append in appends:
        before = known.get(append.stream)
        if append.expected_revision != (before.revision if before else 0):
            raise StaleRevisionError(append.stream)
        key = append.head.group_key
        if key is not None and (row := connection.execute(_SQL["group_holder"], (key,)).fetchone()):
            holders[key] = row[0]
    clash = find_group_clash(appends, holders)
    if clash is not None:
        raise StaleRevisionError(clash)


def claim_effects(connection: sqlite3.Connection, claim: Claim) -> list[OutboxRow]:
    """Take effects for a claimer; ladder and limits are read in the same transaction."""
    connection.execute("BEGIN IMMEDIATE")
    control = read_stream_head(connection, CONTROL_STREAM)
    gatekeeper = Gatekeeper(claim, control.data if control else None, _Usage(connection))
    pending = connection.execute(_SQL["claimable_effects"], (claim.now, claim.until))
    gatekeeper.choose(Candidate(*row) for row in pending)
    pending.close()
    taken, held = gatekeeper.choice
    _write(connection, "claim_effect", [(claim.until, claim.now, place) for place in taken])
    _write(connection, "hold_effect", [(claim.until, reason, place) for place, reason in held])
    rows = read_effects_at(connection, sorted([*taken, *(place for place, _ in held)]))
    connection.execute("COMMIT")
    return rows


class _Usage:
    """What was done before, as the open transaction sees it; see `claiming.Usage`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def started(self, hook: str, target: str, since: Instant) -> int:
        return self._ask("started", (hook, target, since))

    def running(self, hook: str, target: str) -> int:
        return self._ask("running", (hook, target))

    def unasked(self, since: Instant) -> int:
        return self._ask("unasked", (since,))

    def _ask(self, statement: str, values: Row) -> int:
        count: int = self._connection.execute(_SQL[statement], values).fetchone()[0]
        return count


def renew_claims(connection: sqlite3.Connection, held: Mapping[str, int], until: Instant) -> None:
    """Hold claims longer; see `JournalStore.renew_claims`."""
    connection.execute("BEGIN IMMEDIATE")
    _write(connection, "renew_claim", [(until, key, attempt) for key, attempt in held.items()])
    connection.execute("COMMIT")


def release_effect(
    connection: sqlite3.Connection,
    key: str,
    *,
    not_before: Instant,
    detail: str | None,
    attempt: int | None,
    now: Instant,
    in_doubt: bool,
) -> None:
    """Put a claimed effect back; see `JournalStore.release_effect`."""
    values = {"key": key, "not_before": not_before, "detail": detail, "attempt": attempt}
    connection.execute(_SQL["release_effect"], {**values, "now": now, "in_doubt": in_doubt})


def keep_rulebook(connection: sqlite3.Connection, digest: str, sources: bytes, at: Instant) -> None:
    """Keep a rulebook's sources unless they are known."""
    connection.execute(_SQL["keep_rulebook"], rulebook_row(digest, at, sources))
