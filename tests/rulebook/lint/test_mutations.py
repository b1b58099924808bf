"""One mistake at a time in rulebooks that are right: each is found where it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

import interlock.policies
from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings
from interlock.rulebook.report import render_json, render_text
from interlock.rulebook.source import SourceFile
from support.mutations import mutations, noise
from support.rulebooks import REFERENCE

SHIPPED = {
    path.relative_to(Path(interlock.policies.__file__).parent).as_posix(): path.read_text("utf-8")
    for path in sorted(Path(interlock.policies.__file__).parent.rglob("*.yaml"))
    if path.name not in ("tests.yaml", "identity.yaml")
}
RULEBOOKS = {**SHIPPED, "reference": REFERENCE}
CASES = [
    pytest.param(mutation, id=f"{name}-{mutation}")
    for name, text in RULEBOOKS.items()
    for mutation in mutations(text)
]


def lint(text, **settings):
    return lint_rulebook([SourceFile("x.yaml", text)], settings=Settings(**settings))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_rulebook_has_no_finding_at_all(name):
    assert render_text(lint(SHIPPED[name]).diagnostics) == ""


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_rulebook_has_no_warning_in_strict_either(name):
    assert render_text(lint(SHIPPED[name], profile=Profile.STRICT).diagnostics) == ""


def test_the_reference_rulebook_has_no_error_and_warns_of_its_channels_alone():
    assert {item.code for item in lint(REFERENCE).diagnostics} == {"T707"}
    assert all(item.level == "warning" for item in lint(REFERENCE).diagnostics)


@pytest.mark.parametrize("mutation", CASES)
def test_a_mistake_is_found_where_it_was_made(mutation):
    found = {(item.code, item.span.start) for item in lint(mutation.text).diagnostics}
    assert (mutation.code, mutation.offset) in found


@pytest.mark.parametrize("mutation", CASES)
def test_one_mistake_gives_one_error(mutation):
    errors = [item for item in lint(mutation.text).diagnostics if item.level == "error"]
    assert len(errors) == 1, render_text(errors)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", RULEBOOKS)
def test_noise_is_answered_with_findings_and_never_a_traceback(name, seed):
    for text in noise(RULEBOOKS[name], 40, seed):
        linted = lint(text)
        assert render_json(linted.diagnostics, linted.tally)
        for item in linted.diagnostics:
            assert 0 <= item.span.start <= item.span.end <= len(text)
