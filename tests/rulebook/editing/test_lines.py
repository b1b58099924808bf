from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.editing.lines import UTF8, UTF16, UTF32, Lines

TEXT = "aü😀b\r\nsecond\rthird\n"


@pytest.mark.parametrize(
    ("encoding", "offset", "place"),
    [
        (UTF16, 3, (0, 4)),
        (UTF8, 3, (0, 7)),
        (UTF32, 3, (0, 3)),
        (UTF16, 0, (0, 0)),
        (UTF16, 6, (1, 0)),
        (UTF16, 13, (2, 0)),
        (UTF16, len(TEXT), (3, 0)),
        (UTF16, 5, (0, 5)),  # between \r and \n: before both
        (UTF16, 999, (3, 0)),
        (UTF16, -1, (0, 0)),
    ],
)
def test_an_offset_is_a_line_and_units_of_the_encoding(encoding, offset, place):
    assert Lines(TEXT, encoding).position(offset) == place


@pytest.mark.parametrize(
    ("line", "character", "offset"),
    [
        (0, 2, 2),
        (0, 3, 2),  # inside a surrogate pair: before the character
        (0, 4, 3),
        (0, 99, 4),  # beyond the line: its end
        (1, 2, 8),
        (99, 0, len(TEXT)),
        (-1, 5, 0),
        (1, -3, 6),
    ],
)
def test_a_place_outside_the_text_is_the_nearest_inside(line, character, offset):
    assert Lines(TEXT).offset(line, character) == offset


@given(st.text(alphabet="a ü😀\r\n\t\u2028\x85"), st.sampled_from([UTF8, UTF16, UTF32]), st.data())
def test_offsets_and_places_are_inverse_outside_line_ends(text, encoding, data):
    lines = Lines(text, encoding)
    offset = data.draw(st.integers(0, len(text)))
    back = lines.offset(*lines.position(offset))
    assert back == offset or text[back : back + 2] == "\r\n"


@given(st.text(alphabet="aü😀\r\n"))
def test_the_last_character_is_what_the_encoding_counts(text):
    line, character = Lines(text, UTF16).position(len(text))
    last = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[line]
    assert character == len(last.encode("utf-16-le")) // 2
