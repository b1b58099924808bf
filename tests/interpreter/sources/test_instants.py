from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.sources.instants import read_instant

NEW_YEAR = 1_767_225_600  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR * 10**9),
        ("2026-01-01t00:00:00z", NEW_YEAR * 10**9),
        ("2026-01-01T01:00:00.123456789+01:00", NEW_YEAR * 10**9 + 123_456_789),
        ("1970-01-01T00:00:00Z", 0),
        ("2100-01-01T00:00:00Z", 4_102_444_800 * 10**9),
        (NEW_YEAR, NEW_YEAR * 10**9),
        (NEW_YEAR + 0.25, NEW_YEAR * 10**9 + 250_000_000),
        (NEW_YEAR * 1000, NEW_YEAR * 10**9),
        (NEW_YEAR * 1000 + 7, NEW_YEAR * 10**9 + 7_000_000),
        (-1, -(10**9)),
        (0, 0),
        (10**11, 10**17),
    ],
)
def test_a_time_is_read(value, instant):
    remarks = []
    assert read_instant("starts_at", value, remarks) == instant
    assert remarks == []


@pytest.mark.parametrize("value", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"])
def test_no_time_is_none_without_a_remark(value):
    remarks = []
    assert read_instant("ends_at", value, remarks) is None
    assert remarks == []


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-01-01T00:00:00",
        "1600-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9" * 10_000,
        10**18,
        -(10**18),
        1e300,
        True,
        [],
        {"seconds": 1},
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_time_that_cannot_be_held_is_left_out_and_said(value):
    remarks = []
    assert read_instant("starts_at", value, remarks) is None
    assert len(remarks) == 1
    assert remarks[0].startswith("starts_at ")
    assert len(remarks[0]) < 120


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text())
def test_an_instant_fits_64_bits(value):
    instant = read_instant("at", value, [])
    assert instant is None or -(2**63) <= instant < 2**63
