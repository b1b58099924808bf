"""The evidence of one incident in one file that proves itself.

A zip archive with every record, the payloads and rulebooks they name, and for each record the path
in the Merkle tree to the root of the journal's last seal; with a checkpoint of that seal, the proof
goes on to a signature. Checking one needs no store. Never holds a record of another stream.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from interlock.interpreter.audit.checkpoints import CheckpointError, read_checkpoints
from interlock.interpreter.core.canonical import (
    GENESIS,
    DamagedBytesError,
    chain,
    decode_record,
    encode,
)
from interlock.interpreter.core.change import Opened
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.folds import FOLDS
from interlock.interpreter.journal.merkle import (
    SPAN,
    hash_leaf,
    inclusion_path,
    root_of_path,
    tree_root,
)
from interlock.interpreter.journal.seals import Seal, link_seal
from interlock.interpreter.journal.store import StoredRecord
from interlock.interpreter.journal.verify import Flaw, StreamWalk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.audit.checkpoints import Verifier
    from interlock.interpreter.journal.sealed import JournalLog, LogRow

MEMBER_BYTES_MAX = 64 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_README = """This is the evidence of one incident, taken from a journal of Interlock.

records.jsonl      every record, in order: the bytes that were stored, one a line
proof.json         for each record its number in the journal and the path to the Merkle root
                   (RFC 6962) of the seal; the seal chains to the one before by `previous`
payloads/          raw payloads by the SHA-256 of their bytes; erased ones are not here
rulebooks/         sources of the rulebooks that decided
checkpoint.jsonl   where it is there: a signed checkpoint of the journal

Check it with:  interlock audit verify THIS-FILE [--public-key FILE]

Record n's hash is SHA-256 over the hash of record n-1 (32 zero bytes before the first) and the
record's bytes. The leaf is SHA-256 over 0x00 and that hash. Without a checkpoint the archive proves
that it is whole in itself, not that the journal said so.
"""


class ArchiveError(Exception):
    """There is nothing to take evidence of, or a file is no archive; the text is for people."""


class Proof(Struct, frozen=True):
    """Where a record stands in the journal, and its siblings up to the root (hex)."""

    number: int
    path: tuple[str, ...]


class Proofs(Struct, frozen=True, kw_only=True):
    """What binds the records to a seal; hashes in hex."""

    stream: str
    size: int
    at: int
    root: str
    previous: str
    seal: str
    records: tuple[Proof, ...]


class Evidence(Struct, frozen=True):
    """What an archive holds and what is wrong with it; `signed` by whom, None: by nobody."""

    stream: str
    records: int
    payloads: int
    signed: str | None
    flaws: tuple[Flaw, ...]


async def make_archive(log: JournalLog, stream: str, checkpoints: bytes = b"") -> bytes:
    """Return the archive of a stream.

    Args:
        log: The journal.
        stream: The stream, such as `incident/ID`.
        checkpoints: The checkpoints of the journal; the first that holds all of it is put in.

    Raises:
        ArchiveError: there is no such stream, some of it was erased or is not sealed yet.
        StoreError: the journal cannot be read.
    """
    rows = [row async for page in log.stream(stream) for row in page]
    if not rows:
        raise ArchiveError(f"there is no {stream}")
    if any(row.data is None for row in rows):
        raise ArchiveError(f"{stream} was erased; its hashes are in the journal")
    line, wanted = _choose_checkpoint(checkpoints, max(row.number for row in rows))
    seal, previous = await _find_seal(log, wanted)
    if not all(0 < row.number <= seal.size for row in rows):
        raise ArchiveError(f"{stream} is not sealed yet; try again in a second")
    proofs = await _prove(log, seal, previous, rows)
    members = {
        "README.txt": _README.encode(),
        "records.jsonl": b"".join(b"%s\n" % row.data for row in rows),
        "proof.json": json.dumps(msgspec.to_builtins(proofs), indent=1).encode(),
    }
    if line is not None:
        members["checkpoint.jsonl"] = line + b"\n"
    members |= await _named(log, rows)
    return _pack(members)


def _choose_checkpoint(data: bytes, number: int) -> tuple[bytes | None, int | None]:
    if not data.strip():
        return None, None
    lines = [line for line in data.splitlines() if line.strip()]
    for line, checkpoint in zip(lines, read_checkpoints(data), strict=True):
        if checkpoint.size >= number:
            return line, checkpoint.size
    raise ArchiveError("no checkpoint in the file is late enough to hold all of it; make one")


async def _find_seal(log: JournalLog, size: int | None) -> tuple[Seal, bytes]:
    """Return the last seal, or that of a size, and the hash of the one before."""
    last: tuple[Seal, bytes] | None = None
    async for page in log.seals():
        for seal in page:
            previous = GENESIS if last is None else last[0].hash
            last = (seal, previous)
            if seal.size == size:
                return last
    if last is None or size is not None:
        raise ArchiveError("the journal has no seal of the checkpoint's size")
    return last


async def _prove(log: JournalLog, seal: Seal, previous: bytes, rows: Sequence[LogRow]) -> Proofs:
    """Make the paths: within the span of each record, and above the spans."""
    wanted = {(row.number - 1) // SPAN for row in rows}
    kept: dict[int, list[bytes]] = {}
    spans: list[bytes] = []
    pending: list[bytes] = []
    async for page in log.rows():
        for row in page:
            if not 0 < row.number <= seal.size:
                continue
            pending.append(hash_leaf(row.hash))
            if len(pending) == SPAN or row.number == seal.size:
                if len(spans) in wanted:
                    kept[len(spans)] = pending
                spans.append(tree_root(pending))
                pending = []
    if tree_root(spans) != seal.root:
        raise ArchiveError("the journal's last seal is not over its records; verify it first")
    proofs = []
    for row in rows:
        span, index = divmod(row.number - 1, SPAN)
        path = inclusion_path(kept[span], index) + inclusion_path(spans, span)
        proofs.append(Proof(row.number, tuple(each.hex() for each in path)))
    return Proofs(
        stream=rows[0].stream,
        size=seal.size,
        at=seal.at,
        root=seal.root.hex(),
        previous=previous.hex(),
        seal=seal.hash.hex(),
        records=tuple(proofs),
    )


async def _named(log: JournalLog, rows: Sequence[LogRow]) -> dict[str, bytes]:
    """Return the payloads and rulebooks that records name, by their names in the archive."""
    members: dict[str, bytes] = {}
    for row in rows:
        assert row.data is not None, "erased streams were refused"
        record = decode_record(row.data)
        raw = record.input.event.raw if isinstance(record.input, EventInput) else None
        if raw is not None and (payload := await log.payload(raw)) is not None and payload[1]:
            members[f"payloads/{raw}"] = payload[1]
        for change in record.changes:
            if isinstance(change, Opened):
                sources = await log.rulebook(change.rulebook)
                name = f"rulebooks/{change.rulebook.replace(':', '-')}.json"
                members[name] = encode(sources or {})
    return members


def _pack(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # a fixed time: the same evidence gives the same bytes
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def verify_archive(data: bytes, keys: Sequence[Verifier] = ()) -> Evidence:
    """Check an archive by itself; with keys its checkpoint must be there and be signed by one.

    Raises:
        ArchiveError: it is no archive.
    """
    members = _unpack(data)
    try:
        proofs = msgspec.json.decode(members["proof.json"], type=Proofs)
        lines = members["records.jsonl"].splitlines()
    except (KeyError, msgspec.DecodeError) as error:
        raise ArchiveError(f"it is no evidence of Interlock: {error}") from error
    flaws = [*_verify_records(proofs, lines), *_verify_seal(proofs)]
    payloads = [name for name in members if name.startswith("payloads/")]
    flaws += [
        Flaw(None, None, f"{name} is not what was received")
        for name in payloads
        if hashlib.sha256(members[name]).hexdigest() != name.removeprefix("payloads/")
    ]
    signed, more = _verify_signature(proofs, members.get("checkpoint.jsonl"), keys)
    return Evidence(proofs.stream, len(lines), len(payloads), signed, (*flaws, *more))


def _unpack(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.file_size > MEMBER_BYTES_MAX:
                    raise ArchiveError(f"{info.filename} is too large to be evidence")
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"it is no zip archive: {error}") from error


def _verify_records(proofs: Proofs, lines: Sequence[bytes]) -> list[Flaw]:
    stream = proofs.stream
    walk = StreamWalk(stream, FOLDS.get(stream.partition("/")[0]))
    if len(lines) != len(proofs.records):
        return [
            Flaw(stream, min(len(lines), len(proofs.records)) + 1, "it or its proof is missing")
        ]
    previous = GENESIS
    for revision, (line, proof) in enumerate(zip(lines, proofs.records, strict=True), 1):
        previous = chain(previous, line)
        try:
            at = decode_record(line).at
        except DamagedBytesError as error:
            return [Flaw(stream, revision, str(error))]
        reason = walk.check(StoredRecord(stream, revision, at, line, previous))
        path = _path(proof)
        root = (
            None
            if path is None
            else root_of_path(hash_leaf(previous), proof.number - 1, proofs.size, path)
        )
        if reason is None and (root is None or root.hex() != proofs.root):
            reason = "it is not the one that the journal's seal is over"
        if reason is not None:
            return [Flaw(stream, revision, reason)]
    return []


def _path(proof: Proof) -> list[bytes] | None:
    try:
        return [bytes.fromhex(each) for each in proof.path]
    except ValueError:
        return None


def _verify_seal(proofs: Proofs) -> list[Flaw]:
    try:
        root, previous = bytes.fromhex(proofs.root), bytes.fromhex(proofs.previous)
    except ValueError:
        return [Flaw(None, None, "the seal cannot be read")]
    if link_seal(previous, proofs.size, proofs.at, root).hex() != proofs.seal:
        return [Flaw(None, None, "the seal's hash is not over what it says")]
    return []


def _verify_signature(
    proofs: Proofs, line: bytes | None, keys: Sequence[Verifier]
) -> tuple[str | None, list[Flaw]]:
    if line is None:
        if keys:
            return None, [Flaw(None, None, "there is no checkpoint in it that a key could verify")]
        return None, []
    try:
        (checkpoint,) = read_checkpoints(line, keys)
    except (CheckpointError, ValueError) as error:
        return None, [Flaw(None, None, f"its checkpoint: {error}")]
    said: tuple[Any, ...] = (checkpoint.size, checkpoint.root, checkpoint.seal)
    if said != (proofs.size, proofs.root, proofs.seal):
        return None, [Flaw(None, None, "its checkpoint is of another seal")]
    return (checkpoint.key if keys else None), []
