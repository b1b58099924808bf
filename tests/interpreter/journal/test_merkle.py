"""The tree is that of RFC 6962, however it is made."""

from __future__ import annotations

import hashlib

import pytest

from interlock.interpreter.journal.merkle import (
    SPAN,
    Frontier,
    hash_leaf,
    hash_node,
    inclusion_path,
    root_of_path,
    tree_root,
)
from interlock.interpreter.journal.seals import Sealing, rebuild_frontier

# https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
VECTORS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
           "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(data):
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hash_leaf(data[0])
    split = 1
    while split * 2 < len(data):
        split *= 2
    return hash_node(by_definition(data[:split]), by_definition(data[split:]))


def grown(data):
    frontier = Frontier()
    for each in data:
        frontier.add(each)
    return frontier


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size):
    data = [bytes.fromhex(text) for text in VECTORS[:size]]
    assert grown(data).root().hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", [*range(40), 1000])
def test_a_grown_tree_is_the_defined_one(size):
    data = [b"%032d" % number for number in range(size)]
    assert grown(data).root() == by_definition(data)
    assert tree_root([hash_leaf(each) for each in data]) == by_definition(data)


@pytest.mark.parametrize("size", range(1, 34))
def test_a_path_leads_to_the_root_from_its_own_place_only(size):
    data = [b"%032d" % number for number in range(size)]
    hashes = [hash_leaf(each) for each in data]
    root = by_definition(data)
    for index, leaf in enumerate(hashes):
        path = inclusion_path(hashes, index)
        assert root_of_path(leaf, index, size, path) == root
        assert root_of_path(hash_leaf(b"x" * 32), index, size, path) != root
        assert root_of_path(leaf, index, size, [*path, bytes(32)]) is None
        if path:
            assert root_of_path(leaf, index, size, path[:-1]) is None
            assert root_of_path(leaf, (index + 1) % size, size, path) != root
    assert root_of_path(hashes[0], size, size, []) is None


@pytest.mark.parametrize("size", [0, 1, SPAN - 1, SPAN, SPAN + 1, 3 * SPAN + 7])
def test_a_tree_made_again_from_its_spans_goes_on_as_before(size):
    data = [b"%032d" % number for number in range(size)]
    frontier = grown(data)
    spans = list(frontier.spans)
    assert len(spans) == size // SPAN
    again = rebuild_frontier(spans, data[len(spans) * SPAN :])
    for more in range(SPAN + 3):
        again.add(b"%032d" % more)
        frontier.add(b"%032d" % more)
    assert (again.size, again.root()) == (frontier.size, frontier.root())
    assert again.spans == frontier.spans[len(spans) :]


def test_spans_are_numbered_through_from_one():
    sealing = Sealing()
    sealing.seal([b"%032d" % number for number in range(2 * SPAN + 1)], 1)
    first = sealing.take_spans()
    sealing.seal([b"%032d" % number for number in range(SPAN)], 2)
    assert [number for number, _ in first + sealing.take_spans()] == [1, 2, 3]


@pytest.mark.parametrize("before", [0, 1, 2, 3, 7, 8, 1000, SPAN - 1, SPAN, SPAN + 5])
@pytest.mark.parametrize("more", [0, 1, 2, 3, 5, 8, 30, SPAN - 1, SPAN, 3 * SPAN + 7])
def test_many_leaves_at_once_make_the_same_tree(before, more):
    data = [b"%d" % number for number in range(before + more)]
    one_by_one, at_once = grown(data), grown(data[:before])
    at_once.extend(data[before:])
    assert at_once.root() == one_by_one.root()
    assert (at_once.size, at_once.spans) == (one_by_one.size, one_by_one.spans)
    one_by_one.add(b"next")
    at_once.add(b"next")
    assert at_once.root() == one_by_one.root()
