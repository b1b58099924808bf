"""When a silence is active, also on the days on which clocks change."""

from __future__ import annotations

from datetime import datetime

import pytest

from interlock.interpreter.runtime.hours import activity
from interlock.rulebook.graph.routes import Hours, Silence
from interlock.rulebook.literals import nanoseconds_of, parse_days, parse_hours

SECOND = 1_000_000_000


def at(text):
    return nanoseconds_of(datetime.fromisoformat(text))


def weekly(days="Mon-Sun", hours="00:00-24:00", zone="Europe/Berlin", **ends):
    first, last = parse_hours(hours)
    return Silence("silence 1", None, hours=Hours(zone, parse_days(days), first, last), **ends)


@pytest.mark.parametrize(
    ("silence", "begins", "ends"),
    [
        # 2026-03-02 is a Monday; Berlin is at +01:00 until 2026-03-29
        (weekly("Mon", "09:00-17:30"), "2026-03-02T09:00:00+01:00", "2026-03-02T17:30:00+01:00"),
        (weekly("Mon-Fri", "19:00-08:00"), "2026-03-06T19:00+01:00", "2026-03-07T08:00+01:00"),
        (weekly("Sat-Sun"), "2026-03-07T00:00:00+01:00", "2026-03-09T00:00:00+01:00"),
        (weekly("Sat,Sun", "22:00-22:00"), "2026-03-07T22:00+01:00", "2026-03-09T22:00+01:00"),
        # clocks go forward at 02:00: the night is an hour shorter
        (weekly("Sat", "22:00-06:00"), "2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00+02:00"),
        (weekly("Sun", "02:30-04:00"), "2026-03-29T03:30:00+02:00", "2026-03-29T04:00:00+02:00"),
        # clocks go back at 03:00: the night is an hour longer
        (weekly("Sat", "22:00-06:00"), "2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00"),
        (weekly("Sun", "02:30-04:00"), "2026-10-25T02:30:00+02:00", "2026-10-25T04:00:00+01:00"),
        (
            weekly("Sat-Sun", start_ns=at("2026-03-07T12:00:00+01:00"),
                   until_ns=at("2026-03-08T12:00:00+01:00")),
            "2026-03-07T12:00:00+01:00",
            "2026-03-08T12:00:00+01:00",
        ),
        (weekly("Mon", zone="Asia/Tokyo"), "2026-03-02T00:00+09:00", "2026-03-03T00:00+09:00"),
    ],
)  # fmt: skip
def test_a_silence_is_active_from_its_begin_to_just_before_its_end(silence, begins, ends):
    first, last = at(begins), at(ends)
    assert not activity(silence, first - SECOND).is_active
    for moment in (first, (first + last) // 2, last - 1):
        found = activity(silence, moment)
        assert (found.is_active, found.until) == (True, last)
    assert not activity(silence, last).is_active
    before = activity(silence, first - SECOND)
    assert before.until == first


@pytest.mark.parametrize(
    "silence", [weekly(), weekly(hours="08:00-08:00"), Silence("silence 1", None)]
)
def test_what_never_ends_says_so(silence):
    found = activity(silence, at("2026-03-29T02:00:00+01:00"))
    assert (found.is_active, found.until) == (True, None)


def test_what_is_over_for_good_changes_no_more():
    silence = weekly(until_ns=at("2026-03-02T00:00:00+00:00"))
    found = activity(silence, at("2026-03-02T00:00:00+00:00"))
    assert (found.is_active, found.until) == (False, None)
