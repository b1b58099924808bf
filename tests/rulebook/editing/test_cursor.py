from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from interlock.rulebook.document.nodes import MapNode, SeqNode, key_span, span_of
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.editing import cursor as cursor_module
from interlock.rulebook.editing.cursor import locate
from interlock.rulebook.editing.entries import find_entry
from interlock.rulebook.source import SourceFile
from support.editing import cut

ROOT = Path(__file__).parents[3]
WHOLE = sorted(
    [*ROOT.glob("policies/*/rulebook.yaml"), *ROOT.glob("tests/rulebook/lint/*/good.yaml")]
)

SAME = ("keys_of", "value_of", "text", "start", "style", "is_flow", "is_comment", "column")
RULES = "workflow_rules:\n"


def places(node, path=()):
    """Yield every scalar place of a document: path, key and span, value and span."""
    for step in list(node) if isinstance(node, MapNode) else range(len(node)):
        here = (*path, step)
        value = node[step]
        yield (
            here,
            key_span(node, step) if isinstance(node, MapNode) else None,
            None if isinstance(value, MapNode | SeqNode) else span_of(node, step),
        )
        if isinstance(value, MapNode | SeqNode):
            yield from places(value, here)


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: f"{file.parent.name}")
def test_every_place_of_a_readable_rulebook_is_where_the_reader_finds_it(file):
    source = SourceFile("x.yaml", file.read_text("utf-8"))
    root = read_document(source).root
    for path, key, value in places(root):
        if key is not None:
            quote = key.text[0] in "'\""
            cursor = locate(source.text, key.end - quote)
            assert (cursor.keys_of, cursor.text) == (path[:-1], path[-1])
        if value is not None and value.text and value.text[0] not in "|>":
            quote = value.text[0] in "'\""
            for offset in (value.start + quote, value.end - quote):
                assert locate(source.text, offset).value_of == path


@pytest.mark.parametrize(
    ("marked", "keys_of", "value_of", "text"),
    [
        ("§", (), None, ""),
        ("work§", (), None, "work"),
        ("name: x\nwork§\nguards: {}", (), None, "work"),
        ("name: §", None, ("name",), ""),
        ("name:§", None, ("name",), ""),
        ("name: 'ab§", None, ("name",), "ab"),
        ("name: 'ab' §", None, None, ""),
        (RULES + "  - §", ("workflow_rules", 0), ("workflow_rules", 0), ""),
        (RULES + "- §", ("workflow_rules", 0), ("workflow_rules", 0), ""),
        (RULES + "  -\n    §", ("workflow_rules", 0), ("workflow_rules", 0), ""),
        (RULES + "  - a: 1\n  - b: 2\n    §", ("workflow_rules", 1), None, ""),
        (RULES + "  - a: 1\n\n    c§", ("workflow_rules", 0), None, "c"),
        (RULES + "  - a: 1\n§", (), None, ""),
        (RULES + "  - {a: 1, §}", ("workflow_rules", 0), None, ""),
        (RULES + "  - {a: 1, b: c d§}", None, ("workflow_rules", 0, "b"), "c d"),
        (RULES + "  - {a: [x, §", None, ("workflow_rules", 0, "a", 1), ""),
        (RULES + "  - {a: 'x' §", None, None, ""),
        (RULES + "  - {a: [1, 2], 'q§", ("workflow_rules", 0), None, "q"),
        ("guards:\n  a: |\n    x\n    y§", None, ("guards", "a"), "    x\n    y"),
        ("guards:\n  a: >-\n    x\n  §", ("guards",), None, ""),
        ("guards:\n  a: x &&\n    y§", None, ("guards", "a"), "x &&\n    y"),
        ("guards:\n  a: x &&\n    y\n  b§", ("guards",), None, "b"),
        ("guards:\n  'a b': §", None, ("guards", "a b"), ""),
        ("on_call:\n  §", ("on_call",), ("on_call",), ""),
        ("on_call:\n§", (), None, ""),
        ("events: {\n  a: B,\n  §\n}", ("events",), None, ""),
        ("a: {x: 1}\nb: §", None, ("b",), ""),
        ("a: &anchor\n  b: §", None, ("a", "b"), ""),
        ("a: &anchor {b: §", None, ("a", "b"), ""),
        ("a: *alias\nb: §", None, ("b",), ""),
        ("---\na: §", None, ("a",), ""),
        ("a: 1\r\nb:\r\n  - c: §", None, ("b", 0, "c"), ""),
    ],
)
def test_a_cursor_stands_where_a_person_says(marked, keys_of, value_of, text):
    cursor = locate(*cut(marked))
    assert (cursor.keys_of, cursor.value_of, cursor.text) == (keys_of, value_of, text)


@pytest.mark.parametrize(
    "broken",
    ["  - {a: 1, b: [2\n", "  - a: 'never closed\n", '  - {a: "x\n', "  - a: ]\n", "  - {a: }]\n"],
)
def test_what_is_never_closed_ends_with_the_entry(broken):
    cursor = locate(*cut(f"{RULES}{broken}  - §"))
    assert cursor.keys_of == ("workflow_rules", 1)


@pytest.mark.parametrize(
    ("marked", "is_comment"),
    [("# a§", True), ("a: b # c§", True), ("a: b#c§", False), ("a: {b: c, # d§", True),
     ("a: '# b§", False), ("a: |\n  # b§", False)],
)  # fmt: skip
def test_a_comment_is_told_from_a_text(marked, is_comment):
    assert locate(*cut(marked)).is_comment == is_comment


def test_the_keys_before_the_cursor_are_known_with_their_texts():
    cursor = locate(*cut("a:\n  type: slack\n  b: [1]\n  §"))
    assert dict(cursor.written) == {"type": "slack", "b": ""}
    cursor = locate(*cut("a: {type: slack, b: [1], §"))
    assert dict(cursor.written)["type"] == "slack"


def test_one_long_line_takes_no_time_worth_speaking_of():
    # Quadratic scanning would take minutes here.
    for text in ("a: {" + "b: [x], " * 30_000, "x" + " " * 200_000, "a: [" + "'" * 50_000):
        assert locate(text, len(text)).offset == len(text)


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: f"{file.parent.name}")
def test_the_shorter_way_leads_to_the_same_place(file, monkeypatch):
    text = file.read_text("utf-8")
    at = range(0, len(text) + 1, 3)
    plain = [locate(text, offset) for offset in at]
    monkeypatch.setattr(cursor_module, "find_entry", partial(find_entry, length_min=0))
    for offset, expected in zip(at, plain, strict=True):
        found = locate(text, offset)
        assert [getattr(found, name) for name in SAME] == [getattr(expected, name) for name in SAME]
        assert list(found.written) == list(expected.written)


@pytest.mark.parametrize(
    ("section", "entry", "path"),
    [
        ("workflow_rules:\n", "  - {{id: r{0}, after: 5m}}\n", ("workflow_rules", 999, "after")),
        ("workflow_rules: # all\n", "- id: r{0}\n  after: 5m\n", ("workflow_rules", 999, "after")),
        ("runbooks:\n\n", "  r{0}:\n    after: 5m\n", ("runbooks", "r999", "after")),
    ],
)
def test_the_last_entry_of_a_long_section_is_entered_directly(section, entry, path):
    text = section + "".join(entry.format(number) for number in range(1000))
    start, frames = find_entry(text, 0, len(text))
    assert start == text.rindex("r999") - len(entry.partition("r{")[0].replace("{{", "{"))
    assert len(frames) == 2
    assert locate(text, text.rindex("5m") + 1).value_of == path
