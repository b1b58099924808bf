"""`interlock lint`: is the rulebook wrong?"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from interlock.cli.configuration import Configuration, find_configuration, read_configuration
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import STDIN, find_rulebooks
from interlock.cli.lint_output import FORMATS, format_of, write_file, write_outcome
from interlock.cli.linting import Outcome, Task, lint_files
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.rulebook.diagnostics import Level
from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.registry import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

_FAIL_LEVELS = {level.value: tuple(Level)[: index + 1] for index, level in enumerate(Level)}


@click.command("lint")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print the findings; never changes the exit status.",
)
@click.option(
    "--output", metavar="FILE", help="Write them to a file too: .json, .sarif, .xml (JUnit), .txt."
)
@click.option(
    "--fail-level",
    type=click.Choice(list(_FAIL_LEVELS)),
    default="error",
    show_default=True,
    help="The least level that makes the exit status 1.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option(
    "--select", multiple=True, metavar="CODES", help="Report these only: X203, or X, or G30."
)
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not report these.")
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    help="How much to report; by default what the configuration says, else recommended.",
)
@click.option(
    "--hooks",
    multiple=True,
    metavar="MODULE",
    help="Check arguments of Python hooks by this module's models; may be repeated.",
)
@click.option("--config", metavar="FILE", help="Read this configuration instead of the nearest.")
@click.option("--statistics", is_flag=True, help="Count findings per code instead of listing them.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired for certain.")
@click.option("--unsafe-fixes", is_flag=True, help="Repair also where a decision may change.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option("--baseline", metavar="FILE", help="Report only what this file does not know.")
@click.option(
    "--write-baseline", metavar="FILE", help="Write what is found to this file, and report nothing."
)
@click.option(
    "--changed-since", metavar="REF", help="Report only what changed since this git commit."
)
@click.option(
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="What findings call the text read from `-`.",
)
@color_option
def command(paths: tuple[str, ...], format_: str, fail_level: str, **options: Any) -> int:
    """Check rulebooks: schema, types, graph, gates, hooks, channels.

    PATHS are files, folders (searched for YAML files), patterns, or - for standard input; without
    any, the `paths` of the configuration. A folder with `_shared.yaml`, or whose files have a
    `scope`, is one rulebook; any other file is one by itself. Errors of the language itself
    are reported whatever --select and --ignore say: such a rulebook does not run.
    """
    if options["output"] is not None:
        format_of(options["output"])
    task = _task(options)
    outcome = lint_files(_paths(paths, options["config"]), task)
    if options["diff"]:
        return _show_difference(outcome)
    _rewrite(outcome)
    if options["write_baseline"] is not None:
        return _write_baseline(options["write_baseline"], outcome)
    if options["baseline"] is not None:
        outcome = _without_known(options["baseline"], outcome)
    if options["output"] is not None:
        write_file(options["output"], outcome)
    if not any(repair.path == STDIN for repair in outcome.repaired):
        write_outcome(format_, outcome, has_statistics=options["statistics"])
    failing = _FAIL_LEVELS[fail_level]
    is_failed = any(item.level in failing for item in outcome.diagnostics)
    return ExitStatus.FINDINGS if is_failed and not options["exit_zero"] else ExitStatus.OK


def _task(options: dict[str, Any]) -> Task:
    reference = options["changed_since"]
    return Task(
        settings_of=_settings_of(options["config"], options["profile"]),
        select=_codes(options["select"]),
        ignore=_codes(options["ignore"]),
        today=datetime.now(UTC).date(),
        is_fixing=options["fix"] or options["unsafe_fixes"] or options["diff"],
        is_unsafe_allowed=options["unsafe_fixes"],
        changes_of=None if reference is None else _changes_of(reference),
        stdin_name=options["stdin_filename"],
        accepted=_accepted(options["hooks"]),
    )


def _accepted(modules: tuple[str, ...]) -> Any:
    if not modules:
        return None
    from interlock.cli.python_hooks import accepted_by_modules  # noqa: PLC0415 - seldom needed

    return accepted_by_modules(modules)


def _settings_of(config: str | None, profile: str | None) -> Callable[[str], Any]:
    @cache
    def configuration(folder: Path) -> Configuration:
        found = find_configuration(folder) if config is None else read_configuration(config)
        return found.with_profile(profile)

    return lambda path: configuration(Path(path).absolute().parent).for_file(path)


def _changes_of(reference: str) -> Callable[[str], Any]:
    from interlock.cli.changes import changes_since  # noqa: PLC0415 - seldom needed

    return cache(lambda path: changes_since(reference, path))


def _paths(arguments: tuple[str, ...], config: str | None) -> list[str]:
    if arguments:
        return find_rulebooks(arguments)
    here = Path.cwd()
    found = find_configuration(here) if config is None else read_configuration(config)
    if not found.settings.paths:
        raise click.UsageError("name PATHS, or set `paths` under [lint] in interlock.toml")
    return find_rulebooks(tuple(str(found.folder / path) for path in found.settings.paths))


def _codes(written: tuple[str, ...]) -> tuple[str, ...]:
    """Return the codes, or beginnings of codes, that an option lists; each must exist."""
    codes = [code.strip().upper() for words in written for code in words.split(",")]
    known = [page.code for page in PAGES]
    for code in codes:
        if not code or not any(page.startswith(code) for page in known):
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

            near = get_close_matches(code, known, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else "see `interlock explain`"
            raise ConfigurationError(f"no such diagnostic code: `{code}`; {remedy}")
    return tuple(codes)


def _show_difference(outcome: Outcome) -> int:
    from interlock.cli.rewriting import difference  # noqa: PLC0415 - seldom needed

    for repair in outcome.repaired:
        write_result(difference(repair.before, repair.after, repair.name))
    return ExitStatus.FINDINGS if outcome.repaired else ExitStatus.OK


def _rewrite(outcome: Outcome) -> None:
    for repair in outcome.repaired:
        if repair.path == STDIN:
            write_result(repair.after)
            continue
        from interlock.cli.rewriting import replace_file  # noqa: PLC0415 - seldom needed

        has_mark = Path(repair.path).read_bytes().startswith(b"\xef\xbb\xbf")
        replace_file(repair.path, repair.after.encode("utf-8-sig" if has_mark else "utf-8"))
        fixes = "1 fix" if repair.count == 1 else f"{repair.count} fixes"
        write_log(f"{repair.name}: {fixes} applied")


def _write_baseline(path: str, outcome: Outcome) -> int:
    from interlock.rulebook.lint.baseline import render_baseline  # noqa: PLC0415 - seldom needed
    from interlock.rulebook.lint.settings import is_language_error  # noqa: PLC0415 - same

    try:
        Path(path).write_text(render_baseline(outcome.diagnostics), "utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    left = replace(
        outcome, diagnostics=tuple(item for item in outcome.diagnostics if is_language_error(item))
    )
    known = len(outcome.diagnostics) - len(left.diagnostics)
    write_log(f"{path}: {known} findings written; errors of the language are never among them")
    if left.diagnostics:
        write_outcome("text", left)
    return ExitStatus.FINDINGS if left.diagnostics else ExitStatus.OK


def _without_known(path: str, outcome: Outcome) -> Outcome:
    from interlock.rulebook.lint.baseline import (  # noqa: PLC0415 - seldom needed
        BaselineError,
        compare,
        read_baseline,
    )

    try:
        baseline = read_baseline(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, BaselineError) as error:
        raise ConfigurationError(f"cannot read the baseline {path}: {error}") from None
    compared = compare(outcome.diagnostics, baseline, outcome.names)
    for key, count in sorted(compared.stale.items()):
        times = "" if count == 1 else f" ({count} times)"
        about = f", {key.object}" if key.object else ""
        write_log(f"{path}: {key.code} in {key.path}{about} is no more{times}")
    if compared.stale:
        write_log(f"{path} has stale entries; bring it up to date with --write-baseline")
    return replace(outcome, diagnostics=compared.new)
