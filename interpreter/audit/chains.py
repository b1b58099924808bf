"""One pass over all records in their order: chains, the Merkle tree, seals.

No record is decoded here but those that say of an erasure: what is hashed are the stored bytes.
Names the first bad record of each stream, or the place of one that is gone with its stream.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import GENESIS
from interlock.interpreter.journal.merkle import Frontier
from interlock.interpreter.journal.seals import Seal, link_seal
from interlock.interpreter.journal.stored import find_erasure
from interlock.interpreter.journal.verify import Flaw

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from interlock.interpreter.journal.sealed import JournalLog, LogRow

_sha256 = hashlib.sha256
_BEGINNING = (0, GENESIS)
_NO_SEAL = Seal(0, 0, b"", GENESIS)
_NOT_WRITTEN = "it is not what was written: its hash does not follow from the record before"


class ChainWalk:
    """Where the walk has got to; `flaws` in the order they were found in.

    Attributes:
        tips: Revision and hash of each stream's last sound record.
        found: The seals asked for that are sound, by their size.
        unsealed: Records that no seal holds yet, where commits do not seal themselves.
    """

    def __init__(self, log: JournalLog, sizes: Collection[int] = ()) -> None:
        """Walk a log; `sizes` are the seals that will be asked for."""
        self.flaws: list[Flaw] = []
        self.tips: dict[str, tuple[int, bytes]] = {}
        self.found: dict[int, Seal] = {}
        self.last_seal: Seal | None = None
        self.records = self.erased = self.unsealed = self.seals = 0
        self._log = log
        self._sizes = frozenset(sizes)
        self._frontier = Frontier()
        self._seals = _SealCursor(log)
        self._early: dict[str, dict[int, LogRow]] = {}
        self._erased: dict[str, tuple[int, bytes]] = {}
        self._broken: set[str] = set()
        self._number = self._beyond = 0
        self._is_whole = True

    async def walk(self) -> None:
        """Walk all of it; raises StoreError where it cannot be read."""
        await self._seals.advance()
        async for page in self._log.rows():
            await self._take(page)
        for stream, rows in self._early.items():
            if stream in self._broken:
                continue
            revision, _ = self.tips.get(stream, _BEGINNING)
            self._break(stream, revision + 1, f"it is missing; record {min(rows)} is there")
        for stream, (revision, _) in self._erased.items():
            self._break(stream, revision, "it was erased, and no record says so")
        await self._end_seals()

    async def _take(self, page: Sequence[LogRow]) -> None:
        tips, broken, frontier = self.tips, self._broken, self._frontier
        expected = self._number
        sealed = self._seals.size
        for row in page:
            number, stream, revision, hash_, _, data = row
            if type(hash_) is not bytes or type(revision) is not int:
                self._note_unreadable(row)
                expected = number
                continue
            if number:
                expected += 1
                if number != expected:
                    self._note_gap(expected, number)
                    expected = number
                frontier.add(hash_)
                if expected == sealed:
                    await self._check_seal()
                    sealed = self._seals.size
                elif sealed == 0:
                    self._beyond = self._beyond or expected
            else:
                self.unsealed += 1
            self.records += 1
            tip = tips.get(stream, _BEGINNING)
            if (
                type(data) is bytes
                and revision == tip[0] + 1
                and stream not in self._erased
                and _sha256(tip[1] + data).digest() == hash_
            ):
                tips[stream] = (revision, hash_)
                if stream in self._early:
                    self._take_early(stream)
            elif stream not in broken:
                self._take_odd(row)
        self._number = expected

    def _take_odd(self, row: LogRow) -> None:
        """Take a record that does not simply follow the one before."""
        revision, previous = self.tips.get(row.stream, _BEGINNING)
        if row.revision > revision + 1:
            self._early.setdefault(row.stream, {})[row.revision] = row
            return
        if row.revision <= revision:
            self._break(row.stream, row.revision, "it is there twice")
            return
        if row.data is not None and type(row.data) is not bytes:
            self._break(row.stream, row.revision, _NOT_WRITTEN)
            return
        if row.data is None:
            self.erased += 1
            self.tips[row.stream] = self._erased[row.stream] = (row.revision, row.hash)
        elif _sha256(previous + row.data).digest() != row.hash:
            self._break(row.stream, row.revision, _NOT_WRITTEN)
            return
        elif row.stream in self._erased and not self._is_erasure(row):
            self._break(row.stream, row.revision - 1, "it was erased, and no record says so")
            return
        else:
            self.tips[row.stream] = (row.revision, row.hash)
        self._take_early(row.stream)

    def _is_erasure(self, row: LogRow) -> bool:
        revision, hash_ = self._erased.pop(row.stream)
        said = None if row.data is None else find_erasure(row.data)
        return said is not None and (said.records, said.hash) == (revision, hash_.hex())

    def _take_early(self, stream: str) -> None:
        """Take what came before its predecessor: commits of several nodes end in any order."""
        rows = self._early.get(stream)
        if rows is None:
            return
        row = rows.pop(self.tips[stream][0] + 1, None)
        if not rows:
            del self._early[stream]
        if row is not None:
            self._take_odd(row)

    def _break(self, stream: str, revision: int, reason: str) -> None:
        self._broken.add(stream)
        self.flaws.append(Flaw(stream, revision, reason))

    def _note_unreadable(self, row: LogRow) -> None:
        """Take note of a row whose columns are not of their kinds: a damaged page."""
        self._is_whole = False
        self.flaws.append(
            Flaw(None, None, f"record number {row.number} of the journal is unreadable")
        )

    def _note_gap(self, expected: int, number: int) -> None:
        self._is_whole = False
        last = f" to {number - 1}" if number - 1 > expected else ""
        if number < expected:
            reason = f"record number {number} of the journal is there twice"
        else:
            reason = f"record number {expected}{last} of the journal is missing"
        self.flaws.append(Flaw(None, None, reason))

    async def _check_seal(self) -> None:
        seal, previous = self._seals.seal, self._seals.previous
        assert seal is not None, "only a size that is a seal's is checked"
        self.seals += 1
        if link_seal(previous.hash, seal.size, seal.at, seal.root) != seal.hash:
            self._flaw_seal(previous.size, seal.size, "does not follow from the one before")
        elif self._is_whole and seal.root != self._frontier.root():
            self._is_whole = False
            self._flaw_seal(previous.size, seal.size, "is not over these records")
        elif self._is_whole:
            self.last_seal = seal
            if seal.size in self._sizes:
                self.found[seal.size] = seal
        await self._seals.advance()

    def _flaw_seal(self, after: int, size: int, what: str) -> None:
        reason = f"the seal of the journal's records {after + 1} to {size} {what}"
        self.flaws.append(Flaw(None, None, reason))

    async def _end_seals(self) -> None:
        if (seal := self._seals.seal) is not None:
            reason = f"records up to number {seal.size} were sealed, the journal ends before that"
            self.flaws.append(Flaw(None, None, reason))
        elif self._beyond:
            reason = f"the journal's records from number {self._beyond} on are not sealed"
            self.flaws.append(Flaw(None, None, reason))
        elif self._is_whole and await self._log.spans() != self._frontier.spans:
            reason = "the stored parts of the Merkle tree are not those of its records"
            self.flaws.append(Flaw(None, None, reason))


class _SealCursor:
    """The seal that comes next; `size` is 0 once there is none."""

    def __init__(self, log: JournalLog) -> None:
        self.seal: Seal | None = None
        self.previous: Seal = _NO_SEAL
        self.size = 0
        self._pages: AsyncIterator[Sequence[Seal]] = log.seals()
        self._page: list[Seal] = []

    async def advance(self) -> None:
        """Go to the next seal."""
        if self.seal is not None:
            self.previous = self.seal
        if not self._page:
            async for page in self._pages:
                self._page = list(page)[::-1]
                break
        self.seal = self._page.pop() if self._page else None
        self.size = self.seal.size if self.seal is not None else 0
