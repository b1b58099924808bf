"""Signs checkpoints and appends them to a file.

Never signs a journal that contradicts the file's last checkpoint: who rewrote it would otherwise
get the new history signed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from interlock.interpreter.audit.checkpoints import (
    CheckpointError,
    compare_checkpoints,
    read_checkpoints,
    sign_checkpoint,
)
from interlock.interpreter.journal.locate import open_log
from interlock.interpreter.journal.merkle import SPAN
from interlock.interpreter.journal.seals import rebuild_frontier

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.interpreter.audit.checkpoints import Checkpoint
    from interlock.interpreter.audit.signing import SigningKey
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.sealed import JournalLog
    from interlock.interpreter.journal.seals import Seal


class CheckpointWriter:
    """Makes the checkpoints of one file; `path` None: each stands alone."""

    def __init__(self, key: SigningKey, path: Path | None) -> None:
        self._key = key
        self._path = path

    async def export(self, address: str, at: Instant) -> bytes | None:
        """Sign the last seal of the journal at an address and return the line.

        None: there is nothing that the file does not hold already. Raises CheckpointError, OSError,
        StoreError.
        """
        data = self._path.read_bytes() if self._path and self._path.exists() else b""
        known = read_checkpoints(data, [self._key.public])[-1] if data.strip() else None
        log = await open_log(address)
        try:
            last = await _read_last_seal(log, known)
            if last is None or (known is not None and last.size == known.size):
                return None
            await _check_tree(log, last)
        finally:
            await log.close()
        previous = data.splitlines()[-1] if known is not None else None
        line = sign_checkpoint(last, at, self._key.public.id, self._key, previous)
        if self._path is not None:
            _append(self._path, line)
        return line


async def _read_last_seal(log: JournalLog, known: Checkpoint | None) -> Seal | None:
    """Return the last seal; raises CheckpointError where it does not follow the one that is known.

    Seals chain to each other: what lies before the known one need not be looked at again.
    """
    last: Seal | None = None
    found: dict[int, Seal] = {}
    async for page in log.seals():
        for seal in page:
            last = seal
            if known is not None and seal.size == known.size:
                found[seal.size] = seal
    if known is not None:
        records = 0 if last is None else last.size
        flaws = compare_checkpoints(found, records, [known])
        if flaws:
            raise CheckpointError(f"nothing was signed: {flaws[0].reason}")
    return last


async def _check_tree(log: JournalLog, seal: Seal) -> None:
    """Refuse to sign a root that is not over the records' hashes as they are kept."""
    spans = (await log.spans())[: seal.size // SPAN]
    hashes = []
    async for page in log.rows(len(spans) * SPAN):
        hashes += [row.hash for row in page if 0 < row.number <= seal.size]
    frontier = rebuild_frontier(spans, hashes)
    if (frontier.size, frontier.root()) != (seal.size, seal.root):
        raise CheckpointError("nothing was signed: the last seal is not over the journal's records")


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
