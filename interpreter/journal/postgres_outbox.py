"""How effects are claimed, held and released in PostgreSQL.

Only outbox rows are ever claimed. Never carries an effect out, and never decides whether one may
leave: see `claiming.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.claiming import Candidate, Gatekeeper, window_start
from interlock.interpreter.journal.postgres_errors import is_lost
from interlock.interpreter.journal.postgres_rows import (
    columns,
    name_digest,
    pack,
    pack_optional,
    read_effect,
    read_head,
    unpack,
    unpack_optional,
)
from interlock.interpreter.journal.statements import load_statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.claiming import Choice
    from interlock.interpreter.journal.outbox import Claim, OutboxRow
    from interlock.interpreter.journal.postgres_pool import Connection

_SQL = load_statements("postgres", "write")
_SEQ = 21
"""The column of `claim_effects` that tells the order of writing."""
_PAGE = 512
_LOCK_TRIES = 40


class Claimer:
    """Makes one claim once, however many connections it takes.

    Where the connection was lost after COMMIT was sent, the rows that the claim would have taken
    are looked at first: those that bear its mark are its own.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._taken: Sequence[OutboxRow] = ()

    async def take(self, connection: Connection) -> Sequence[OutboxRow]:
        """Take pending effects; ladder and limits are read in the same transaction."""
        if self._taken:
            digests = [name_digest(row.key) for row in self._taken]
            rows = await connection.fetch(_SQL["claimed_effects"], digests, self._claim.until)
            found = [read_effect(row) for row in rows]
            if found == self._taken:
                return found
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        try:
            self._taken = await self._take(connection)
        except Exception as error:
            if not is_lost(error):
                await transaction.rollback()
            raise
        await transaction.commit()
        return self._taken

    async def _take(self, connection: Connection) -> Sequence[OutboxRow]:
        claim = self._claim
        # What limits count must not change meanwhile, so one claims hooks at a time. Messages wait
        # for nobody: neither for a node that stands still, nor for a crowd of them.
        is_alone = await _lock_claims(connection)
        # shared by claims and held against whoever sets the ladder: see `CommitWriter`
        await connection.execute(_SQL["share_control"])
        head = await connection.fetchrow(_SQL["control_head"], pack(CONTROL_STREAM))
        usage = _Usage(connection, claim)
        gatekeeper = Gatekeeper(claim, None if head is None else read_head(head).data, usage)
        takes_hooks = is_alone and gatekeeper.lets_hooks
        last = 0
        while page := await connection.fetch(
            _SQL["claimable_effects"], claim.now, last, takes_hooks, _PAGE, claim.until
        ):
            candidates = [_candidate(row) for row in page]
            await usage.prepare(candidates)
            if gatekeeper.choose(candidates):
                break
            last = page[-1][0]
        return await self._write(connection, gatekeeper.choice)

    async def _write(self, connection: Connection, choice: Choice) -> Sequence[OutboxRow]:
        """Claim and hold rows; one that changed in between is left out."""
        taken, held = choice
        until = self._claim.until
        rows = []
        if taken:
            rows += await connection.fetch(_SQL["claim_effects"], taken, until, self._claim.now)
        if held:
            places = [place for place, _ in held]
            reasons = [pack(reason) for _, reason in held]
            rows += await connection.fetch(_SQL["hold_effects"], places, reasons, until)
        rows.sort(key=lambda row: row[_SEQ])
        return [read_effect(tuple(row)[:_SEQ]) for row in rows]


async def _lock_claims(connection: Connection) -> bool:
    """Try, for a moment, to become the only one that claims hooks."""
    for _ in range(_LOCK_TRIES):
        if await connection.fetchval(_SQL["try_lock_claims"]):
            return True
        await connection.execute(_SQL["pause"])
    return False


def _candidate(row: Any) -> Candidate:
    place, kind, hook, target, team, automation, approved, started_at, released = row
    return Candidate(
        place,
        unpack(kind),
        unpack_optional(hook),
        unpack(target),
        unpack_optional(team),
        unpack(automation),
        approved,
        started_at,
        released,
    )


class _Usage:
    """What was done before, read for a page of candidates at once; see `claiming.Usage`."""

    def __init__(self, connection: Connection, claim: Claim) -> None:
        self._connection = connection
        self._claim = claim
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}
        self._unasked: int | None = None

    async def prepare(self, candidates: Sequence[Candidate]) -> None:
        """Read what judging these will ask for."""
        places = {(c.hook, c.target) for c in candidates if c.hook is not None and c.kind == "hook"}
        unknown = sorted(places - self._counts.keys())
        if not unknown:
            return
        rows = [(pack(hook), pack(target), self._since(hook)) for hook, target in unknown]
        counts = await self._connection.fetch(_SQL["usage"], *columns(rows))
        self._counts.update(zip(unknown, map(tuple, counts), strict=True))
        rate = self._claim.rate
        if rate is not None and self._unasked is None:
            since = window_start(self._claim, rate.per_ns)
            self._unasked = await self._connection.fetchval(_SQL["unasked"], since)

    def _since(self, hook: str) -> Instant:
        terms = self._claim.hooks.get(hook)
        return window_start(self._claim, terms.limits.per_ns if terms is not None else 0)

    def started(self, hook: str, target: str, since: Instant) -> int:  # noqa: ARG002 - read before
        return self._counts[hook, target][0]

    def running(self, hook: str, target: str) -> int:
        return self._counts[hook, target][1]

    def unasked(self, since: Instant) -> int:  # noqa: ARG002 - read before
        return self._unasked or 0


async def renew_claims(connection: Connection, held: Mapping[str, int], until: Instant) -> None:
    """Hold claims longer; see `JournalStore.renew_claims`."""
    rows = [(pack(key), attempt) for key, attempt in sorted(held.items())]
    await connection.execute(_SQL["renew_claims"], *columns(rows), until)


async def release_effect(
    connection: Connection,
    key: str,
    *,
    not_before: Instant,
    detail: str | None,
    attempt: int | None,
    now: Instant,
    in_doubt: bool,
) -> None:
    """Put a claimed effect back; see `JournalStore.release_effect`."""
    values = (pack(key), not_before, pack_optional(detail), attempt, now, in_doubt)
    await connection.execute(_SQL["release_effect"], *values)
