"""Seals: what binds the streams of a journal to each other.

The records of all streams stand in one order, the log. A seal says how many there are and gives the
Merkle root over their hashes, and its own hash chains to the seal before. So a record, or a stream
with all its records, cannot go without changing a root. Pure; never reads a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.canonical import GENESIS, chain, encode
from interlock.interpreter.core.event import Instant
from interlock.interpreter.journal.merkle import SPAN, SPAN_HEIGHT, Frontier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Seal(Struct, frozen=True):
    """The log up to its record number `size`; what lies behind the seal before is this one's range.

    Attributes:
        at: The time of the latest record in its range.
        root: The Merkle root over the hashes of the records 1 to `size` (merkle.py).
        hash: SHA-256 over the hash of the seal before and this one's canonical bytes.
    """

    size: int
    at: Instant
    root: bytes
    hash: bytes


def link_seal(previous: bytes, size: int, at: Instant, root: bytes) -> bytes:
    """Return the hash of a seal that follows the one with the hash `previous`."""
    return chain(previous, encode({"at": at, "root": root.hex(), "size": size}))


class Sealing:
    """The state from which the next seal is made: the tree so far and the last seal's hash."""

    def __init__(self, frontier: Frontier | None = None, previous: bytes = GENESIS) -> None:
        self.frontier = Frontier() if frontier is None else frontier
        self.previous = previous

    def seal(self, hashes: Sequence[bytes], at: Instant) -> Seal:
        """Append records by their hashes and return the seal over all."""
        self.frontier.extend(hashes)
        size, root = self.frontier.size, self.frontier.root()
        self.previous = link_seal(self.previous, size, at, root)
        return Seal(size, at, root, self.previous)

    def take_spans(self) -> list[tuple[int, bytes]]:
        """Return the subtrees of `SPAN` records that were completed since, each with its number."""
        spans = self.frontier.spans
        first = self.frontier.size // SPAN - len(spans)
        taken = list(enumerate(spans, first + 1))
        spans.clear()
        return taken


def rebuild_frontier(spans: Sequence[bytes], hashes: Iterable[bytes]) -> Frontier:
    """Make a tree again from its complete spans and the hashes of the records after them."""
    frontier = Frontier()
    for span in spans:
        frontier.add_subtree(span, SPAN_HEIGHT)
    for each in hashes:
        frontier.add(each)
    frontier.spans.clear()
    return frontier
