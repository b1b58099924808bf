"""Joins a row of the language's catalogue with its explanation."""

from __future__ import annotations

from interlock.rulebook.catalogue import CATALOGUE
from interlock.rulebook.lint.page import Page


def describe(code: str, *, why: str, bad: str, good: str, limits: str | None = None) -> Page:
    """Return the page of a code that the language itself reports."""
    entry = CATALOGUE[code]
    return Page(
        code=code,
        name=entry.name,
        level=entry.level,
        summary=entry.summary,
        why=why,
        bad=bad,
        good=good,
        limits=limits,
    )
