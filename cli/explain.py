"""`interlock explain`: the page of a diagnostic code, offline."""

from __future__ import annotations

from difflib import get_close_matches

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.terminal import color_option, write_result
from interlock.rulebook.lint.reference import render_index, render_page
from interlock.rulebook.lint.registry import PAGES, find_page


@click.command("explain")
@click.argument("code", required=False)
@color_option
def command(code: str | None) -> int:
    """Show what a diagnostic code means, with examples.

    CODE is a code such as X203 or its name, such as unknown-field; without one, all codes are
    listed.
    """
    if code is None:
        write_result(render_index(PAGES))
        return ExitStatus.OK
    page = find_page(code)
    if page is None:
        known = [word for page in PAGES for word in (page.code, page.name)]
        near = get_close_matches(code.upper(), known, n=1) or get_close_matches(code, known, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "`interlock explain` lists all codes"
        raise ConfigurationError(f"no such diagnostic code: {code}; {remedy}")
    write_result(render_page(page))
    return ExitStatus.OK
