"""Seals and erasure in PostgreSQL.

Commits of several nodes end in any order, so none of them can seal itself. One sealer at a time (an
advisory lock that ends with its transaction) numbers what was committed since and seals it. Records
bear the transaction that wrote them: those below the horizon of the last pass, under which nothing
was under way any more, need not be looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.journal.merkle import SPAN
from interlock.interpreter.journal.postgres_rows import name_digest
from interlock.interpreter.journal.seals import Seal, Sealing, rebuild_frontier
from interlock.interpreter.journal.statements import load_statements
from interlock.interpreter.journal.store import StoreDamagedError, StoreUnavailableError

if TYPE_CHECKING:
    from interlock.interpreter.journal.postgres_pool import Connection
    from interlock.interpreter.journal.store import Commit

_SQL = load_statements("postgres", "seal")
_EVERY = (1 << 63) - 1
AT_ONCE = 10_000
"""How many records one seal takes at most."""


async def seal_committed(connection: Connection, at_once: int = AT_ONCE) -> Seal | None:
    """Seal what is committed and not sealed, unless another node is at it; return the last seal.

    Raises:
        StoreDamagedError: the records that were sealed are not there any more.
    """
    while True:
        async with connection.transaction(isolation="read_committed"):
            if not await connection.fetchval(_SQL["lock_sealing"]):
                return await read_last_seal(connection)
            sealed = await _seal_some(connection, at_once)
        if sealed < at_once:
            return await read_last_seal(connection)


async def _seal_some(connection: Connection, at_once: int) -> int:
    # before the records are looked for: what is not seen then is not below it
    snapshot = await connection.fetchrow(_SQL["horizon"])
    assert snapshot is not None, "a statement without a table has one row"
    horizon, bound = snapshot
    last = await connection.fetchrow(_SQL["last_seal"])
    known = 0 if last is None else last["horizon"]
    if horizon < known:
        # restored into another cluster, whose transactions are numbered anew
        rows = await connection.fetch(_SQL["unsealed"], 0, _EVERY, at_once)
    else:
        rows = await connection.fetch(_SQL["unsealed"], known, bound, at_once)
    if not rows:
        return 0
    previous = None if last is None else Seal(*tuple(last)[:4])
    sealing = await _read_sealing(connection, previous)
    first = sealing.frontier.size + 1
    seal = sealing.seal([row["hash"] for row in rows], max(row["at"] for row in rows))
    numbers = range(first, first + len(rows))
    places, revisions, hashes = zip(
        *((row["place"], row["revision"], row["hash"]) for row in rows), strict=True
    )
    await connection.execute(_SQL["add_leaves"], numbers, places, revisions, hashes)
    until = horizon if len(rows) < at_once else known
    await connection.execute(_SQL["add_seal"], seal.size, seal.at, seal.root, seal.hash, until)
    for number, root in sealing.take_spans():
        await connection.execute(_SQL["add_span"], number, root)
    return len(rows)


async def read_last_seal(connection: Connection) -> Seal | None:
    """Return the last seal."""
    row = await connection.fetchrow(_SQL["last_seal"])
    return None if row is None else Seal(*tuple(row)[:4])


async def _read_sealing(connection: Connection, last: Seal | None) -> Sealing:
    if last is None:
        return Sealing(previous=GENESIS)
    spans = [row[0] for row in await connection.fetch(_SQL["spans"])]
    hashes = await connection.fetch(_SQL["hashes"], len(spans) * SPAN)
    frontier = rebuild_frontier(spans, (row[0] for row in hashes))
    if (frontier.size, frontier.root()) != (last.size, last.root):
        raise StoreDamagedError("the records are not those that were sealed; restore from a backup")
    return Sealing(frontier, last.hash)


async def erase(connection: Connection, commit: Commit) -> None:
    """Remove what a commit says is to go; the records' hashes and the payloads' digests stay.

    Raises:
        StoreUnavailableError: some of it is not sealed yet.
    """
    for append in commit.appends:
        if append.stream in commit.erased:
            digest, before = name_digest(append.stream), append.records[0].revision
            if await connection.fetchval(_SQL["has_unsealed"], digest, before):
                raise StoreUnavailableError(f"{append.stream} is not sealed yet: erase it later")
            await connection.execute(_SQL["erase_head"], digest)
            await connection.execute(_SQL["erase_records"], digest, before)
            await connection.execute(_SQL["erase_effects"], digest)
            await connection.execute(_SQL["erase_timers"], digest)
    if commit.payloads_erased:
        digests = [bytes.fromhex(digest) for digest in commit.payloads_erased]
        await connection.execute(_SQL["erase_payloads"], digests)
