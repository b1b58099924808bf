from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.alertmanager.configuration import Hours
from interlock.rulebook.alertmanager.hours import covered, left_out
from interlock.rulebook.literals import parse_days, parse_hours

NINE, FIVE, DAY = 9 * 60, 17 * 60, 24 * 60
WEEKDAYS = frozenset(range(5))


def hours(days=None, ranges=None, location="UTC"):
    return Hours(days, ranges, location, ())


@pytest.mark.parametrize(
    ("parts", "inside", "outside"),
    [
        ([hours()], [(None, None)], []),
        (
            [hours(WEEKDAYS, ((NINE, FIVE),))],
            [("Mon-Fri", "09:00-17:00")],
            [("Mon-Fri", "00:00-09:00"), ("Mon-Fri", "17:00-24:00"), ("Sat-Sun", None)],
        ),
        (
            [hours(frozenset({0, 2}))],
            [("Mon,Wed", None)],
            [("Tue,Thu-Sun", None)],
        ),
        (
            [hours(None, ((0, NINE),)), hours(None, ((NINE, FIVE),))],
            [(None, "00:00-17:00")],
            [(None, "17:00-24:00")],
        ),
    ],
)
def test_a_week_in_the_fewest_schedules(parts, inside, outside):
    assert [one[1:] for one in covered(parts)] == inside
    assert [one[1:] for one in left_out(parts)] == outside


def test_what_is_left_out_in_several_zones_cannot_be_said():
    assert left_out([hours(), hours(location="Asia/Tokyo")]) is None


RANGE = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).filter(lambda r: r[0] < r[1])
PARTS = st.lists(
    st.builds(
        hours,
        st.none() | st.frozensets(st.integers(0, 6), min_size=1),
        st.none() | st.lists(RANGE, min_size=1, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


def minutes(schedules):
    found = set()
    for schedule in schedules:
        days = range(7) if schedule.days is None else parse_days(schedule.days)
        start, end = (0, DAY) if schedule.hours is None else parse_hours(schedule.hours)
        found |= set(product(days, range(start, end)))
    return found


@given(PARTS)
def test_every_minute_is_either_covered_or_left_out(parts):
    inside, outside = minutes(covered(parts)), minutes(left_out(parts))
    assert not inside & outside
    assert len(inside) + len(outside) == 7 * DAY
    for part in parts:
        for start, end in part.ranges or ((0, DAY),):
            assert {(day, start) for day in part.days or range(7)} <= inside
            assert {(day, end - 1) for day in part.days or range(7)} <= inside
