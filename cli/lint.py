"""`interlock lint`: is the rulebook wrong?"""

from __future__ import annotations

from difflib import get_close_matches

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import find_rulebooks, read_rulebook
from interlock.cli.terminal import color_option, is_styled, write_log, write_result
from interlock.rulebook.diagnostics import Diagnostic, Level, RulebookError, sort_diagnostics
from interlock.rulebook.lint.registry import PAGES
from interlock.rulebook.lint.runner import Linted, lint_rulebook
from interlock.rulebook.report import (
    Tally,
    render_compact,
    render_github,
    render_json,
    render_sarif,
    render_text,
    summarise,
)

_FAIL_LEVELS = {level.value: tuple(Level)[: index + 1] for index, level in enumerate(Level)}


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "compact", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings; never changes the exit status.",
)
@click.option(
    "--fail-level",
    type=click.Choice(list(_FAIL_LEVELS)),
    default="error",
    show_default=True,
    help="The least level that makes the exit status 1.",
)
@click.option(
    "--select", multiple=True, metavar="CODES", help="Report these only: X203, or X, or G30."
)
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not report these.")
@click.option(
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="What findings call the text read from `-`.",
)
@color_option
def command(
    paths: tuple[str, ...],
    format_: str,
    fail_level: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    stdin_filename: str,
) -> int:
    """Check rulebooks: schema, types, graph, gates, hooks, channels.

    PATHS are files, folders (searched for YAML files), patterns, or - for standard input. Each file
    is one rulebook. Errors of the language itself are reported whatever --select and --ignore say:
    such a rulebook does not run.
    """
    chosen, dropped = _codes(select), _codes(ignore)
    found: list[Diagnostic] = []
    tally = Tally()
    for path in find_rulebooks(paths):
        linted = _lint(path, stdin_filename, chosen, dropped)
        found += linted.diagnostics
        tally += linted.tally
    diagnostics = sort_diagnostics(found)
    _print(format_, diagnostics, tally)
    failing = _FAIL_LEVELS[fail_level]
    return ExitStatus.FINDINGS if any(d.level in failing for d in diagnostics) else ExitStatus.OK


def _lint(path: str, stdin_name: str, select: list[str], ignore: list[str]) -> Linted:
    try:
        sources = read_rulebook(path, stdin_name=stdin_name)
    except RulebookError as error:
        return Linted(error.diagnostics, Tally(files=1))
    return lint_rulebook(sources, select=select, ignore=ignore)


def _codes(written: tuple[str, ...]) -> list[str]:
    """Return the codes, or beginnings of codes, that an option lists; each must exist."""
    codes = [code.strip().upper() for words in written for code in words.split(",")]
    known = [page.code for page in PAGES]
    for code in codes:
        if not code or not any(page.startswith(code) for page in known):
            near = get_close_matches(code, known, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else "see `interlock explain`"
            raise ConfigurationError(f"no such diagnostic code: `{code}`; {remedy}")
    return codes


def _print(format_: str, diagnostics: tuple[Diagnostic, ...], tally: Tally) -> None:
    match format_:
        case "json":
            write_result(render_json(diagnostics, tally))
        case "sarif":
            write_result(render_sarif(diagnostics, PAGES))
        case "github":
            write_result(render_github(diagnostics))
        case "compact":
            write_result(render_compact(diagnostics, is_styled=is_styled()))
        case _:
            write_result(render_text(diagnostics, is_styled=is_styled()))
            write_result(f"{summarise(diagnostics, tally)}\n")
            return
    if format_ not in ("json", "sarif"):
        write_log(summarise(diagnostics, tally))
