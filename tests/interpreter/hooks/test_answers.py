from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.hooks.answers import RESULT_BYTES_MAX, one_line, read_result


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_answer_gives_a_result_that_can_be_recorded(data):
    result, why_none = read_result(data)
    encode(result)
    assert why_none is None or result is None


def test_a_result_is_kept_up_to_the_limit():
    at_limit = b'"' + b"x" * (RESULT_BYTES_MAX - 2) + b'"'
    assert read_result(at_limit)[1] is None
    assert "longer" in read_result(at_limit[:-1] + b'x"')[1]


def test_secrets_are_concealed_in_keys_and_values():
    assert read_result(b'{"key-1234": ["a key-1234 b"]}', ["key-1234"]) == (
        {"***": ["a *** b"]},
        None,
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("a\r\nb\tc", "a b c"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("safe\u202eevil\u2066x", "safe evil x"),
        ("\x9b2J\x00\x07", "2J"),
        ("", ""),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_line_is_short_and_printable(text, line):
    assert one_line(text) == line


@given(st.text())
def test_any_text_becomes_a_printable_line(text):
    line = one_line(text, length_max=20)
    assert line.isprintable()
    assert len(line) <= 20
