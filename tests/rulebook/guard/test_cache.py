"""Guards kept as data come back the same, or not at all."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from interlock.rulebook.guard import parse
from interlock.rulebook.guard.cache import CachedGuard, GuardCache, _digest, fingerprint, key_of
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.nodes import Expr, walk
from interlock.rulebook.guard.problems import Problem
from support.guard_author import Author

PLACE = fingerprint(declare({"incident": "dyn"}), "1.0")


def parsed(source):
    expr = parse(source, nesting_max=None)
    assert isinstance(expr, Expr)
    return expr


def kept(source, problems=()):
    cache = GuardCache()
    cache.store(key_of(source, PLACE), CachedGuard(parsed(source), "bool", problems))
    return cache.to_bytes()


@pytest.mark.parametrize("seed", range(10))
def test_an_expression_comes_back_with_its_values_types_and_places(seed):
    author = Author(Random(seed), 0.3)
    sources = [author.expression(4) for _ in range(50)]
    cache = GuardCache()
    for source in sources:
        cache.store(key_of(source, PLACE), CachedGuard(parsed(source), "bool"))
    again = GuardCache(cache.to_bytes())
    for source in sources:
        found = again.find(key_of(source, PLACE))
        assert found is not None
        expected = parsed(source)
        assert found.expr == expected
        assert [(n.start, n.end) for n in walk(found.expr)] == [
            (n.start, n.end) for n in walk(expected)
        ]


@pytest.mark.parametrize(
    "source",
    [
        "1u",
        "18446744073709551615u",
        "1",
        "1.0",
        "-0.0",
        'b"\\xff"',
        "null",
        "true",
        "x.?y",
        "[?a]",
    ],
)
def test_literals_keep_their_type(source):
    found = GuardCache(kept(source)).find(key_of(source, PLACE))
    assert found is not None
    assert repr(found.expr) == repr(parsed(source))


def test_problems_come_back():
    problem = Problem("X203", "`x` is no field", 0, 1, "say `y`", ("a", "b"), "y", is_warning=True)
    found = GuardCache(kept("x", (problem,))).find(key_of("x", PLACE))
    assert found is not None
    assert found.problems == (problem,)
    assert found.type == "bool"


def test_what_was_not_asked_for_is_forgotten():
    assert GuardCache(GuardCache(kept("x")).to_bytes()).find(key_of("x", PLACE)) is None


def test_a_damaged_file_holds_nothing():
    data = kept("x == 1")
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 0x41
        found = GuardCache(bytes(broken)).find(key_of("x == 1", PLACE))
        assert found is None or found.expr == parsed("x == 1")
    for length in range(len(data)):
        assert GuardCache(data[:length]).find(key_of("x == 1", PLACE)) is None


@pytest.mark.parametrize(
    "tree",
    [5, [], [99, 1], [1, "x"], [2, [1, "x", False, 0, 1], "f"], ["row", 1], [0, 1], "x", {"a": 1}],
)
def test_a_strange_node_is_no_entry(tree):
    key = key_of("x", PLACE)
    file = msgspec.msgpack.decode(kept("x"))
    entries = msgspec.msgpack.encode({key: [tree, "bool", []]})
    data = msgspec.msgpack.encode([file[0], _digest(entries), msgspec.Raw(entries)])
    assert GuardCache(data).find(key) is None


@pytest.mark.parametrize(
    "other",
    [
        fingerprint(declare({"incident": "dyn"}), "1.1"),
        fingerprint(declare({"incident": "int"}), "1.0"),
        fingerprint(declare({"incident": "dyn", "event": "dyn"}), "1.0"),
        fingerprint(declare({"incident": "dyn"}, name="elsewhere"), "1.0"),
    ],
)
def test_another_place_or_version_has_other_keys(other):
    assert key_of("x", other) != key_of("x", PLACE)
