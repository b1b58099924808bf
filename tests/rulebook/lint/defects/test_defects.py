"""Defects as people make them: each is found, at the right place, and nothing else is.

The first line of each file says what is expected: `# expect: CODE line:column`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.rulebook.lint.registry import PAGE_BY_CODE, PAGES
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings
from interlock.rulebook.source import SourceFile

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yaml"))
EXPECTED = re.compile(r"# expect: ([A-Z]\d{3}) (\d+):(\d+)\n")
AT_LEAST = 3


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_defect_is_found_at_its_place_and_nothing_else(file):
    text = file.read_text("utf-8")
    code, line, column = EXPECTED.match(text).groups()
    settings = Settings(profile=PAGE_BY_CODE[code].profile)
    linted = lint_rulebook([SourceFile("x.yaml", text)], settings=settings)
    found = [(item.code, item.span.line, item.span.column) for item in linted.diagnostics]
    assert code == file.parent.name
    assert found == [(code, int(line), int(column))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_every_code_has_its_defects(page):
    assert sum(file.parent.name == page.code for file in FILES) >= AT_LEAST
