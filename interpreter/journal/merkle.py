"""Merkle trees over records, in the manner of RFC 6962 (section 2.1), and proofs from them.

Pure. A leaf is SHA-256 over 0x00 and 32 bytes of data, a node SHA-256 over 0x01 and its two
children; a tree of n leaves is split at the largest power of two below n. Knows nothing of what the
leaves stand for.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SPAN_HEIGHT = 10
SPAN = 1 << SPAN_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


def hash_leaf(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return _sha256(b"\0" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return _sha256(b"\1" + left + right).digest()


class Frontier:
    """A growing tree: its size, and the roots of the complete subtrees it falls into.

    `levels[n]` is the root of the complete subtree of 2**n leaves on the right edge, None where
    the size has no such part. `spans` gathers the roots of complete subtrees of `SPAN` leaves as
    they come about, for whoever takes them out: from them a tree is made again without its leaves.
    """

    __slots__ = ("levels", "size", "spans")

    def __init__(self) -> None:
        self.size = 0
        self.levels: list[bytes | None] = []
        self.spans: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Append a leaf."""
        self._carry(_sha256(b"\0" + data).digest(), 0)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append leaves, a level of the tree at a time: many cost half of what adding each does."""
        self.size += len(leaves)
        nodes = [_sha256(b"\0" + data).digest() for data in leaves]
        levels = self.levels
        height = 0
        while nodes:
            if height == SPAN_HEIGHT:
                self.spans += nodes
            if height == len(levels):
                levels.append(None)
            left = levels[height]
            if left is not None:
                nodes.insert(0, left)
            levels[height] = nodes.pop() if len(nodes) % 2 else None
            pairs = iter(nodes)
            nodes = [
                _sha256(b"\1" + one + other).digest()
                for one, other in zip(pairs, pairs, strict=True)
            ]
            height += 1

    def add_subtree(self, root: bytes, height: int) -> None:
        """Append a complete subtree of 2**height leaves where the size is a multiple of that."""
        assert self.size % (1 << height) == 0, "a subtree stands where one may begin"
        while len(self.levels) < height:
            self.levels.append(None)
        self._carry(root, height)
        self.size += 1 << height

    def root(self) -> bytes:
        """Return the root over all leaves."""
        root: bytes | None = None
        for level in self.levels:
            if level is not None:
                root = level if root is None else _sha256(b"\1" + level + root).digest()
        return EMPTY_ROOT if root is None else root

    def _carry(self, carry: bytes, height: int) -> None:
        levels = self.levels
        while height < len(levels):
            if height == SPAN_HEIGHT:
                self.spans.append(carry)
            level = levels[height]
            if level is None:
                levels[height] = carry
                return
            carry = _sha256(b"\1" + level + carry).digest()
            levels[height] = None
            height += 1
        if height == SPAN_HEIGHT:
            self.spans.append(carry)
        levels.append(carry)


def tree_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf (or subtree) hashes, all of the same height."""
    frontier = Frontier()
    for each in hashes:
        frontier.add_subtree(each, 0)
    return frontier.root()


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings from the leaf at `index` (from 0) up to the root, nearest first."""
    assert 0 <= index < len(hashes), "the leaf is in the tree"
    path: list[bytes] = []
    first, last = 0, len(hashes)
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(tree_root(hashes[middle:last]))
            last = middle
        else:
            path.append(tree_root(hashes[first:middle]))
            first = middle
    return path[::-1]


def root_of_path(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes | None:
    """Return the root that a leaf's path leads to, None where the path has not the tree's shape.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = hash_node(sibling, root)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            root = hash_node(root, sibling)
        place >>= 1
        last >>= 1
    return root if last == 0 else None


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
