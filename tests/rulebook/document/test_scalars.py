from __future__ import annotations

import math

import pytest

from interlock.rulebook.document.scalars import resolve_plain


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_null_words(text):
    assert resolve_plain(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("TRUE", True), ("false", False), ("FALSE", False)],
)
def test_bool_words(text, value):
    assert resolve_plain(text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("+12", 12),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_whole_numbers(text, value):
    assert resolve_plain(text) == value
    assert type(resolve_plain(text)) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.10", 1.1), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("-1.5E-2", -0.015), ("+.5", 0.5)],
)
def test_numbers_with_a_point(text, value):
    assert resolve_plain(text) == value
    assert type(resolve_plain(text)) is float


def test_infinities_and_nan_are_numbers():
    assert resolve_plain(".inf") == math.inf
    assert resolve_plain("-.INF") == -math.inf
    assert math.isnan(resolve_plain(".NaN"))


@pytest.mark.parametrize(
    "text",
    [
        "no", "NO", "yes", "on", "off", "y", "n", "nUll", "tRUE", "1_000", "1:30", "190:20:30",
        "0b1", "0o8", "0xG", "-0x1", "1,000", "1.2.3", "e3", ".", "-", "+", "2026-01-05", "0o",
        "٣", "1٣", "infinity", ".inF", "nan", "1e", "--1", " 1", "9" * 5000,
    ],
)  # fmt: skip
def test_everything_else_is_text(text):
    assert resolve_plain(text) == text
