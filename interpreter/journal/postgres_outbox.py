"""How effects are claimed, held and released in PostgreSQL.

Only outbox rows are ever claimed. Never carries an effect out, and never decides whether one may
leave: see `claiming.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.claiming import Gatekeeper
from interlock.interpreter.journal.postgres_errors import is_lost
from interlock.interpreter.journal.postgres_rows import (
    columns,
    name_digest,
    pack,
    pack_optional,
    read_effect,
    read_head,
)
from interlock.interpreter.journal.statements import load_statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.postgres_pool import Connection
    from interlock.interpreter.journal.store import Claim, OutboxRow

_SQL = load_statements("postgres", "write")
_SEQ = 15
"""The column of `claim_effects` that tells the order of writing."""


class Claimer:
    """Makes one claim once, however many connections it takes.

    Where the connection was lost after COMMIT was sent, the rows that the claim would have taken
    are looked at first: those that bear its mark are its own.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._taken: Sequence[OutboxRow] = ()

    async def take(self, connection: Connection) -> Sequence[OutboxRow]:
        """Take pending effects; the automation ladder is read in the same transaction."""
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
        # shared by claims and held against whoever sets the ladder: see `CommitWriter`
        await connection.execute(_SQL["share_control"])
        row = await connection.fetchrow(_SQL["control_head"], pack(CONTROL_STREAM))
        gatekeeper = Gatekeeper(claim, None if row is None else read_head(row).data)
        hooks = gatekeeper.named_hooks
        rows = await connection.fetch(
            _SQL["claim_effects"],
            claim.now,
            claim.until,
            claim.limit,
            [pack(hook) for hook in hooks],
            [pack(hook) for hook in hooks if gatekeeper.lets("hook", hook, approved=False)],
            [pack(hook) for hook in hooks if gatekeeper.lets("hook", hook, approved=True)],
            gatekeeper.lets("hook", None, approved=False),
            gatekeeper.lets("hook", None, approved=True),
        )
        rows.sort(key=lambda row: row[_SEQ])
        return [read_effect(tuple(row)[:_SEQ]) for row in rows]


async def renew_claims(connection: Connection, held: Mapping[str, int], until: Instant) -> None:
    """Hold claims longer; see `JournalStore.renew_claims`."""
    rows = [(pack(key), attempt) for key, attempt in sorted(held.items())]
    await connection.execute(_SQL["renew_claims"], *columns(rows), until)


async def release_effect(
    connection: Connection,
    key: str,
    not_before: Instant,
    detail: str | None,
    attempt: int | None,
) -> None:
    """Put a claimed effect back; see `JournalStore.release_effect`."""
    await connection.execute(
        _SQL["release_effect"], pack(key), not_before, pack_optional(detail), attempt
    )
