"""Fixes are applied where they do not touch, and lead to a text without their findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.diagnostics import Diagnostic, Edit, Fix, Level
from interlock.rulebook.lint.fixes import apply_fixes
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.source import SourceFile, Span
from support.mutations import mutations
from support.rulebooks import REFERENCE

SOURCE = SourceFile("x.yaml", "0123456789")
DEFECTS = sorted((Path(__file__).parent / "defects").glob("*/*.yaml"))


def finding(*edits, is_safe=True):
    fix = Fix(tuple(Edit(Span(SOURCE, start, end), text) for start, end, text in edits), is_safe)
    return Diagnostic("X210", "x", Level.ERROR, "x", Span(SOURCE, 0, 1), fix=fix)


@pytest.mark.parametrize(
    ("findings", "text", "applied"),
    [
        ([finding((0, 1, "a")), finding((2, 3, "bb"))], "a1bb3456789", 2),
        ([finding((0, 3, "a")), finding((2, 5, "b"))], "a3456789", 1),
        ([finding((0, 1, "a")), finding((1, 2, "b"))], "a123456789", 1),
        ([finding((0, 1, "a"), (8, 9, "z")), finding((8, 9, "y"))], "a1234567z9", 1),
        ([finding((3, 3, "x")), finding((3, 3, "y"))], "012x3456789", 1),
        ([finding((0, 1, "a"), is_safe=False)], "0123456789", 0),
    ],
)
def test_a_fix_that_touches_an_earlier_one_waits(findings, text, applied):
    fixed = apply_fixes(SOURCE, findings)
    assert (fixed.text, len(fixed.applied)) == (text, applied)


def test_unsafe_fixes_are_applied_when_allowed():
    assert apply_fixes(
        SOURCE, [finding((0, 1, "a"), is_safe=False)], is_unsafe_allowed=True
    ).applied


def lint(text):
    return lint_rulebook([SourceFile("x.yaml", text)])


@pytest.mark.parametrize("file", DEFECTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_fixed_defect_is_gone(file):
    text = file.read_text("utf-8")
    linted = lint(text)
    fixed = apply_fixes(SourceFile("x.yaml", text), linted.diagnostics, is_unsafe_allowed=True)
    left = {(item.code, item.message) for item in lint(fixed.text).diagnostics}
    for item in fixed.applied:
        assert (item.code, item.message) not in left


@pytest.mark.parametrize(
    "mutation",
    [m for m in mutations(REFERENCE) if m.kind in ("key", "state", "action", "yes")],
    ids=str,
)
def test_fixing_a_misspelling_gives_the_text_there_was(mutation):
    source = SourceFile("x.yaml", mutation.text)
    fixed = apply_fixes(source, lint(mutation.text).diagnostics)
    assert fixed.text == REFERENCE
