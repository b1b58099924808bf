"""The pages of the catalogue as text: for `interlock explain` and for the documentation.

Rules of this file: everything comes from the `Page`; nothing about a code is written here.
"""

from __future__ import annotations

from itertools import groupby
from textwrap import fill, indent
from typing import TYPE_CHECKING

from interlock.rulebook.lint.page import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.rulebook.lint.page import Page

_WIDTH = 88
_FAMILIES = {
    "Y": "document and schema",
    "X": "guard expressions",
    "G": "state graph",
    "R": "workflow rules",
    "A": "actions and hooks",
    "B": "runbooks and gates",
    "T": "severities, channels and templates",
}


def render_page(page: Page) -> str:
    """Return one page as plain text."""
    parts = [
        f"{page.code} {page.name} ({_level(page)}, since {page.since})",
        _wrap(page.summary),
        _wrap(f"Why: {page.why}"),
        f"Bad:\n\n{indent(page.bad, '    ')}".rstrip(),
        f"Good:\n\n{indent(page.good, '    ')}".rstrip(),
    ]
    if page.limits:
        parts.append(_wrap(f"Limits: {page.limits}"))
    return "\n\n".join(parts) + "\n"


def render_index(pages: Iterable[Page]) -> str:
    """Return one line per code: code, level, summary."""
    return "".join(f"{page.code}  {page.level.value:7}  {page.summary}\n" for page in pages)


def render_catalogue(pages: Iterable[Page]) -> str:
    """Return the catalogue as one Markdown document."""
    return "".join(_catalogue(tuple(pages)))


def _catalogue(pages: tuple[Page, ...]) -> Iterator[str]:
    yield (
        "# Diagnostics\n\n"
        "What `interlock lint` reports. An **error** is wrong on every reading, a **warning** is\n"
        "probably wrong, **info** is taste. `interlock explain CODE` shows the same page offline.\n"
        "A code is never reused or re-meant; the wording of a message may change.\n\n"
        "Findings are silenced by comments, and levels set in `interlock.toml`: see\n"
        "[linting.md](linting.md). Errors of the language itself are always reported: such a\n"
        "rulebook does not run.\n\n"
        "Each *bad* example gives its code and each *good* one no finding: the tests run them.\n\n"
        "| code | level | finds |\n|---|---|---|\n"
    )
    for page in pages:
        anchor = f"{page.code}-{page.name}".lower()
        yield f"| [{page.code}](#{anchor}) | {page.level.value} | {page.summary} |\n"
    for family, members in groupby(pages, key=lambda page: page.code[0]):
        yield f"\n## {family}: {_FAMILIES[family]}\n"
        for page in members:
            yield from _section(page)


def _section(page: Page) -> Iterator[str]:
    yield f"\n### {page.code} {page.name}\n\n"
    yield f"*{_level(page)}, since {page.since}.* {page.summary}\n\n"
    yield f"{_wrap(page.why)}\n\n"
    yield f"Bad:\n\n```yaml\n{page.bad.rstrip()}\n```\n\n"
    yield f"Good:\n\n```yaml\n{page.good.rstrip()}\n```\n"
    if page.limits:
        yield f"\n{_wrap(f'Limits: {page.limits}')}\n"


def _level(page: Page) -> str:
    """Return a page's level, and where the profile `strict` makes a difference."""
    if page.profile is Profile.STRICT:
        return f"{page.level.value} in `strict` only"
    if page.strict_level is not None:
        return f"{page.level.value}, in `strict` {page.strict_level.value}"
    return page.level.value


def _wrap(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
