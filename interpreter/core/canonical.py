"""The one place where records and heads become bytes.

Canonical bytes are JSON (RFC 8259) in UTF-8 without white space, object keys in code-point order,
integers as int64, doubles in their shortest form that reads back the same. They are made once,
stored as they are and hashed as stored: nobody encodes a record twice. Golden vectors in the tests
pin them for every later version.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from interlock.interpreter.core.change import Change
from interlock.interpreter.core.event import Instant
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.core.record import Record

GENESIS = bytes(32)
"""The hash before a stream's first record."""


class NamedPayload(Struct, frozen=True):
    """What an event says of the raw bytes it was read from: their SHA-256 (hex)."""

    raw: str | None = None


class FoldedInput(Struct, frozen=True):
    """What is left of an input; `event` None: it was no event."""

    event: NamedPayload | None = None


class FoldedRecord(Struct, frozen=True, kw_only=True):
    """What folding looks at of a record, and the payload it names; read at half the cost of all."""

    stream: str
    revision: int
    at: Instant
    actor: str
    input: FoldedInput
    changes: tuple[Change, ...] = ()


_encoder = msgspec.json.Encoder(order="sorted")
_record_decoder = msgspec.json.Decoder(Record)
_folded_decoder = msgspec.json.Decoder(FoldedRecord)
_incident_decoder = msgspec.json.Decoder(Incident)


class DamagedBytesError(Exception):
    """Stored bytes are not what this version or any earlier one wrote: never interpreted."""


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a record, a head or plain data."""
    return _encoder.encode(value)


def decode_record(data: bytes) -> Record:
    """Read a record's bytes; raises DamagedBytesError."""
    try:
        return _record_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"a record cannot be read: {error}") from error


def decode_folded(data: bytes) -> FoldedRecord:
    """Read what folding needs of a record's bytes; raises DamagedBytesError."""
    try:
        return _folded_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"a record cannot be read: {error}") from error


def decode_incident(data: bytes) -> Incident:
    """Read an incident head's bytes; raises DamagedBytesError."""
    try:
        return _incident_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"an incident head cannot be read: {error}") from error


def chain(previous: bytes, record: bytes) -> bytes:
    """Return SHA-256 over the previous record's hash and this record's bytes (32 bytes)."""
    return hashlib.sha256(previous + record).digest()
