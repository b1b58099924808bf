from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.guard.suggest import edit_distance, listed, nearest

NAMES = ("severity", "state", "state_since", "owner", "P1", "P2", "TRIAGE", "id")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("severty", "severity"),
        ("sevreity", "severity"),
        ("stat", "state"),
        ("stateSince", "state_since"),
        ("state-since", "state_since"),
        ("Triage", "TRIAGE"),
        ("p1", "P1"),
        ("P9", None),
        ("P10", None),
        ("x", None),
        ("ids", "id"),
        ("completely", None),
        ("", None),
    ],
)
def test_the_nearest_word_is_what_was_meant(word, expected):
    assert nearest(word, NAMES) == expected


def test_the_first_of_equally_near_words_wins():
    assert nearest("starts", ["started", "starter"]) == "started"


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_is_symmetric_and_zero_only_for_equal_words(left, right):
    distance = edit_distance(left, right, 10)
    assert distance == edit_distance(right, left, 10)
    assert (distance == 0) is (left == right)
    assert distance <= max(len(left), len(right))


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 3))
def test_a_limit_changes_only_what_is_above_it(left, right, limit):
    assert min(edit_distance(left, right, limit), limit + 1) == min(
        edit_distance(left, right, 10), limit + 1
    )


def test_long_sets_are_cut_after_eight():
    assert listed("abcdefgh") == "a, b, c, d, e, f, g, h"
    assert listed("abcdefghij") == "a, b, c, d, e, f, g, h, … (2 more)"
