"""`interlock fmt`: rulebooks in canonical layout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from interlock.cli.configuration import find_configuration
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import STDIN, display_name, find_rulebooks
from interlock.cli.rewriting import difference, replace_file
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.document.reader import TEXT_MAX
from interlock.rulebook.format import format_rulebook
from interlock.rulebook.loader import decode_source
from interlock.rulebook.report import render_text

_FAULTS = {ExitStatus.FINDINGS: "unreadable", ExitStatus.INTERNAL: "refused"}


class _Result(NamedTuple):
    """One file: its bytes before and after; `fault` where it must stay as it is."""

    path: str
    name: str
    before: bytes
    after: bytes
    fault: ExitStatus | None = None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


@click.command("fmt")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--check", "is_check", is_flag=True, help="Write nothing; list what would change, exit 1."
)
@click.option(
    "--diff", "is_diff", is_flag=True, help="Write nothing; show what would change, exit 1."
)
@click.option(
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="What findings call the text read from `-`.",
)
@color_option
def command(paths: tuple[str, ...], is_check: bool, is_diff: bool, stdin_filename: str) -> int:  # noqa: FBT001 - click's signature
    """Write rulebooks in canonical layout.

    PATHS are files, folders (searched for YAML files), patterns, or - for standard input, which is
    written to standard output; without any, the `paths` of the configuration. Comments stay, and so
    does what the rulebook means: a file whose meaning would change is refused (exit 3), one that is
    no valid YAML is left as it is (exit 1).
    """
    chosen = find_rulebooks(paths or _configured_paths())
    results = [_format(path, stdin_filename) for path in chosen]
    for result in results:
        if result.fault is None:
            _deliver(result, is_check=is_check, is_diff=is_diff)
    _summarise(results, is_kept=is_check or is_diff)
    faults = {result.fault for result in results if result.fault is not None}
    if faults:
        return max(faults)
    is_failed = (is_check or is_diff) and any(result.is_changed for result in results)
    return ExitStatus.FINDINGS if is_failed else ExitStatus.OK


def _configured_paths() -> tuple[str, ...]:
    found = find_configuration(Path.cwd())
    if not found.settings.paths:
        raise click.UsageError("name PATHS, or set `paths` under [lint] in interlock.toml")
    return tuple(str(found.folder / path) for path in found.settings.paths)


def _format(path: str, stdin_name: str) -> _Result:
    name = stdin_name if path == STDIN else display_name(path)
    raw = _read(path)
    try:
        source = decode_source(raw, name)
    except RulebookError as error:
        write_log(render_text(error.diagnostics).rstrip())
        return _Result(path, name, raw, raw, ExitStatus.FINDINGS)
    formatted = format_rulebook(source)
    if formatted.text is not None:
        return _Result(path, name, raw, formatted.text.encode())
    if formatted.refusal is None:
        write_log(render_text(formatted.diagnostics).rstrip())
        return _Result(path, name, raw, raw, ExitStatus.FINDINGS)
    write_log(
        f"{name}: refused, and left as it is: formatted, {formatted.refusal}.\n"
        "This is a defect of `interlock fmt`. Please report it, with the file if you may."
    )
    return _Result(path, name, raw, raw, ExitStatus.INTERNAL)


def _read(path: str) -> bytes:
    if path == STDIN:
        return sys.stdin.buffer.read(TEXT_MAX + 1)
    try:
        with Path(path).open("rb") as stream:
            return stream.read(TEXT_MAX + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None


def _deliver(result: _Result, *, is_check: bool, is_diff: bool) -> None:
    if is_diff:
        before, after = (_decode(raw) for raw in (result.before, result.after))
        write_result(difference(before, after, result.name))
    elif is_check:
        if result.is_changed:
            write_result(f"{result.name}\n")
    elif result.path == STDIN:
        write_result(result.after.decode())
    elif result.is_changed:
        replace_file(result.path, result.after)
        write_result(f"{result.name}\n")


def _decode(raw: bytes) -> str:
    return raw.decode().removeprefix("\ufeff")


def _summarise(results: list[_Result], *, is_kept: bool) -> None:
    changed = sum(result.is_changed for result in results)
    fine = sum(not result.is_changed and result.fault is None for result in results)
    counts = {"would be reformatted" if is_kept else "reformatted": changed, "unchanged": fine}
    for fault, words in _FAULTS.items():
        counts[words] = sum(result.fault is fault for result in results)
    parts = [f"{count} {words}" for words, count in counts.items() if count]
    files = "1 file" if len(results) == 1 else f"{len(results)} files"
    if any(result.path != STDIN for result in results):
        write_log(f"{files}: {', '.join(parts)}")
