"""Every lint rule and every page: the one list that commands, documentation and tests read.

Rules of this file: a code stands in it once, in order of family and number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.lint import graph, guards, hooks, severity, workflow
from interlock.rulebook.lint.pages import PAGES as LANGUAGE_PAGES
from interlock.rulebook.lint.suppression import USELESS

if TYPE_CHECKING:
    from interlock.rulebook.lint.context import LintRule
    from interlock.rulebook.lint.page import Page

_FAMILIES = "YXGRABT"

RULES: tuple[LintRule, ...] = (
    *guards.RULES,
    *graph.RULES,
    *workflow.RULES,
    *hooks.RULES,
    *severity.RULES,
)


def _sort_key(page: Page) -> tuple[int, str]:
    return _FAMILIES.index(page.code[0]), page.code


PAGES: tuple[Page, ...] = tuple(
    sorted({*LANGUAGE_PAGES, *(rule.page for rule in RULES), USELESS}, key=_sort_key)
)
PAGE_BY_CODE = {page.code: page for page in PAGES}
_BY_WORD = {word: page for page in PAGES for word in (page.code.lower(), page.name)}


def find_page(code_or_name: str) -> Page | None:
    """Return the page of a code (in either case) or of a slug."""
    return _BY_WORD.get(code_or_name.lower())
