"""A journal kept in memory: what dry runs, tests and the simulator write to.

A peer of the durable stores: the same promises (but durability), the same refusals, the same order
of everything it returns. A commit checks all before it changes anything, and nothing it does after
the checks can fail. Never touches a disk or a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.commit_rules import (
    check_commit,
    check_continues,
    find_group_clash,
    identity,
)
from interlock.interpreter.journal.listing import is_wanted, parse_cursor
from interlock.interpreter.journal.lookup import Found
from interlock.interpreter.journal.memory_outbox import MemoryOutbox
from interlock.interpreter.journal.memory_timers import MemoryTimers
from interlock.interpreter.journal.seals import Sealing
from interlock.interpreter.journal.store import (
    MalformedCommitError,
    StaleRevisionError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.lookup import Lookup
    from interlock.interpreter.journal.outbox import Claim, OutboxRow
    from interlock.interpreter.journal.seals import Seal
    from interlock.interpreter.journal.store import (
        Append,
        Commit,
        Head,
        IncidentFilter,
        Quarantined,
        StoredRecord,
        TimerRow,
    )


class MemoryJournalStore:
    """A `JournalStore` in memory; closing keeps what it holds, so it can be opened again.

    `log`, `seals` and `payloads` are what `MemoryLog` reads: the records' streams, revisions and
    hashes in the order they were committed in, the seals over them, raw payloads (None: erased).
    """

    def __init__(self) -> None:
        self._is_open = False
        self._records: dict[str, list[StoredRecord]] = {}
        self._heads: dict[str, Head] = {}
        self._incidents: list[str] = []
        self._by_id: dict[str, list[str]] = {}
        self._by_group: dict[str, list[str]] = {}
        self._open_groups: dict[str, str] = {}
        self._timers = MemoryTimers()
        self._outbox = MemoryOutbox()
        self.payloads: dict[str, bytes | None] = {}
        self._rulebooks: dict[str, dict[str, str]] = {}
        self._quarantine: dict[str, Quarantined] = {}
        self._sealing = Sealing()
        self.seals: list[Seal] = []
        self.log: list[tuple[str, int, bytes]] = []
        self._erased: dict[str, int] = {}
        self._payload_times: dict[str, Instant] = {}

    @property
    def location(self) -> str:
        """Where it keeps its data, for people."""
        return "memory (lost at exit)"

    @property
    def is_shared(self) -> bool:
        """Nobody else has it."""
        return False

    async def open(self) -> None:
        """Make it ready for use."""
        self._is_open = True

    async def close(self) -> None:
        """Refuse further use until it is opened again."""
        self._is_open = False

    async def check_integrity(self) -> Sequence[str]:
        """Return nothing: there are no files that could be damaged."""
        self._check_open()
        return ()

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailableError("the journal in memory is not open")

    async def commit(self, commit: Commit) -> None:
        """Write all of it or nothing; raises StaleRevisionError, MalformedCommitError."""
        self._check_open()
        check_commit(commit)
        for append in commit.appends:
            head = self._heads.get(append.stream)
            if append.expected_revision != (head.revision if head else 0):
                raise StaleRevisionError(append.stream)
            keeps = identity(head) if head and append.stream not in commit.erased else None
            check_continues(append, head.hash if head else GENESIS, keeps)
        clash = find_group_clash(commit.appends, self._open_groups)
        if clash is not None:
            raise StaleRevisionError(clash)
        if self._outbox.has_any(row.key for row in commit.outbox):
            raise MalformedCommitError("an effect of this commit has a key that is in use")
        self._write(commit)

    def _write(self, commit: Commit) -> None:
        for append in commit.appends:
            self._release_group(self._heads.get(append.stream))
        for append in commit.appends:
            self._append(append)
        for timer in commit.timers_cleared:
            self._timers.clear(timer)
        for timer in commit.timers_set:
            self._timers.set(timer)
        for row in commit.outbox:
            self._outbox.add(row)
        for key, (status, detail) in commit.effects_ended.items():
            self._outbox.end(key, status, detail)
        for key in commit.effects_released:
            self._outbox.send_on(key)
        at = max((record.at for append in commit.appends for record in append.records), default=0)
        for digest, data in commit.payloads.items():
            self.payloads.setdefault(digest, data)
            self._payload_times.setdefault(digest, at)
        for item in commit.quarantined:
            self._quarantine.setdefault(item.id, item)
        self._seal([record for append in commit.appends for record in append.records])
        self._erase(commit)

    def _seal(self, records: Sequence[StoredRecord]) -> None:
        if records:
            self.log += [(record.stream, record.revision, record.hash) for record in records]
            at = max(record.at for record in records)
            self.seals.append(self._sealing.seal([r.hash for r in records], at))

    def _erase(self, commit: Commit) -> None:
        for append in commit.appends:
            if append.stream in commit.erased:
                self._erased[append.stream] = append.records[0].revision - 1
                self._records[append.stream] = list(append.records)
                self._forget_incident(append.stream)
                self._outbox.remove(append.stream)
                self._timers.remove(append.stream)
        for digest in commit.payloads_erased:
            if digest in self.payloads:
                self.payloads[digest] = None

    def _forget_incident(self, stream: str) -> None:
        for listed in (self._incidents, *self._by_id.values(), *self._by_group.values()):
            if stream in listed:
                listed.remove(stream)

    def _append(self, append: Append) -> None:
        head, stream = append.head, append.stream
        if stream not in self._heads and head.incident is not None:
            self._incidents.append(stream)
            if head.base_id is not None:
                self._by_id.setdefault(head.base_id, []).append(stream)
            if head.group_key is not None:
                self._by_group.setdefault(head.group_key, []).append(stream)
        self._heads[stream] = head
        self._records.setdefault(stream, []).extend(append.records)
        if head.is_open and head.group_key is not None:
            self._open_groups[head.group_key] = stream

    def _release_group(self, head: Head | None) -> None:
        if head is not None and head.is_open and head.group_key is not None:
            del self._open_groups[head.group_key]

    async def seal(self) -> Seal | None:
        """Return the last seal: every commit makes its own."""
        self._check_open()
        return self.seals[-1] if self.seals else None

    async def heads(self, streams: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of those streams that exist."""
        self._check_open()
        return {stream: self._heads[stream] for stream in streams if stream in self._heads}

    async def look_up(self, wanted: Lookup) -> Found:
        """Return heads, and of each id and correlation key the incident opened last."""
        self._check_open()
        by_id = {pair: self._latest_by_id(*pair) for pair in wanted.ids}
        return Found(
            heads=await self.heads(tuple(wanted.streams)),
            by_id={pair: head for pair, head in by_id.items() if head is not None},
            by_group={
                key: self._heads[streams[-1]]
                for key in wanted.groups
                if (streams := self._by_group.get(key))
            },
        )

    def _latest_by_id(self, base_id: str, origin: str | None) -> Head | None:
        for stream in reversed(self._by_id.get(base_id, ())):
            head = self._heads[stream]
            if origin is None or head.origin == origin:
                return head
        return None

    async def list_incidents(self, wanted: IncidentFilter) -> tuple[Sequence[Head], str | None]:
        """Return a page of incident heads, latest opened first, and the next page's cursor."""
        self._check_open()
        before = parse_cursor(wanted.after)
        place = len(self._incidents) if before is None else min(before, len(self._incidents))
        page: list[Head] = []
        while place > 0:
            head = self._heads[self._incidents[place - 1]]
            if is_wanted(head, wanted):
                if len(page) == wanted.limit:
                    return page, str(place)
                page.append(head)
            place -= 1
        return page, None

    async def read(
        self, stream: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[StoredRecord]:
        """Return records of a stream with a revision above `after`, in order."""
        self._check_open()
        start = max(after - self._erased.get(stream, 0), 0)
        return self._records.get(stream, [])[start : start + limit]

    def record(self, stream: str, revision: int) -> StoredRecord | None:
        """Return one record; None: it was erased."""
        place = revision - 1 - self._erased.get(stream, 0)
        return None if place < 0 else self._records[stream][place]

    async def streams(self) -> Sequence[str]:
        """Name every stream, in the order of their opening."""
        self._check_open()
        return list(self._heads)

    async def due_timers(self, now: Instant, limit: int = 256) -> Sequence[TimerRow]:
        """Return timers whose deadline is not after `now`, earliest first."""
        self._check_open()
        return self._timers.due(now, limit)

    async def next_timer(self) -> Instant | None:
        """Return the earliest deadline of all timers."""
        self._check_open()
        return self._timers.earliest()

    async def claim_effects(self, claim: Claim) -> Sequence[OutboxRow]:
        """Take pending effects whose time has come, oldest first, and count the attempt."""
        self._check_open()
        control = self._heads.get(CONTROL_STREAM)
        return self._outbox.claim(claim, control.data if control else None)

    async def expired_claims(self, now: Instant) -> Sequence[OutboxRow]:
        """Return claimed effects whose claimer is taken for dead."""
        self._check_open()
        return self._outbox.expired(now)

    async def renew_claims(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claims until a later time."""
        self._check_open()
        self._outbox.renew(held, until)

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
        self._check_open()
        self._outbox.release(
            key,
            not_before=not_before,
            detail=detail,
            attempt=attempt,
            now=now,
            in_doubt=in_doubt,
        )

    async def effect(self, key: str) -> OutboxRow | None:
        """Return the outbox row of a key."""
        self._check_open()
        return self._outbox.row(key)

    async def list_effects(self, status: str | None = None) -> Sequence[OutboxRow]:
        """Return outbox rows, oldest first."""
        self._check_open()
        return self._outbox.rows(status)

    async def payload(self, digest: str) -> bytes | None:
        """Return a raw payload by its SHA-256 (hex)."""
        self._check_open()
        return self.payloads.get(digest)

    async def old_payloads(self, before: Instant, limit: int) -> Sequence[str]:
        """Return payloads that came first before an instant and still have their bytes."""
        self._check_open()
        times = self._payload_times.items()
        old = sorted((at, d) for d, at in times if at < before and self.payloads[d] is not None)
        return [digest for _, digest in old[:limit]]

    async def save_rulebook(self, digest: str, sources: Mapping[str, str], at: Instant) -> None:
        """Keep a rulebook's sources; a known digest is left as it is."""
        self._check_open()
        del at
        self._rulebooks.setdefault(digest, dict(sources))

    async def rulebook(self, digest: str) -> Mapping[str, str] | None:
        """Return the sources of a rulebook by digest."""
        self._check_open()
        return self._rulebooks.get(digest)

    async def quarantined(self) -> Sequence[Quarantined]:
        """Return what was put aside, oldest first."""
        self._check_open()
        return list(self._quarantine.values())
