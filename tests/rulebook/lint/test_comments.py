"""Where comments to the linter are seen, and what they cover."""

from __future__ import annotations

from datetime import date

import pytest

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.lint.comments import find_comments
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.source import SourceFile

MARK = "# interlock: ignore[X208] why"


def lines(text):
    source = SourceFile("x.yaml", text)
    document = read_document(source).root
    assert document is not None
    return [(one.first_line, one.last_line) for one in find_comments(source, document)]


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (f"{MARK}\na: 1\nb: 2\n", [(2, 2)]),
        (f"a: 1 {MARK}\nb: 2\n", [(1, 1)]),
        (f"{MARK}\n# another comment\n\na:\n  b: 1\nc: 2\n", [(4, 5)]),
        (f"{MARK}\na:\n- b\n- c\nd: 1\n", [(2, 4)]),
        (f"a:\n{MARK}\n- b: 1\n  c: 2\n- d\n", [(3, 4)]),
        (f"a: | {MARK}\n  one\n  two\nb: 1\n", [(1, 3)]),
        (f"a: >-\n  one {MARK}\n  two\n", []),
        (f"a: '{MARK}'\n", []),
        (f'a: "x {MARK}"\n', []),
        (f"{MARK}\n{MARK}\na: 1\n", [(3, 3), (3, 3)]),
        (f"a: 1\n{MARK}\n", [(3, 3)]),
        ("a: 1 # interlock: ignore-file[X208] why\nb: 2\n", [(1, 3)]),
        ("a: 1 # interlock: ignored[X208]\n", []),
    ],
)
def test_a_comment_covers_the_value_it_belongs_to(text, covered):
    assert lines(text) == covered


@pytest.mark.parametrize(
    ("comment", "today", "codes"),
    [
        ("snooze[T703] until 2027-01-31 why", date(2027, 1, 31), []),
        ("snooze[T703] until 2027-01-31 why", date(2027, 2, 1), ["T711", "T703"]),
        ("snooze[T703] until 2027-01-31 why", None, []),
        ("snooze[T703] until 2027-13-31 why", None, ["T711", "T703"]),
        ("snooze[T703] why", None, ["T711", "T703"]),
    ],
)
def test_a_snooze_silences_up_to_its_day(comment, today, codes):
    text = (
        f"severity_matrix: # interlock: {comment}\n  P1: {{sla_minutes: 60}}\n"
        "  P2: {sla_minutes: 15}\n"
    )
    linted = lint_rulebook([SourceFile("x.yaml", text)], today=today)
    assert [item.code for item in linted.diagnostics] == codes


def test_one_code_of_several_that_is_not_needed_is_told_and_not_repaired():
    text = (
        "severity_matrix: {P1: {sla_minutes: 60}, P2: {sla_minutes: 15}}"
        " # interlock: ignore[T703, T713] x\n"
    )
    [item] = lint_rulebook([SourceFile("x.yaml", text)]).diagnostics
    assert (item.code, item.help, item.fix) == ("T711", "remove T713 from the comment", None)
