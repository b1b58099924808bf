"""The durable memory of every incident, as a role that stores play.

Promises each store keeps (tests/contracts/test_journal_store.py):
- a commit is atomic: records, heads, outbox, timers and payloads together or not at all;
- a returned commit survives a crash;
- records of one stream are totally ordered without gaps; a stale expected revision is refused with
  `StaleRevisionError` and writes nothing; so is a second open incident of one group key;
- bytes come back as they went in; corruption is raised, never interpreted, and stops all writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from interlock.interpreter.core.canonical import chain
from interlock.interpreter.core.event import Instant
from interlock.interpreter.journal.outbox import OutboxRow
from interlock.interpreter.journal.sealable import Sealable

if TYPE_CHECKING:
    from interlock.interpreter.journal.lookup import Found, Lookup
    from interlock.interpreter.journal.outbox import Claim


class StoreError(Exception):
    """The store cannot do what was asked; nothing was written."""


class StoreAddressError(StoreError):
    """The address names no store of this version: a mistake in the configuration."""


class StoreUnavailableError(StoreError):
    """Full, locked, read-only, unreachable: the same call may succeed later."""


class StoreDamagedError(StoreError):
    """What is stored is not what was written: the store is read-only from here on.

    `stream` and `revision` name the first bad record, where it is one.
    """

    def __init__(
        self, message: str, *, stream: str | None = None, revision: int | None = None
    ) -> None:
        super().__init__(message)
        self.stream = stream
        self.revision = revision


class StoreVersionError(StoreError):
    """Written by a newer version."""


class MalformedCommitError(StoreError):
    """The commit breaks the rules of `Commit`: a defect of the caller, not of what is stored."""


class StaleRevisionError(StoreError):
    """Another commit came first: the whole commit must be decided again.

    `stream` is the one whose expected revision was stale, or whose group key is open elsewhere.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(f"{stream} has moved on")
        self.stream = stream


class StoredRecord(Struct, frozen=True, gc=False):
    """A record as stored: canonical bytes and its link in the stream's SHA-256 chain.

    Attributes:
        previous: The hash before, where `link` computed this one from it: a commit compares the
            two ends of a link and computes it only where this is None.
    """

    stream: str
    revision: int
    at: Instant
    data: bytes
    hash: bytes
    previous: bytes | None = None

    @classmethod
    def link(
        cls, stream: str, revision: int, at: Instant, data: bytes, previous: bytes
    ) -> StoredRecord:
        """Make the record that follows the one with the hash `previous`."""
        return cls(stream, revision, at, data, chain(previous, data), previous)


class Head(Struct, frozen=True, kw_only=True, gc=False):
    """A stream's newest state. The fields behind `data` are there to be searched by.

    `incident`, `base_id`, `origin` and `group_key` never change once the stream is begun.

    Attributes:
        data: Canonical bytes of the incident, or of the stream's own state.
        group_key: Correlation key of an incident, unique among open ones.
        state: The incident's state; with `severity` and the flags it serves listings.
    """

    stream: str
    revision: int
    hash: bytes
    data: bytes
    incident: str | None = None
    base_id: str | None = None
    origin: str | None = None
    state: str | None = None
    severity: str | None = None
    is_open: bool = False
    needs_attention: bool = False
    group_key: str | None = None
    created_at: Instant = 0
    updated_at: Instant = 0


class Append(Struct, frozen=True):
    """New records of one stream, in order, and the head after the last of them.

    The records' revisions follow `expected_revision` without gaps, each hash chains to the one
    before (`canonical.chain`), and the head bears the last record's revision and hash.
    """

    stream: str
    expected_revision: int
    records: Sequence[StoredRecord]
    head: Head


class TimerRow(Struct, frozen=True, order=True, gc=False):
    """A durable timer; ordered by deadline, then stream and name."""

    due: Instant
    stream: str
    name: str


class Quarantined(Struct, frozen=True, kw_only=True):
    """An input that could not be decided, kept with the reason and its raw bytes."""

    id: str
    at: Instant
    source: str
    reason: str
    data: bytes


class Commit(Struct, frozen=True, kw_only=True):
    """Everything one transaction writes.

    Attributes:
        appends: One per stream touched. The order of new streams is the order of their opening.
        timers_set: Set or moved: (stream, name) is unique. They are set after the clearing.
        timers_cleared: Those that are gone: cancelled, or fired by this commit. One that does not
            exist, or has been moved to another deadline meanwhile, is left alone.
        outbox: New effects; a known key is refused.
        effects_ended: Key to (status, detail) of effects whose outcome this commit records, new
            ones included. `cancelled` and `dropped` leave a claimed one alone: it is already on
            its way and is awaited (`ENDED_ONLY_FROM`). One that waits to be repeated and is in
            doubt is not `cancelled` either: it becomes a claim that has run out, to be settled
            by whoever finds it. An unknown key is no error.
        effects_released: Keys of effects that a person sends on their way: what is pending, held or
            dead is pending at once, and no limit holds it again; any other is left alone.
        payloads: SHA-256 (hex) to raw payload bytes; a known one is left as it is.
        quarantined: Put aside; a known id is left as it is.
        erased: Streams appended to that lose all older records, which leave their hashes, and
            their effects and timers; the new head need not keep their identity.
        payloads_erased: Payloads that lose their bytes and keep their digest.
    """

    appends: Sequence[Append] = ()
    timers_set: Sequence[TimerRow] = ()
    timers_cleared: Sequence[TimerRow] = ()
    outbox: Sequence[OutboxRow] = ()
    effects_ended: Mapping[str, tuple[str, str | None]] = {}
    effects_released: Sequence[str] = ()
    payloads: Mapping[str, bytes] = {}
    quarantined: Sequence[Quarantined] = ()
    erased: Sequence[str] = ()
    payloads_erased: Sequence[str] = ()


class IncidentFilter(Struct, frozen=True, kw_only=True):
    """Which incidents a listing wants; None: any. `after` is the `next` of the page before."""

    state: str | None = None
    severity: str | None = None
    is_open: bool | None = None
    needs_attention: bool | None = None
    after: str | None = None
    limit: int = 100


class JournalStore(Sealable, Protocol):
    """A store; see the module's promises. Every method may raise StoreError."""

    @property
    def location(self) -> str:
        """Where it keeps its data, in full, for people."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other nodes may write to it while it is open here."""
        ...

    async def open(self) -> None:
        """Open, create or migrate; raises StoreVersionError, StoreUnavailableError."""
        ...

    async def close(self) -> None:
        """Release everything; a second call does nothing."""
        ...

    async def check_integrity(self) -> Sequence[str]:
        """Return what is wrong with the store's own files and indexes; reads all of it.

        The chains are not its business: see `verify.verify_journal`, which asks this too.
        """
        ...

    async def commit(self, commit: Commit) -> None:
        """Write all of it, durably, or nothing; raises StaleRevisionError, MalformedCommitError.

        When the waiting task is cancelled, or a server is lost in the middle and cannot be asked,
        the commit may or may not have been written.
        """
        ...

    async def heads(self, streams: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of those streams that exist."""
        ...

    async def look_up(self, wanted: Lookup) -> Found:
        """Return heads, and of each id and correlation key the incident opened last, open or not.

        Not one snapshot: what changes in between is found by the commit.
        """
        ...

    async def list_incidents(self, wanted: IncidentFilter) -> tuple[Sequence[Head], str | None]:
        """Return a page of incident heads, latest opened first, and the cursor of the next page."""
        ...

    async def read(
        self, stream: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[StoredRecord]:
        """Return records of a stream with a revision above `after`, in order.

        Raises StoreDamagedError naming the first record that does not follow from the one before.
        """
        ...

    async def streams(self) -> Sequence[str]:
        """Name every stream, in the order of their opening (for audits and tests)."""
        ...

    async def due_timers(self, now: Instant, limit: int = 256) -> Sequence[TimerRow]:
        """Return timers whose deadline is not after `now`, earliest first."""
        ...

    async def next_timer(self) -> Instant | None:
        """Return the earliest deadline of all timers."""
        ...

    async def claim_effects(self, claim: Claim) -> Sequence[OutboxRow]:
        """Take pending effects whose time has come, oldest first, and count the attempt.

        A `hook` effect is taken only where the automation ladder lets it, and never beyond the
        limits, however many claim at once: both are read in the same transaction. One over a limit
        that asks comes back as `held`, the others as claimed.
        """
        ...

    async def expired_claims(self, now: Instant) -> Sequence[OutboxRow]:
        """Return claimed effects whose claimer is taken for dead (`claimed_until` before now).

        So too held ones that nobody was told of by then.
        """
        ...

    async def renew_claims(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claims until a later time: key to the attempt that is under way.

        One that is no longer claimed, or that another claimer has by now, is left alone.
        """
        ...

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
        """Put a claimed effect back to pending for a later attempt.

        `now` is kept: once a clock shows a time long before it, that clock was set back, and the
        effect is due at once. With `in_doubt` the target may have done what was asked, and the row
        says so from here on, whatever comes of later attempts. Does nothing when it is no longer
        claimed or, where `attempt` is given, when another claimer has it by now.
        """
        ...

    async def effect(self, key: str) -> OutboxRow | None:
        """Return the outbox row of a key."""
        ...

    async def list_effects(self, status: str | None = None) -> Sequence[OutboxRow]:
        """Return outbox rows, oldest first."""
        ...

    async def payload(self, digest: str) -> bytes | None:
        """Return a raw payload by its SHA-256 (hex)."""
        ...

    async def save_rulebook(self, digest: str, sources: Mapping[str, str], at: Instant) -> None:
        """Keep a rulebook's sources (file name to text); a known digest is left as it is."""
        ...

    async def rulebook(self, digest: str) -> Mapping[str, str] | None:
        """Return the sources of a rulebook by digest."""
        ...

    async def quarantined(self) -> Sequence[Quarantined]:
        """Return what was put aside, oldest first."""
        ...
