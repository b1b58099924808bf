from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.format.quoting import is_plain, quote
from interlock.rulebook.source import SourceFile

PLAIN = [
    "a",
    "a b",
    "P1",
    "http://x/y",
    "a -> b",
    'x == "y"',
    "22:00-06:00",
    "1h30m",
    "-a",
    "é",
    "v1",
]
QUOTED = [
    *["", " a", "a ", "a: b", "a #b", "a:", "- a", "-", "?x", "#x", "*x", "&x", "!x", "%x", "@x"],
    *["on", "Off", "YES", "n", "null", "~", "true", "1", "0x1F", "0b1", "1_000", "1:30", "1.5"],
    *["1e3", ".5", ".inf", "2026-01-05", "2026-01-05T08:00:00Z", "=", "<<", "---", "...x"],
    *["a\tb", "a\nb"],
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_every_reader_takes_for_the_same_string_is_plain(text):
    assert is_plain(text, is_in_flow=False)


@pytest.mark.parametrize("text", QUOTED)
def test_what_some_reader_takes_for_something_else_is_quoted(text):
    assert not is_plain(text, is_in_flow=False)


@pytest.mark.parametrize("text", ["a, b", "a[0]", "{a}", "x.?y"])
def test_a_flow_collection_leaves_less_plain(text):
    assert is_plain(text, is_in_flow=False) is not text.startswith("{")
    assert not is_plain(text, is_in_flow=True)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        (r"\d", r"'\d'"),
        ("a\n\x07\u2028\U0001f600", r'"a\n\x07\u2028' + '\U0001f600"'),
        ("""'"\\""", """'''"\\'"""),
    ],
)
def test_quotes_are_those_that_need_fewer_escapes(text, quoted):
    assert quote(text) == quoted


@given(st.text(max_size=30), st.booleans())
def test_both_readers_read_back_what_was_written(text, is_in_flow):
    written = text if is_plain(text, is_in_flow=is_in_flow) else quote(text)
    document = f"a: [{written}]\n" if is_in_flow else f"a: {written}\n"
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return
    expected = {"a": [text] if is_in_flow else text}
    assert yaml.safe_load(document) == expected
    reading = read_document(SourceFile("x", document))
    assert reading.root == expected, reading.diagnostics
