from __future__ import annotations

import pytest

from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings
from interlock.rulebook.source import SourceFile

DISORDER = """\
severity_matrix:
  P1: {sla_minutes: 60}
  P2: {sla_minutes: 15}
"""


def lint(text, **choice):
    return lint_rulebook([SourceFile("x.yaml", text)], **choice)


def codes(text, **choice):
    return [item.code for item in lint(text, **choice).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        DISORDER.replace("  P1", "  # interlock: ignore[T703] agreed\n  P1"),
        DISORDER.replace("60}", "60} # interlock: ignore[T703] agreed"),
        DISORDER.replace("60}", "60}   #interlock:ignore[ t703 , G303 ]agreed") + "# G303\n",
        f"# interlock: ignore[T703] agreed\n{DISORDER}",
        f"{DISORDER}# interlock: ignore-file[T703] agreed\n",
    ],
    ids=["above", "behind", "spaces", "above the section", "file"],
)
def test_a_comment_silences_its_code_where_it_stands(text):
    linted = lint(text)
    assert "T703" not in [item.code for item in linted.diagnostics]
    assert linted.tally.ignored == 1


@pytest.mark.parametrize(
    "text",
    [
        DISORDER + "# interlock: ignore[T703] agreed\n",
        DISORDER.replace("  P2", "  # interlock: ignore[T703] agreed\n  P2"),
        DISORDER.replace("60}", "60} # interlock: ignore[T713] agreed"),
        DISORDER.replace("60}", "60} #xinterlock: ignore[T703] agreed"),
        DISORDER.replace("60}", "60} # interlock: ignore T703"),
    ],
    ids=["below", "another line", "another code", "another word", "no bracket"],
)
def test_a_comment_elsewhere_silences_nothing(text):
    linted = lint(text)
    assert "T703" in [item.code for item in linted.diagnostics]
    assert linted.tally.ignored == 0


def test_a_comment_covers_a_guard_in_a_block():
    text = (
        "guards:\n"
        "  # interlock: ignore[X208] always set by our sources\n"
        "  owned: |\n"
        '    incident.title != ""\n'
        '      && incident.owner == "db"\n'
        '  other: incident.owner == "db"\n'
    )
    assert [item.span.line for item in lint(text).diagnostics] == [6]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[T703] agreed", "there is no T703 here to ignore"),
        ("ignore[T730] agreed", "`T730` is no diagnostic code"),
        ("ignore[] agreed", "`` is no diagnostic code"),
    ],
)
def test_a_useless_comment_is_a_finding(comment, message):
    text = f"severity_matrix: {{P1: {{sla_minutes: 15}}}} # interlock: {comment}\n"
    [item] = lint(text).diagnostics
    assert (item.code, item.message) == ("T711", message)
    assert item.span.text == f"# interlock: {comment}"


def test_a_comment_without_a_reason_silences_and_is_a_finding_in_strict():
    text = DISORDER.replace("60}", "60} # interlock: ignore[T703]")
    assert codes(text) == []
    assert codes(text, settings=Settings(profile=Profile.STRICT)) == ["T711"]


def test_an_error_of_the_language_cannot_be_silenced():
    text = "severity_matrix: {P1: {sla: 1}} # interlock: ignore[Y003] we know\n"
    assert codes(text) == ["Y003"]


def test_unused_comments_are_not_told_while_there_are_errors():
    text = "# interlock: ignore-file[T703] agreed\nseverity_matrix: {P1: {sla: 1}}\n"
    assert codes(text) == ["Y003"]


def test_deselecting_a_code_does_not_make_its_comment_useless():
    text = DISORDER.replace("60}", "60} # interlock: ignore[T703] agreed")
    assert codes(text, ignore=["T703"]) == []
    assert codes(text, select=["T711"]) == []
