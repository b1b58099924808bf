"""Checkpoints: what is signed of a journal and kept elsewhere, and what it proves later.

A checkpoint names a seal: how many records there were and their Merkle root. Whoever holds one and
the public key can tell that the journal was cut short or written anew since. A file of checkpoints
has one a line; each names the one before by its SHA-256. Never reads a key or a store.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import Instant
from interlock.interpreter.journal.verify import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interlock.interpreter.journal.seals import Seal

_CONTEXT = b"interlock checkpoint v1\n"
"""Stands before what is signed, so that a signature is of use for nothing else."""


class CheckpointError(Exception):
    """A checkpoint is no such, or not signed by the key; the text is for people."""


class Signer(Protocol):
    """What signs."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over data."""
        ...


class Verifier(Protocol):
    """What knows a signature."""

    id: str

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Tell whether a signature is over data."""
        ...


class Checkpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed.

    Attributes:
        size: How many records the journal had.
        root: Their Merkle root (hex).
        seal: The hash of the seal that says so (hex).
        at: When it was signed.
        key: The id of the key.
        previous: SHA-256 (hex) of the line before in the file, None for a first one.
    """

    v: int = 1
    size: int
    root: str
    seal: str
    at: Instant
    key: str
    previous: str | None = None


class _Line(Struct, frozen=True, forbid_unknown_fields=True):
    checkpoint: msgspec.Raw
    signature: str


_line_decoder = msgspec.json.Decoder(_Line)
_decoder = msgspec.json.Decoder(Checkpoint)


def sign_checkpoint(
    seal: Seal, at: Instant, key: str, signer: Signer, previous: bytes | None = None
) -> bytes:
    """Return the line of a checkpoint of a seal; `previous` is the line before, if any."""
    checkpoint = Checkpoint(
        size=seal.size,
        root=seal.root.hex(),
        seal=seal.hash.hex(),
        at=at,
        key=key,
        previous=None if previous is None else hashlib.sha256(previous.rstrip(b"\n")).hexdigest(),
    )
    data = encode(checkpoint)
    signature = b64encode(signer.sign(_CONTEXT + data)).decode()
    return b'{"checkpoint":%s,"signature":"%s"}\n' % (data, signature.encode())


def read_checkpoints(data: bytes, keys: Sequence[Verifier] = ()) -> list[Checkpoint]:
    """Read a file of checkpoints; each must be signed by one of the keys and name the one before.

    Without keys signatures are not looked at. The first may name one that is not there. Raises
    CheckpointError.
    """
    found: list[Checkpoint] = []
    before: bytes | None = None
    for number, line in _lines(data):
        checkpoint = _read_line(line, number, keys)
        if before is not None and checkpoint.previous != hashlib.sha256(before).hexdigest():
            raise CheckpointError(f"line {number}: it does not name the checkpoint before it")
        if found and checkpoint.size < found[-1].size:
            raise CheckpointError(f"line {number}: the journal had more records before")
        found.append(checkpoint)
        before = line
    if not found:
        raise CheckpointError("there is no checkpoint in it")
    return found


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip())


def _read_line(line: bytes, number: int, keys: Sequence[Verifier]) -> Checkpoint:
    try:
        read = _line_decoder.decode(line)
        signed = bytes(read.checkpoint)
        checkpoint = _decoder.decode(signed)
        signature = b64decode(read.signature, validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, Base64Error, ValueError) as error:
        raise CheckpointError(f"line {number} is no checkpoint: {error}") from error
    if keys and not any(
        key.id == checkpoint.key and key.verifies(signature, _CONTEXT + signed) for key in keys
    ):
        raise CheckpointError(
            f"line {number}: it is not signed by this key (it names the key {checkpoint.key})"
        )
    return checkpoint


def compare_checkpoints(
    found: Mapping[int, Seal], records: int, checkpoints: Sequence[Checkpoint]
) -> list[Flaw]:
    """Compare a journal's sound seals, by size, with checkpoints; name the first that differs."""
    agreed = 0
    for checkpoint in sorted(checkpoints, key=lambda each: each.size):
        size = checkpoint.size
        seal = found.get(size)
        if seal is not None and (seal.root.hex(), seal.hash.hex()) == (
            checkpoint.root,
            checkpoint.seal,
        ):
            agreed = size
            continue
        if records < size:
            reason = f"it was cut short: it has {records} records, a checkpoint says {size}"
        else:
            reason = (
                f"it was written anew: its records {agreed + 1} to {size} are not those of the"
                " checkpoint"
            )
        return [Flaw(None, None, reason)]
    return []
