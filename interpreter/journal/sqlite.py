"""The default journal: one SQLite file, written by one process through one connection.

Durable (WAL, `synchronous=FULL`, checked after setting), readable while it is written, closed to a
second daemon by an operating system lock on `<file>.lock`. Once damage is seen nothing is written
any more. Holds no SQL and decides nothing.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.journal import sqlite_reader as reader
from interlock.interpreter.journal import sqlite_writer as writer
from interlock.interpreter.journal.file_lock import FileLock, LockHeldError
from interlock.interpreter.journal.sqlite_schema import check_place, connect_reader, connect_writer
from interlock.interpreter.journal.sqlite_seals import read_last_seal
from interlock.interpreter.journal.sqlite_thread import ConnectionThread
from interlock.interpreter.journal.store import StoreDamagedError, StoreUnavailableError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.lookup import Found, Lookup
    from interlock.interpreter.journal.outbox import Claim, OutboxRow
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

_READERS = 2


class SqliteJournalStore:
    """A `JournalStore` in a file; a relative path is resolved where the store is made."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path).resolve()
        self._lock = FileLock(self._path.with_name(self._path.name + ".lock"))
        self._commits = writer.CommitWriter()
        self._writer: ConnectionThread | None = None
        self._readers: tuple[ConnectionThread, ...] = ()
        self._turn = itertools.count()
        self._damage: StoreDamagedError | None = None

    @property
    def location(self) -> str:
        """The file's absolute path."""
        return str(self._path)

    @property
    def is_shared(self) -> bool:
        """The lock keeps others out."""
        return False

    async def open(self) -> None:
        """Open, create or migrate; raises StoreVersionError, StoreUnavailableError."""
        if self._writer is not None:
            return
        self._commits = writer.CommitWriter()
        self._writer = self._thread("journal-writer", connect_writer)
        self._readers = tuple(
            self._thread(f"journal-reader-{number}", connect_reader) for number in range(_READERS)
        )
        try:
            await asyncio.to_thread(self._take_place)
            await self._write(_touch)
            for _ in self._readers:
                await self._read(_touch)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was asked before and release everything; a second call does nothing."""
        writer_, self._writer = self._writer, None
        readers, self._readers = self._readers, ()
        # the writer goes last: only it may checkpoint, which the last to leave does
        for thread in (*readers, *((writer_,) if writer_ else ())):
            await thread.close()
        self._lock.release()

    def _thread(self, name: str, connect: Callable[[Path], sqlite3.Connection]) -> ConnectionThread:
        return ConnectionThread(self._path, name, lambda: connect(self._path))

    def _take_place(self) -> None:
        check_place(self._path)
        try:
            self._lock.acquire()
        except LockHeldError as error:
            by = f"process {error.holder}" if error.holder else "another process"
            raise StoreUnavailableError(
                f"{self._path} is in use by {by}: one daemon writes to a file; stop the other one,"
                " or ask it through its API"
            ) from error
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._path}: its lock file cannot be written: {error.strerror}; this user must"
                f" be able to write to the folder {self._path.parent}"
            ) from error

    async def _write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._writer is None:
            raise StoreUnavailableError(f"{self._path} is not open")
        if self._damage is not None:
            raise self._damage
        return await self._run(self._writer, work)

    async def _read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if not self._readers:
            raise StoreUnavailableError(f"{self._path} is not open")
        return await self._run(self._readers[next(self._turn) % len(self._readers)], work)

    async def _run(
        self, thread: ConnectionThread, work: Callable[[sqlite3.Connection], Result]
    ) -> Result:
        try:
            return await thread.run(work)
        except StoreDamagedError as error:
            self._damage = error
            raise

    async def check_integrity(self) -> Sequence[str]:
        """Return what is wrong with the file's pages and indexes; reads all of it."""
        return await self._read(reader.check_integrity)

    async def commit(self, commit: Commit) -> None:
        """Write all of it, durably, or nothing; raises StaleRevisionError, MalformedCommitError."""
        await self._write(lambda connection: self._commits.write(connection, commit))

    async def seal(self) -> Seal | None:
        """Return the last seal: every commit makes its own."""
        return await self._read(read_last_seal)

    async def heads(self, streams: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of those streams that exist."""
        return await self._read(lambda connection: reader.read_heads(connection, streams))

    async def look_up(self, wanted: Lookup) -> Found:
        """Return heads, and of each id and correlation key the incident opened last."""
        return await self._read(lambda connection: reader.look_up(connection, wanted))

    async def list_incidents(self, wanted: IncidentFilter) -> tuple[Sequence[Head], str | None]:
        """Return a page of incident heads, latest opened first, and the next page's cursor."""
        return await self._read(lambda connection: reader.list_incidents(connection, wanted))

    async def read(
        self, stream: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[StoredRecord]:
        """Return records of a stream with a revision above `after`, in order."""
        return await self._read(
            lambda connection: reader.read_records(connection, stream, after, limit)
        )

    async def streams(self) -> Sequence[str]:
        """Name every stream, in the order of their opening."""
        return await self._read(reader.read_streams)

    async def due_timers(self, now: Instant, limit: int = 256) -> Sequence[TimerRow]:
        """Return timers whose deadline is not after `now`, earliest first."""
        return await self._read(lambda connection: reader.read_due_timers(connection, now, limit))

    async def next_timer(self) -> Instant | None:
        """Return the earliest deadline of all timers."""
        return await self._read(reader.read_next_timer)

    async def claim_effects(self, claim: Claim) -> Sequence[OutboxRow]:
        """Take pending effects whose time has come, oldest first, and count the attempt."""
        return await self._write(lambda connection: writer.claim_effects(connection, claim))

    async def expired_claims(self, now: Instant) -> Sequence[OutboxRow]:
        """Return claimed effects whose claimer is taken for dead."""
        return await self._read(lambda connection: reader.read_expired_claims(connection, now))

    async def renew_claims(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claims until a later time."""
        await self._write(lambda connection: writer.renew_claims(connection, held, until))

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
            lambda connection: writer.release_effect(
                connection,
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
        return await self._read(lambda connection: reader.read_effect_of(connection, key))

    async def list_effects(self, status: str | None = None) -> Sequence[OutboxRow]:
        """Return outbox rows, oldest first."""
        return await self._read(lambda connection: reader.read_effects(connection, status))

    async def payload(self, digest: str) -> bytes | None:
        """Return a raw payload by its SHA-256 (hex)."""
        return await self._read(lambda connection: reader.read_payload(connection, digest))

    async def old_payloads(self, before: Instant, limit: int) -> Sequence[str]:
        """Return payloads that came first before an instant and still have their bytes."""
        return await self._read(lambda c: reader.read_old_payloads(c, before, limit))

    async def save_rulebook(self, digest: str, sources: Mapping[str, str], at: Instant) -> None:
        """Keep a rulebook's sources; a known digest is left as it is."""
        data = encode(sources)
        await self._write(lambda connection: writer.keep_rulebook(connection, digest, data, at))

    async def rulebook(self, digest: str) -> Mapping[str, str] | None:
        """Return the sources of a rulebook by digest."""
        data = await self._read(lambda connection: reader.read_sources(connection, digest))
        return None if data is None else msgspec.json.decode(data, type=dict[str, str])

    async def quarantined(self) -> Sequence[Quarantined]:
        """Return what was put aside, oldest first."""
        return await self._read(reader.read_quarantine)


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT 1")
