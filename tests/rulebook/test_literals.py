from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.literals import (
    DURATION_MAX_NS,
    Problem,
    format_duration,
    parse_days,
    parse_duration,
    parse_hours,
    parse_time,
    parse_transition,
)

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90s", 90 * S), ("5m", 300 * S), ("1h30m", 5400 * S), ("5d", 432_000 * S),
        ("250ms", S // 4), ("1w", 604_800 * S), ("1d1h1m1s1ms", 90_061 * S + S // 1000),
        ("1000m", 60_000 * S), ("3650d", DURATION_MAX_NS),
    ],
)  # fmt: skip
def test_durations(text, value):
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    ("text", "message", "start", "end"),
    [
        ("", "`` is no duration", 0, 0),
        ("5", "`5` is no duration", 0, 1),
        ("-5m", "`-5m` is no duration", 0, 3),
        ("1e99h", "`1e99h` is no duration", 0, 5),
        ("1.5h", "`1.5h` is no duration", 0, 4),
        ("5m ", "`5m ` is no duration", 0, 3),
        ("5m\n", "`5m\n` is no duration", 0, 3),
        ("٣m", "`٣m` is no duration", 0, 2),
        ("30m1h", "`h` stands twice or after a smaller unit in `30m1h`", 4, 5),
        ("1m2m", "`m` stands twice or after a smaller unit in `1m2m`", 3, 4),
        ("0s", "`0s` is no time at all", 0, 2),
        ("3651d", "`3651d` is longer than ten years", 0, 5),
        ("999999999w", "`999999999w` is longer than ten years", 0, 10),
    ],
)
def test_what_is_no_duration(text, message, start, end):
    problem = parse_duration(text)
    assert isinstance(problem, Problem)
    assert (problem.message, problem.start, problem.end) == (message, start, end)


def test_zero_is_a_duration_only_where_asked_for():
    assert parse_duration("0s", is_zero_allowed=True) == 0


@given(st.integers(1, DURATION_MAX_NS // 1_000_000))
def test_canonical_text_of_a_duration_reads_as_the_same(milliseconds):
    text = format_duration(milliseconds * 1_000_000)
    assert parse_duration(text) == milliseconds * 1_000_000
    assert format_duration(parse_duration(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("90m", "1h30m"), ("24h", "1d"), ("1w", "7d"), ("60s", "1m"), ("1000ms", "1s")],
)
def test_durations_have_one_spelling(text, canonical):
    assert format_duration(parse_duration(text)) == canonical


@pytest.mark.parametrize(
    ("text", "sources", "target"),
    [
        ("A -> B", ["A"], "B"),
        ("A->B", ["A"], "B"),
        ("  A ,B,  C_1->D-2 ", ["A", "B", "C_1"], "D-2"),
        ("any -> C", ["any"], "C"),
        ("A -> A", ["A"], "A"),
    ],
)
def test_transitions(text, sources, target):
    transition = parse_transition(text)
    assert [name.text for name in transition.sources] == sources
    assert transition.target.text == target
    for name in (*transition.sources, transition.target):
        assert text[name.start : name.end] == name.text


@pytest.mark.parametrize(
    ("text", "message", "part"),
    [
        ("A", "`A` is no transition", "A"),
        ("A -> B -> C", "`A -> B -> C` is no transition", "A -> B -> C"),
        ("A => B", "`A => B` is no transition", "A => B"),
        ("A -> B, C", "a transition has one target", "C"),
        ("A, A -> B", "`A` is already among the states left", "A"),
        ("A, any -> B", "`any` is already among the states left", "any"),
        ("A -> any", "`any` can only be left", "any"),
        ("A B -> C", "`A B` is no name of a state", "A B"),
        ("1A -> B", "`1A` is no name of a state", "1A"),
        ("-> B", "a state's name is missing here", ""),
        ("A ->", "a state's name is missing here", ""),
        ("A, -> B", "a state's name is missing here", ""),
        (",A -> B", "a state's name is missing here", ""),
    ],
)
def test_what_is_no_transition(text, message, part):
    problem = parse_transition(text)
    assert isinstance(problem, Problem)
    assert problem.message == message
    assert text[problem.start : problem.end].strip() == part


@given(st.text(alphabet="AB, ->any\t", max_size=12))
def test_any_text_is_a_transition_or_a_problem_within_it(text):
    result = parse_transition(text)
    if isinstance(result, Problem):
        assert 0 <= result.start <= result.end <= len(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon", {0}),
        ("Sat-Sun", {5, 6}),
        ("Fri-Mon", {4, 5, 6, 0}),
        ("Mon,Wed , Fri-Sat", {0, 2, 4, 5}),
    ],
)
def test_days(text, days):
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "mon", "Monday", "Mon-Tue-Wed", "Mon,,Tue", "Mon-", "1"])
def test_what_are_no_days(text):
    assert isinstance(parse_days(text), Problem)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("09:00-17:30", (540, 1050)), ("22:00-06:00", (1320, 360)), ("00:00-24:00", (0, 1440))],
)
def test_hours(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize("text", ["9-17", "09:60-10:00", "24:00-25:00", "09:00", "09:00-24:01"])
def test_what_are_no_hours(text):
    assert isinstance(parse_hours(text), Problem)


def test_times():
    assert parse_time("2026-01-05").isoformat() == "2026-01-05T00:00:00"
    assert parse_time("2026-01-05T08:00:00Z").isoformat() == "2026-01-05T08:00:00+00:00"
    assert isinstance(parse_time("yesterday"), Problem)
    assert isinstance(parse_time("2026-13-05"), Problem)
