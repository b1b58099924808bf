"""What a durable store checks as it reads: checksums, chains, ends of streams, payloads.

Pure, and shared by the stores: what does not fit raises StoreDamagedError, so that a flipped bit is
never taken for a state. Never reads a store.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from interlock.interpreter.core.canonical import (
    GENESIS,
    DamagedBytesError,
    chain,
    decode_record,
)
from interlock.interpreter.core.change_control import StreamErased
from interlock.interpreter.journal.store import StoreDamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.journal.store import StoredRecord

Row = tuple[Any, ...]

_pack = msgspec.msgpack.Encoder().encode


def checksum(fields: Row, data: bytes = b"") -> int:
    """Return the CRC-32 of a row's columns, and of `data` after them."""
    return zlib.crc32(data, zlib.crc32(_pack(fields)))


def record_sums(rows: Sequence[Row]) -> list[int]:
    """Return the checksums of records by their columns `stream, revision, at, hash, ...`."""
    crc32, pack = zlib.crc32, _pack
    return [crc32(pack(row[:4])) for row in rows]


def check_sum(fields: Row, found: int, what: str, data: bytes = b"") -> None:
    """Refuse columns that do not have the checksum they were written with."""
    if checksum(fields, data) != found:
        raise StoreDamagedError(f"{what} is not what was written; restore from a backup")


def check_payload(digest: str, data: bytes) -> bytes:
    """Return a payload that has its digest."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise StoreDamagedError(f"the payload {digest} is not what was written")
    return data


def damaged_record(stream: str, revision: int, what: str) -> StoreDamagedError:
    """Return the error that names a record."""
    return StoreDamagedError(
        f"record {revision} of {stream} {what}; restore from a backup",
        stream=stream,
        revision=revision,
    )


def check_chain(records: Sequence[StoredRecord], after: int, previous: bytes | None) -> None:
    """Refuse the first record that does not follow from the one before.

    `previous` is the hash of record `after`, None where that record is missing.
    """
    if after == 0:
        previous = GENESIS
    for revision, record in enumerate(records, after + 1):
        if record.revision != revision:
            raise damaged_record(record.stream, revision, "is missing")
        if previous is None:
            raise damaged_record(record.stream, after, "is missing")
        if not isinstance(record.data, bytes) or chain(previous, record.data) != record.hash:
            raise damaged_record(record.stream, revision, "is not what was written")
        previous = record.hash


def find_erasure(data: bytes) -> StreamErased | None:
    """Return what the record behind erased ones says of them; None: it is no such record."""
    try:
        record = decode_record(data)
    except DamagedBytesError:
        return None
    for change in record.changes:
        if isinstance(change, StreamErased) and change.stream == record.stream:
            return change
    return None


def check_erased(record: StoredRecord) -> int:
    """Return how many records were erased before this one; refuse one that does not say so."""
    erased = find_erasure(record.data)
    if erased is not None and erased.records == record.revision - 1:
        return erased.records
    raise damaged_record(record.stream, 1, "is missing")


def check_end(
    stream: str, after: int, records: Sequence[StoredRecord], end: tuple[int, bytes] | None
) -> None:
    """Refuse a last page of records that is not the end of its stream.

    `end` is the head's revision and hash, None where there is no head.
    """
    last = records[-1] if records else None
    if end is None:
        if last:
            raise StoreDamagedError(f"{stream} has records but no head", stream=stream)
        return
    found = last.revision if last else after
    if found < end[0]:
        raise damaged_record(stream, found + 1, "is missing")
    if last and (last.revision, last.hash) != end:
        raise StoreDamagedError(f"the head of {stream} is not that of its records", stream=stream)
