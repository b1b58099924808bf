"""Seals and erasure in SQLite: what a commit writes beside its records.

Every commit seals the records it appends, in its own transaction; their order is that of `seq`.
Never begins or ends a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.journal.merkle import SPAN
from interlock.interpreter.journal.seals import Seal, Sealing, rebuild_frontier
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import StoreDamagedError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from interlock.interpreter.journal.store import Append, Commit

_SQL = load_statements("sqlite", "write")


class SealWriter:
    """Seals what is appended through one connection, remembering the tree so far."""

    def __init__(self) -> None:
        self._sealing: Sealing | None = None

    def forget(self) -> None:
        """Read the tree anew next time: what was sealed last was not committed."""
        self._sealing = None

    def seal(self, connection: sqlite3.Connection, appends: Sequence[Append], last: int) -> None:
        """Seal records that were just written, in the order they were written in.

        `last` is the number that the last of them got.

        Raises:
            StoreDamagedError: they do not stand right behind what was sealed before.
        """
        records = [record for append in appends for record in append.records]
        if not records:
            return
        sealing = self._sealing or _read_sealing(connection)
        self._sealing = sealing
        hashes = [record.hash for record in records]
        seal = sealing.seal(hashes, max([record.at for record in records]))
        if last != seal.size:
            raise StoreDamagedError(
                f"{seal.size} records were sealed and the last has the number {last}: some were"
                " removed; restore from a backup"
            )
        connection.execute(_SQL["add_seal"], (seal.size, seal.at, seal.root, seal.hash))
        for span in sealing.take_spans():
            connection.execute(_SQL["add_span"], span)


def read_last_seal(connection: sqlite3.Connection) -> Seal | None:
    """Return the last seal."""
    row = connection.execute(_SQL["last_seal"]).fetchone()
    return None if row is None else Seal(*row)


def _read_sealing(connection: sqlite3.Connection) -> Sealing:
    last = read_last_seal(connection)
    if last is None:
        return Sealing()
    spans = [root for (root,) in connection.execute(_SQL["spans"])]
    wanted = {"after": len(spans) * SPAN, "last": last.size}
    hashes = [hash_ for (hash_,) in connection.execute(_SQL["hashes"], wanted)]
    frontier = rebuild_frontier(spans, hashes)
    if (frontier.size, frontier.root()) != (last.size, last.root):
        raise StoreDamagedError("the records are not those that were sealed; restore from a backup")
    return Sealing(frontier, last.hash)


def erase(connection: sqlite3.Connection, commit: Commit) -> None:
    """Remove what a commit says is to go; the records' hashes and the payloads' digests stay."""
    if not (commit.erased or commit.payloads_erased):
        return
    for append in commit.appends:
        if append.stream in commit.erased:
            older = (append.stream, append.records[0].revision)
            connection.execute(_SQL["keep_hashes"], older)
            connection.execute(_SQL["erase_records"], older)
            connection.execute(_SQL["erase_effects"], older[:1])
            connection.execute(_SQL["erase_timers"], older[:1])
    for digest in commit.payloads_erased:
        connection.execute(_SQL["erase_payload"], (bytes.fromhex(digest),))
