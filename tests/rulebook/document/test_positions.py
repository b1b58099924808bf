from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlock.rulebook.document.nodes import scalar_span, span_of
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.source import SourceFile

TOKEN = "qTokenq"
WORDS = st.sampled_from(["a", "b==c", "x.y", "ü", "日本", "🚂", "(", "a:b", "a#b", "&&", "-", "''"])
SPACES = st.sampled_from([" ", "  ", "\t", " \t "])
BREAKS = st.sampled_from(["\n", "\r\n"])


def read(text: str):
    return read_document(SourceFile("t.yaml", text)).root


def read_if_valid(text: str):
    root = read(text)
    assume(root is not None)
    return root


def assert_token_is_found(text: str) -> None:
    root = read_if_valid(text)
    value = root["k"]
    assume(isinstance(value, str) and value.count(TOKEN) == 1)
    at = value.index(TOKEN)
    found = scalar_span(root, "k", at, at + len(TOKEN))
    assert found.text == TOKEN
    assert found.start == text.index(TOKEN)


def assert_every_letter_is_found(text: str) -> None:
    root = read_if_valid(text)
    value = root["k"]
    assume(isinstance(value, str))
    whole = span_of(root, "k")
    for index, char in enumerate(value):
        part = scalar_span(root, "k", index, index + 1)
        assert whole.start <= part.start <= part.end <= whole.end
        if char.isalnum():
            assert part.text == char or part.text.startswith("\\")


@st.composite
def folded_lines(draw, pieces, *, indent="   "):
    """Pieces with spaces and line ends between them, and the token among them."""
    parts = draw(st.lists(pieces, min_size=0, max_size=6))
    parts.insert(draw(st.integers(0, len(parts))), TOKEN)
    line_end = draw(BREAKS)
    text = parts[0]
    for part in parts[1:]:
        if draw(st.booleans()):
            text += draw(SPACES) + part
        else:
            text += draw(st.sampled_from(["", " "])) + line_end
            text += "".join(line_end for _ in range(draw(st.integers(0, 2))))
            text += indent + draw(st.sampled_from(["", " "])) + part
    return text, line_end


PROPERTIES = st.sampled_from(["", "&a ", "!!str ", "&a !!str ", "! "])


@given(folded_lines(WORDS.filter(lambda word: word not in ("-", "''"))), PROPERTIES)
def test_token_is_found_in_a_plain_scalar(lines, properties):
    text, end = lines
    for check in (assert_token_is_found, assert_every_letter_is_found):
        check(f"é: 1{end}k: {properties}{text}  # comment{end}z: 2{end}")


@given(folded_lines(WORDS | st.sampled_from(['"', "\\n", "''''", "it''s"])), PROPERTIES)
def test_token_is_found_in_a_single_quoted_scalar(lines, properties):
    text, end = lines
    for check in (assert_token_is_found, assert_every_letter_is_found):
        check(f"é: 1{end}k: {properties}'{text}'{end}z: 2{end}")


ESCAPES = st.sampled_from(
    ["\\n", "\\t", '\\"', "\\\\", "\\/", "\\x41", "\\u00e9", "\\U0001F682", "\\ ", "\\_", "\\N"]
)


@given(folded_lines(WORDS | ESCAPES | st.just("\\\n    ") | st.just("\\\n\n   b")), PROPERTIES)
def test_token_is_found_in_a_double_quoted_scalar(lines, properties):
    text, end = lines
    for check in (assert_token_is_found, assert_every_letter_is_found):
        check(f'é: 1{end}k: {properties}"{text}"{end}z: 2{end}')


@st.composite
def block_scalars(draw):
    lines = draw(
        st.lists(
            st.sampled_from(["a", "b c", "", " ", "  more", "\ttab", "# no comment", "é", "x  "]),
            max_size=6,
        )
    )
    place = draw(st.integers(0, len(lines)))
    lines.insert(place, draw(st.sampled_from(["", " ", "x "])) + TOKEN)
    style = draw(st.sampled_from("|>")) + draw(st.sampled_from(["", "-", "+", "2", "2-", "+2"]))
    end = draw(BREAKS)
    indent = "  " if "2" in style else draw(st.sampled_from(["  ", " ", "     "]))
    comment = draw(st.sampled_from(["", " # why"]))
    body = end.join(indent + line if line.strip() else line for line in lines)
    last = draw(st.sampled_from(["", end, end + end]))
    return f"é: 1{end}k: {style}{comment}{end}{body}{last}"


@settings(max_examples=300)
@given(block_scalars())
def test_token_is_found_in_a_block_scalar(text):
    assert_token_is_found(text)
    assert_every_letter_is_found(text)


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("k: abc", 1, 1, 4),
        ("k: abc", 3, 3, 6),
        ("k: abc", 9, 12, 6),
        ("k: 'abc'", 3, 3, 7),
        ("k: ''", 0, 0, 4),
        ('k: ""', 0, 5, 4),
        ("k: |\n  ab\n", 2, 2, 9),
    ],
)
def test_empty_range_keeps_its_place(text, start, end, expected):
    root = read(text)
    span = scalar_span(root, "k", start, end)
    assert (span.start, span.end) == (expected, expected)


def test_escapes_are_covered_whole():
    root = read(r'k: "a\u00e9b"')
    assert scalar_span(root, "k", 1, 2).text == r"\u00e9"
    assert scalar_span(root, "k", 0, 3).text == r"a\u00e9b"


def test_value_that_is_no_text_gives_its_whole_place():
    root = read("k: 17\nl: [1, 2]")
    assert scalar_span(root, "k", 1, 2).text == "17"
    assert scalar_span(root, "l", 0, 1).text == "[1, 2]"
