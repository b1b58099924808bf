from __future__ import annotations

import pytest

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.source import SourceFile

RULE = "workflow_rules:\n  - transition: A -> B\n    "


def only(text: str):
    (found,) = read_document(SourceFile("t.yaml", text)).diagnostics
    return found


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("validator: !has(incident.owner)", "'!has(incident.owner)'"),
        ('validator: incident.labels["a: b"] == "x: y"', """'incident.labels["a: b"] == "x: y"'"""),
        ('validator: "db" in incident.tags', """'"db" in incident.tags'"""),
        ("validator: 'db' in incident.tags", "'''db'' in incident.tags'"),
        ("validator: [1, 2].exists(x, x == 1)", "'[1, 2].exists(x, x == 1)'"),
        ("validator: {'a': 1}['a'] == 1", "'{''a'': 1}[''a''] == 1'"),
        ("validator: *x", "'*x'"),
        ("validator: @x", "'@x'"),
        ("validator: `x`", "'`x`'"),
        ("gate: {when: severity.name == 'P1', x: y: z}", "'severity.name == ''P1'', x: y: z}'"),
    ],
)
def test_guard_that_yaml_cannot_read_is_to_be_quoted(line, quoted):
    found = only(RULE + line + "\n")
    if line == "validator: *x":
        assert found.message == "no anchor `&x` stands before this alias"
        return
    assert found.message == "YAML cannot read this guard without quotes"
    assert found.help == f"quote the guard: {quoted}"
    assert found.span.line == 3


def test_named_guard_is_to_be_quoted_too():
    found = only('name: x\nguards:\n  fine: a == 1\n  wrong: "db" in incident.tags\n')
    assert found.help == """quote the guard: '"db" in incident.tags'"""


def test_what_is_no_guard_is_not_called_one():
    assert "guard" not in (only('title: "db" in x\n').help or "")
    assert "guard" not in (only('other:\n  wrong: "db" in x\n').help or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c\n", "a `: ` cannot stand here"),
        ("a: [1, 2\nb: 3\n", "this `[` is not closed"),
        ("a: 'x\n", "a quote is not closed"),
        ("a: 'x\n---\n", "a quote is not closed"),
        ('a: "\\d"\n', "an unknown escape in double quotes"),
        ("a: 1\n b: 2\n", "a `: ` cannot stand here"),
        ("a:\n  - 1\n  b: 2\n", "this does not continue the list above"),
        ("a: @x\n", "this character cannot begin a value"),
        ("a: 'x' y\n", "this does not continue the mapping above"),
        ("a\nb: 1\n", "a `: ` cannot stand here"),
        ("a: 1\nb\nc: 1\n", "a key without `: `"),
    ],
)
def test_common_mistakes_are_told_in_the_words_of_the_language(text, message):
    found = only(text)
    assert found.code == "Y001"
    assert found.message == message
    assert found.help
