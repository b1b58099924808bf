"""The part of a store's role that lets its journal be audited.

Values and roles only: how a journal is walked from its first record to its last, beside a daemon
that goes on writing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from interlock.interpreter.journal.stored import checksum, damaged_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.seals import Seal
    from interlock.interpreter.journal.store import Head
    from interlock.interpreter.journal.stored import Row


class LogRow(NamedTuple):
    """A record in the order of all records of all streams.

    Attributes:
        number: Its place in that order, from 1; 0 while it has none (PostgreSQL: not sealed yet).
        at: None for one that was erased.
        data: Its canonical bytes, None for one that was erased: its hash stays.
    """

    number: int
    stream: str
    revision: int
    hash: bytes
    at: Instant | None
    data: bytes | None


def checked_row(  # noqa: PLR0917 - the columns of a row
    number: int,
    stream: str,
    revision: int,
    hash_: bytes,
    at: Instant | None,
    data: bytes | None,
    found: int | None,
) -> LogRow:
    """Return a row whose checksum is `found`, as the stores write it; raises StoreDamagedError."""
    if data is not None and checksum((stream, revision, at, hash_)) != found:
        raise damaged_record(stream, revision, "is not what was written")
    return LogRow(number, stream, revision, hash_, at, data)


class JournalLog(Protocol):
    """One consistent view of a journal, read-only. Every method may raise StoreError."""

    def rows(self, after: int = 0) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records behind a place in their order; those without one come last."""
        ...

    def stream(self, stream: str) -> AsyncIterator[Sequence[LogRow]]:
        """Walk the records of one stream."""
        ...

    def heads(self) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads, in the order of the streams' opening."""
        ...

    def seals(self) -> AsyncIterator[Sequence[Seal]]:
        """Walk the seals."""
        ...

    async def spans(self) -> Sequence[bytes]:
        """Return the roots of the complete spans of the tree, as the store keeps them."""
        ...

    def payloads(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Walk the raw payloads: SHA-256 (hex) and bytes, None for one that was erased."""
        ...

    async def payload(self, digest: str) -> tuple[str, bytes | None] | None:
        """Return one raw payload; None where the store has not even a tombstone of it."""
        ...

    async def rulebook(self, digest: str) -> dict[str, str] | None:
        """Return the sources of a rulebook by digest."""
        ...

    async def check_files(self) -> Sequence[str]:
        """Return what is wrong with the store's own files and indexes."""
        ...

    async def close(self) -> None:
        """Release it."""
        ...


class Extent(NamedTuple):
    """How much there is: the last record's number, and the last stream's place of opening."""

    records: int
    places: int


@runtime_checkable
class SweepableLog(JournalLog, Protocol):
    """A journal that can be read in bulk, with no more for each record than a sweep looks at."""

    async def extent(self) -> Extent:
        """Return how much there is."""
        ...

    def hashes(self) -> AsyncIterator[Sequence[tuple[int, bytes]]]:
        """Walk the numbers and hashes of all records, erased ones included, in their order."""
        ...

    def part_heads(self, first: int, last: int) -> AsyncIterator[Sequence[Head]]:
        """Walk the heads whose streams opened from `first` to `last`."""
        ...

    def part_records(self, first: int, last: int) -> AsyncIterator[Sequence[Row]]:
        """Walk the records of these streams: `stream, revision, at, hash, sum, data`, by stream."""
        ...

    async def count_payloads(self, digests: Sequence[str]) -> int:
        """Return how many of some payloads are there, with their bytes or as tombstones."""
        ...

    async def count_erased(self) -> int:
        """Return how many records were erased."""
        ...

    async def has_strays(self) -> bool:
        """Tell whether a record is of a stream without a head, or erased and there."""
        ...
