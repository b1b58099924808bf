"""The journal for several nodes: a PostgreSQL database that each of them writes to.

Any node may decide any event: two commits of one stream are kept apart by the revision they expect,
two openings by unique indexes, two claimers by the rows they skip. Nothing is remembered between
calls, since any of it may have been changed by another node. Once damage is seen nothing is written
any more. Holds no SQL and decides nothing.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypeVar

import msgspec

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.journal import postgres_outbox as outbox
from interlock.interpreter.journal import postgres_reader as reader
from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.postgres_pool import ConnectionPool
from interlock.interpreter.journal.postgres_schema import check_version
from interlock.interpreter.journal.postgres_seals import seal_committed
from interlock.interpreter.journal.postgres_writer import CommitWriter, keep_rulebook
from interlock.interpreter.journal.store import StoreDamagedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.lookup import Found, Lookup
    from interlock.interpreter.journal.outbox import Claim, OutboxRow
    from interlock.interpreter.journal.postgres_pool import Connection
    from interlock.interpreter.journal.seals import Seal
    from interlock.interpreter.journal.store import (
        Commit,
        Head,
        IncidentFilter,
        Quarantined,
        StoredRecord,
        TimerRow,
    )

Result = TypeVar("Result")


class PostgresJournalStore:
    """A `JournalStore` in a database; the address is one of libpq's URIs."""

    def __init__(self, address: str) -> None:
        self._location = without_password(address)
        self._pool = ConnectionPool(address, self._location)
        self._damage: StoreDamagedError | None = None

    @property
    def location(self) -> str:
        """The database's address, without the password."""
        return self._location

    @property
    def is_shared(self) -> bool:
        """Other nodes write to it too."""
        return True

    async def open(self) -> None:
        """Connect; raises StoreVersionError, StoreUnavailableError. Never migrates."""
        if self._pool.is_open:
            return
        await self._pool.open()
        command = f"interlock store migrate {shlex.quote(self._location)}"
        try:
            await self._read(lambda c: check_version(c, self._location, command))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Give every connection back; a second call does nothing."""
        await self._pool.close()

    async def _write(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        if self._damage is not None:
            raise self._damage
        return await self._read(work)

    async def _read(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        try:
            return await self._pool.run(work)
        except StoreDamagedError as error:
            self._damage = error
            raise

    async def check_integrity(self) -> Sequence[str]:
        """Return what the server knows to be wrong, and records whose stream is gone."""
        return await self._read(reader.check_integrity)

    async def commit(self, commit: Commit) -> None:
        """Write all of it, durably, or nothing; raises StaleRevisionError, MalformedCommitError."""
        await self._write(CommitWriter(commit).write)

    async def seal(self) -> Seal | None:
        """Seal what is committed, unless another node is at it, and return the last seal."""
        return await self._write(seal_committed)

    async def heads(self, streams: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of those streams that exist."""
        return await self._read(lambda c: reader.read_heads(c, streams))

    async def look_up(self, wanted: Lookup) -> Found:
        """Return heads, and of each id and correlation key the incident opened last."""
        return await self._read(lambda c: reader.look_up(c, wanted))

    async def list_incidents(self, wanted: IncidentFilter) -> tuple[Sequence[Head], str | None]:
        """Return a page of incident heads, latest opened first, and the next page's cursor."""
        return await self._read(lambda c: reader.list_incidents(c, wanted))

    async def read(
        self, stream: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[StoredRecord]:
        """Return records of a stream with a revision above `after`, in order."""
        return await self._read(lambda c: reader.read_records(c, stream, after, limit))

    async def streams(self) -> Sequence[str]:
        """Name every stream, in the order of their opening."""
        return await self._read(reader.read_streams)

    async def due_timers(self, now: Instant, limit: int = 256) -> Sequence[TimerRow]:
        """Return timers whose deadline is not after `now`, earliest first."""
        return await self._read(lambda c: reader.read_due_timers(c, now, limit))

    async def next_timer(self) -> Instant | None:
        """Return the earliest deadline of all timers."""
        return await self._read(reader.read_next_timer)

    async def claim_effects(self, claim: Claim) -> Sequence[OutboxRow]:
        """Take pending effects whose time has come, oldest first, and count the attempt."""
        return await self._write(outbox.Claimer(claim).take)

    async def expired_claims(self, now: Instant) -> Sequence[OutboxRow]:
        """Return claimed effects whose claimer is taken for dead."""
        return await self._read(lambda c: reader.read_expired_claims(c, now))

    async def renew_claims(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claims until a later time."""
        if held:
            await self._write(lambda c: outbox.renew_claims(c, held, until))

    async def release_effect(
        self,
        key: str,
        *,
        not_before: Instant,
        detail: str | None,
        attempt: int | None = None,
        now: Instant = 0,
        in_doubt: bool = False,
    ) -> None:
        """Put a claimed effect back to pending for a later attempt."""
        await self._write(
            lambda c: outbox.release_effect(
                c,
                key,
                not_before=not_before,
                detail=detail,
                attempt=attempt,
                now=now,
                in_doubt=in_doubt,
            )
        )

    async def effect(self, key: str) -> OutboxRow | None:
        """Return the outbox row of a key."""
        return await self._read(lambda c: reader.read_effect_of(c, key))

    async def list_effects(self, status: str | None = None) -> Sequence[OutboxRow]:
        """Return outbox rows, oldest first."""
        return await self._read(lambda c: reader.read_effects(c, status))

    async def payload(self, digest: str) -> bytes | None:
        """Return a raw payload by its SHA-256 (hex)."""
        return await self._read(lambda c: reader.read_payload(c, digest))

    async def old_payloads(self, before: Instant, limit: int) -> Sequence[str]:
        """Return payloads that came first before an instant and still have their bytes."""
        return await self._read(lambda c: reader.read_old_payloads(c, before, limit))

    async def save_rulebook(self, digest: str, sources: Mapping[str, str], at: Instant) -> None:
        """Keep a rulebook's sources; a known digest is left as it is."""
        data = encode(sources)
        await self._write(lambda c: keep_rulebook(c, digest, data, at))

    async def rulebook(self, digest: str) -> Mapping[str, str] | None:
        """Return the sources of a rulebook by digest."""
        data = await self._read(lambda c: reader.read_sources(c, digest))
        return None if data is None else msgspec.json.decode(data, type=dict[str, str])

    async def quarantined(self) -> Sequence[Quarantined]:
        """Return what was put aside, oldest first."""
        return await self._read(reader.read_quarantine)
