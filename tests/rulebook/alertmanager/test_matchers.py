from __future__ import annotations

import pytest

from interlock.rulebook.alertmanager.configuration import Matcher, Relation
from interlock.rulebook.alertmanager.matchers import contradict, guard_of, parse_matchers
from interlock.rulebook.guard import compile_guard

EQUAL, UNEQUAL, MATCHES, DIFFERS = Relation


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ('a="b"', [("a", EQUAL, "b")]),
        ("a = b", [("a", EQUAL, "b")]),
        ("a!=b c", [("a", UNEQUAL, "b c")]),
        ('{a=~"x|y", b!~"z.*"}', [("a", MATCHES, "x|y"), ("b", DIFFERS, "z.*")]),
        (r'a="q \" \\ \n ,}"', [("a", EQUAL, 'q " \\ \n ,}')]),
        ('"strange name"=x', [("strange name", EQUAL, "x")]),
        ("a=", [("a", EQUAL, "")]),
        ("{}", []),
        ('a="b",', [("a", EQUAL, "b")]),
    ],
)
def test_matchers_are_read(text, matchers):
    assert parse_matchers(text) == tuple(Matcher(*one) for one in matchers)


@pytest.mark.parametrize("text", ["a", "a b", "=b", 'a="b', 'a="b" c="d"', "a==="])
def test_what_is_no_matcher_is_none(text):
    parsed = parse_matchers(text)
    assert parsed is None or text == "a==="


@pytest.mark.parametrize(
    ("matcher", "yes", "no"),
    [
        (("a", EQUAL, "x"), {"a": "x"}, {"a": "xx"}),
        (("a", EQUAL, ""), {}, {"a": "x"}),
        (("a", UNEQUAL, "x"), {}, {"a": "x"}),
        (("a", MATCHES, "x|y"), {"a": "y"}, {"a": "xy"}),
        (("a", MATCHES, "x.*|y"), {"a": "xz"}, {"a": "yz"}),
        (("a", DIFFERS, "x|y"), {}, {"a": "x"}),
        (("a", DIFFERS, "x?"), {"a": "y"}, {}),
        (("in", EQUAL, 'q"\\'), {"in": 'q"\\'}, {}),
        (("a b", EQUAL, "\n\u2028"), {"a b": "\n\u2028"}, {"a b": "\n"}),
    ],
)
def test_a_guard_says_what_its_matcher_says(matcher, yes, no):
    guard = compile_guard(guard_of([Matcher(*matcher)]))
    assert guard({"event": {"labels": yes}}) is True
    assert guard({"event": {"labels": no}}) is False


def test_no_matcher_matches_everything():
    assert guard_of([]) == "true"


def test_contradictions_are_found_between_equalities():
    assert contradict([Matcher("a", EQUAL, "x"), Matcher("a", EQUAL, "y")])
    assert contradict([Matcher("a", UNEQUAL, "x"), Matcher("a", EQUAL, "x")])
    assert not contradict([Matcher("a", EQUAL, "x"), Matcher("b", EQUAL, "y")])
