"""Every code has a page, and the examples of every page do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import interlock.rulebook
from interlock.rulebook.catalogue import CATALOGUE
from interlock.rulebook.lint.reference import render_catalogue, render_index, render_page
from interlock.rulebook.lint.registry import PAGES, RULES, find_page
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings
from interlock.rulebook.model import Rulebook
from interlock.rulebook.report import render_text, summarise
from interlock.rulebook.source import SourceFile

HERE = Path(__file__).parent
RULEBOOK = Path(interlock.rulebook.__file__).parent
EMITTED = re.compile(r"""["']([YXGRABT]\d{3})["']""")


def lint(text, page, name="bad.yaml"):
    return lint_rulebook([SourceFile(name, text)], settings=Settings(profile=page.profile))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_bad_example_gives_its_code_alone(page, golden):
    linted = lint(page.bad, page)
    assert {item.code for item in linted.diagnostics} == {page.code}
    assert {item.name for item in linted.diagnostics} == {page.name}
    assert page.level in {item.level for item in linted.diagnostics}
    report = render_text(linted.diagnostics) + summarise(linted.diagnostics, linted.tally) + "\n"
    golden(page.bad, HERE / page.code / "bad.yaml")
    golden(report, HERE / page.code / "expected.out")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_good_example_gives_no_finding(page, golden):
    assert render_text(lint(page.good, page).diagnostics) == ""
    golden(page.good, HERE / page.code / "good.yaml")


def test_every_folder_of_examples_belongs_to_a_page():
    assert {folder.name for folder in HERE.iterdir() if (folder / "bad.yaml").exists()} == {
        page.code for page in PAGES
    }


def test_every_code_that_can_be_emitted_has_a_page():
    emitted = {
        code
        for file in RULEBOOK.rglob("*.py")
        if file.name != "catalogue.py"
        for code in EMITTED.findall(file.read_text("utf-8"))
    }
    assert emitted - {page.code for page in PAGES} == set()


def test_codes_and_names_are_unique():
    words = [word for page in PAGES for word in (page.code, page.name)]
    assert len(words) == len(set(words))


def test_pages_stand_in_the_order_of_families_and_numbers():
    families = "YXGRABT"
    assert [page.code for page in PAGES] == sorted(
        (page.code for page in PAGES), key=lambda code: (families.index(code[0]), code)
    )


def test_a_row_of_the_catalogue_and_its_page_agree():
    for page in PAGES:
        if page.code in CATALOGUE:
            assert (page.name, page.level, page.summary) == CATALOGUE[page.code]


def test_a_rule_reads_sections_that_exist():
    sections = set(Rulebook.__struct_fields__)
    for rule in RULES:
        assert rule.sections <= sections, rule.page.code


@pytest.mark.parametrize("word", ["X203", "x203", "unknown-field"])
def test_a_page_is_found_by_code_or_name(word):
    page = find_page(word)
    assert page is not None
    assert page.code == "X203"


def test_an_unknown_code_has_no_page():
    assert find_page("X999") is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_a_page_is_shown_whole(page):
    shown = render_page(page)
    assert shown.startswith(f"{page.code} {page.name} ({page.level.value}")
    for line in (*page.bad.splitlines(), *page.good.splitlines()):
        assert f"    {line}".rstrip() in shown
    assert page.code in render_index([page])
    assert f"### {page.code} {page.name}\n" in render_catalogue([page])
