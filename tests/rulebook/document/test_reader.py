from __future__ import annotations

import pytest

from interlock.rulebook.document.nodes import key_span, span_of
from interlock.rulebook.document.reader import (
    ALIASES_MAX,
    DEPTH_MAX,
    EXPANSION_MAX,
    TEXT_MAX,
    read_document,
)
from interlock.rulebook.source import SourceFile


def read(text: str):
    return read_document(SourceFile("t.yaml", text))


def findings(text: str) -> list[str]:
    return [f"{d.span.line}:{d.span.column} {d.code} {d.message}" for d in read(text).diagnostics]


def only_finding(text: str) -> str:
    (found,) = findings(text)
    return found


# --- values


def test_keys_are_text_whatever_they_look_like():
    root = read("1: a\n2.50: b\nno: c\ntrue: d\nnull: e\n~: f\n0o7: g\n").root
    assert list(root) == ["1", "2.50", "no", "true", "null", "~", "0o7"]


def test_values_are_those_of_the_core_schema():
    root = read(
        "a: no\nb: 1_000\nc: 0o17\nd: 1:30\ne: 1.10\nf: ~\ng:\nh: 'true'\ni: !!str 5\n"
    ).root
    assert dict(root) == {
        "a": "no", "b": "1_000", "c": 15, "d": "1:30", "e": 1.1, "f": None, "g": None,
        "h": "true", "i": "5",
    }  # fmt: skip


def test_aliases_stand_for_the_same_value():
    root = read("a: &x {k: [1, 2]}\nb: *x\nc: &y word\nd: [*y, *y]\n&z e: f\ng: *z\n*y : h\n").root
    assert root["b"] == {"k": [1, 2]}
    assert root["d"] == ["word", "word"]
    assert root["g"] == "e"
    assert root["word"] == "h"


@pytest.mark.parametrize("text", ["a: 9223372036854775808", "a: .inf", "a: [.nan]", "a: 1e999"])
def test_numbers_that_no_record_can_hold_are_refused(text):
    assert "numbers are finite" in only_finding(text)


# --- places


def test_places_are_exact_in_any_style():
    text = (
        'é: &a "x"\nkey:   !!str plain   # c\n"quo ted": [a,  {b: c}]\nlist:\n  - one\n  - k: v\n'
    )
    root = read(text).root
    assert span_of(root, "é").text == '"x"'
    assert span_of(root, "key").text == "plain"
    assert key_span(root, "quo ted").text == '"quo ted"'
    assert span_of(root, "quo ted").text == "[a,  {b: c}]"
    assert span_of(root, "quo ted", 1).text == "{b: c}"
    assert span_of(root, "quo ted", 1, "b").text == "c"
    assert span_of(root, "list").text == "- one\n  - k: v"
    assert span_of(root, "list", 1, "k").text == "v"
    assert str(span_of(root, "list", 1, "k")) == "t.yaml:6:8"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_and_columns_count_code_points(end):
    text = end.join(["a: 日本 # 🚂", "🚂🚂: {b: 1}", "c: x"]) + end
    root = read(text).root
    assert str(span_of(root, "🚂🚂", "b")) == "t.yaml:2:9"
    assert str(key_span(root, "c")) == "t.yaml:3:1"
    assert span_of(root, "c").text == "x"


def test_path_that_leads_nowhere_gives_the_deepest_part_written():
    root = read("a: {b: 1}").root
    assert span_of(root, "a", "x", "y").text == "{b: 1}"
    assert span_of(root).text == "a: {b: 1}"
    assert key_span(root, "zzz").text == "a: {b: 1}"


def test_nodes_with_properties_begin_after_them():
    root = read("a: &x !!map\n  b: 1\nc: &y\n  - 1\nd: !!seq [1]\n").root
    assert span_of(root, "a").text == "b: 1"
    assert span_of(root, "c").text == "- 1"
    assert span_of(root, "d").text == "[1]"


# --- what is refused


def test_duplicate_key_names_both_lines_and_the_first_stays():
    reading = read("a: 1\nb: 2\na: 3\n")
    (found,) = reading.diagnostics
    assert found.code == "Y002"
    assert found.message == "the key `a` is written twice: here and on line 1"
    assert str(found.span) == "t.yaml:3:1"
    assert str(found.labels[0].span) == "t.yaml:1:1"
    assert reading.root["a"] == 1


@pytest.mark.parametrize(
    "text", ['1: a\n"1": b', "null: a\n'null': b", "a: 1\n'a': 2\n\"\\x61\": 3"]
)
def test_key_is_the_same_in_any_quotes(text):
    assert {d.code for d in read(text).diagnostics} == {"Y002"}


def test_every_duplicate_is_reported():
    assert len(findings("a: {x: 1, x: 2}\nb: {y: 1, y: 2, y: 3}\n")) == 3


def test_keys_that_only_look_alike_are_refused():
    (found,) = read("caf\u00e9: 1\ncafe\u0301: 2\n").diagnostics
    assert found.code == "Y002"
    assert "looks like the one on line 1" in found.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 Y001 the file is empty"),
        ("# only this\n", "1:1 Y001 the file is empty"),
        ("- a\n", "1:1 Y005 a rulebook is a mapping such as `severity_matrix:`, this is a list"),
        (
            "word",
            "1:1 Y005 a rulebook is a mapping such as `severity_matrix:`, this is a single value",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2:1 Y001 a second YAML document begins here; a rulebook is one document",
        ),
        (
            "a: !!python/object:x.Y [x]",
            "1:4 Y001 the tag `!!python/object:x.Y` is not allowed: a rulebook has no tags",
        ),
        ("a: !secret x", "1:4 Y001 the tag `!secret` is not allowed: a rulebook has no tags"),
        ("a: &x [1, *x]", "1:11 Y010 `*x` stands inside what it repeats"),
        ("a: &x {b: {c: *x}}", "1:15 Y010 `*x` stands inside what it repeats"),
        ("a: *nowhere", "1:4 Y001 no anchor `&nowhere` stands before this alias"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "3:3 Y010 merge keys (`<<`) are not part of YAML 1.2"),
        ("? [a, b]\n: c\n", "1:3 Y005 a key must be a plain word or a string"),
        ("? &x {a: b}\n: c\n", "1:3 Y005 a key must be a plain word or a string"),
        ('"a\\nb": 1', "1:1 Y005 the key 'a\\nb' holds a control character"),
        ('"\\x7f": 1', "1:1 Y005 the key '\\x7f' holds a control character"),
        ("a:\n\t- b\n", "2:1 Y001 a tab where indentation is expected"),
        (
            "a: b\u202e",
            "1:5 Y001 character U+202E (RIGHT-TO-LEFT OVERRIDE) may not stand in a rulebook",
        ),
        ("a: b\x00", "1:5 Y001 character U+0000 (NUL) may not stand in a rulebook"),
        ("a: b\ufeffc", "1:5 Y001 character U+FEFF (BYTE ORDER MARK) may not stand in a rulebook"),
        (
            "a: b\rc: d",
            "1:5 Y001 character U+000D (CARRIAGE RETURN alone) may not stand in a rulebook",
        ),
        (
            "a: b\ud800",
            "1:5 Y001 character U+D800 (a control character) may not stand in a rulebook",
        ),
        ("a: b\u2028c", "1:5 Y001 character U+2028 (LINE SEPARATOR) may not stand in a rulebook"),
    ],
)
def test_refusals(text, expected):
    assert only_finding(text) == expected


def test_quoted_merge_key_is_a_key():
    assert dict(read("'<<': 1").root) == {"<<": 1}


def test_forbidden_characters_are_listed_up_to_a_limit():
    assert len(findings("a: " + "\x01" * 100)) == 20


def test_nesting_has_a_limit_that_holds_before_anything_is_built():
    deepest = "a: " + "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1)
    assert findings(deepest) == []
    assert "nested deeper than 64" in only_finding("a: " + "[" * DEPTH_MAX + "]" * DEPTH_MAX)
    assert "nested too deep" in only_finding("a: " + "[" * 10_000)
    assert "nested deeper than 64" in only_finding("".join(" " * i + "a:\n" for i in range(5_000)))


def test_laughing_aliases_are_counted_without_being_expanded():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert "aliases expand to more than 50,000 values" in only_finding("\n".join(lines))


def test_alias_count_has_a_limit():
    allowed = "a: &x 1\nb: [" + ", ".join(["*x"] * ALIASES_MAX) + "]"
    assert findings(allowed) == []
    assert "more than 100 aliases" in only_finding(allowed.replace("[*x", "[*x, *x"))


def test_literal_values_do_not_count_as_expansion():
    assert findings("a: [" + ", ".join(["1"] * (EXPANSION_MAX + 10)) + "]") == []


def test_text_over_the_limit_is_not_read():
    assert "at most 16,777,216 are read" in only_finding("# " + "x" * TEXT_MAX)
