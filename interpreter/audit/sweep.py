"""Is the log of all records what was written: its order, its tree, its seals, the raw payloads?

Says only yes or no, like stream_sweep.py; a walk names what is wrong.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.audit.folds import read_erased_payloads
from interlock.interpreter.audit.stream_sweep import require
from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.journal.merkle import Frontier
from interlock.interpreter.journal.seals import Seal, link_seal

if TYPE_CHECKING:
    from collections.abc import Collection

    from interlock.interpreter.journal.sealed import SweepableLog

_sha256 = hashlib.sha256
_BYTES = {bytes}


class SweptLog(Struct, frozen=True, kw_only=True):
    """What a sound log holds; `found` are the seals asked for, by their size."""

    records: int
    erased: int
    seals: int
    last_seal: Seal | None
    found: dict[int, Seal]


async def sweep_log(log: SweepableLog, sizes: Collection[int] = ()) -> SweptLog:
    """Check numbers, tree and seals; raises UnsoundError, StoreError."""
    tree = _Tree(log)
    last: Seal | None = None
    previous = GENESIS
    found: dict[int, Seal] = {}
    count = 0
    async for page in log.seals():
        for seal in page:
            last = seal
            require(link_seal(previous, seal.size, seal.at, seal.root) == seal.hash)
            previous = seal.hash
            await tree.grow(seal.size)
            require(tree.root() == seal.root)
            if seal.size in sizes:
                found[seal.size] = seal
        count += len(page)
    await tree.end()
    require(not await log.has_strays())
    erased = await log.count_erased()
    return SweptLog(records=tree.size, erased=erased, seals=count, last_seal=last, found=found)


async def sweep_payloads(log: SweepableLog) -> int:
    """Hash every payload; one without bytes must be named by a record. Return how many."""
    count = 0
    async for page in log.payloads():
        count += len(page)
        there = [(digest, data) for digest, data in page if data is not None]
        if len(there) < len(page):
            erased = await read_erased_payloads(log)
            require(all(digest in erased for digest, data in page if data is None))
        hashed = [_sha256(data).hexdigest() for _, data in there]
        require(hashed == [digest for digest, _ in there])
    return count


class _Tree:
    """The Merkle tree over the records, grown from one seal's size to the next one's."""

    def __init__(self, log: SweepableLog) -> None:
        self._log = log
        self._pages = log.hashes()
        self._page: list[bytes] = []
        self._place = self._read = 0
        self._frontier = Frontier()

    @property
    def size(self) -> int:
        return self._frontier.size

    def root(self) -> bytes:
        return self._frontier.root()

    async def grow(self, size: int) -> None:
        """Take records up to a number; raises UnsoundError where they are not there."""
        require(size > self.size)
        while (wanted := size - self.size) > 0:
            if self._place == len(self._page):
                require(await self._turn())
            start = self._place
            taken = self._page[start : start + wanted]
            self._place = start + len(taken)
            if wanted == 1:
                self._frontier.add(taken[0])
            else:
                self._frontier.extend(taken)

    async def end(self) -> None:
        """Check that nothing is left, and what the store keeps of the tree."""
        require(self._place == len(self._page) and not await self._turn())
        require(list(await self._log.spans()) == self._frontier.spans)

    async def _turn(self) -> bool:
        page = await anext(self._pages, None)
        if page is None:
            return False
        numbers, hashes = zip(*page, strict=True)
        first = self._read + 1
        require(numbers == tuple(range(first, first + len(page))))
        require({type(hash_) for hash_ in hashes} == _BYTES)
        self._read += len(page)
        self._page, self._place = list(hashes), 0
        return True
