from __future__ import annotations

import pytest

from interlock.rulebook.lint.registry import PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_every_code_is_explained(interlock, page):
    outcome = interlock("explain", page.code)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{page.code} {page.name} (")


def test_a_name_or_small_letters_do_as_well(interlock):
    assert interlock("explain", "x203") == interlock("explain", "unknown-field")


def test_without_a_code_all_are_listed(interlock):
    outcome = interlock("explain")
    assert outcome.status == 0
    assert [line[:4] for line in outcome.out.splitlines()] == [page.code for page in PAGES]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("X2O3", "did you mean `X203`?"),
        ("unknown-feild", "did you mean `unknown-field`?"),
        ("zzz", "`interlock explain` lists all codes"),
    ],
)
def test_an_unknown_code_is_answered_with_the_nearest(interlock, code, said):
    outcome = interlock("explain", code)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
