"""`interlock init`: a rulebook to start from.

Rules of this file: nothing that is there already is written over unless `--force` says so, and it
is found out before the first file is written.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import display_name, read_rulebook
from interlock.cli.started import imported_files, policy_files
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.cli.writing import write_file
from interlock.rulebook.alertmanager import convert
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.report import render_text
from interlock.rulebook.source import SourceFile, stem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

_DEFAULT = "starter"
_RULEBOOK = "rulebook.yaml"


@click.command("init")
@click.argument("directory", metavar="[DIR]", default=".")
@click.option("--policy", metavar="NAME", help="A shipped policy; `starter` by default.")
@click.option(
    "--from-alertmanager",
    "configuration",
    metavar="FILE",
    help="Your own alertmanager.yml, or - for standard input.",
)
@click.option("--list", "is_list", is_flag=True, help="List the shipped policies; write nothing.")
@click.option("--force", "is_forced", is_flag=True, help="Write over files that are there.")
@color_option
def command(
    directory: str,
    policy: str | None,
    configuration: str | None,
    *,
    is_list: bool,
    is_forced: bool,
) -> int:
    """Start a rulebook, from a shipped policy or from an alertmanager.yml.

    Writes rulebook.yaml, README.md and, of a policy, a recording to try it on into DIR, the present
    folder by default. No secret of an alertmanager.yml is copied, and what cannot be carried over
    stays as a comment.
    """
    if is_list:
        write_result(_table())
        return ExitStatus.OK
    if policy is not None and configuration is not None:
        raise click.UsageError("--policy and --from-alertmanager exclude each other")
    if configuration is None:
        contents = policy_files(_policy(policy or _DEFAULT))
    else:
        converted = _convert(configuration, Path(directory))
        if converted is None:
            return ExitStatus.FINDINGS
        contents = converted
    _write(Path(directory), contents, is_forced=is_forced)
    _say_what_waits(contents[_RULEBOOK])
    return ExitStatus.OK


def _policies() -> dict[str, Traversable]:
    """Return the folders of the shipped policies by name."""
    found = {
        entry.name: entry
        for entry in files("interlock.policies").iterdir()
        if entry.is_dir() and entry.joinpath(_RULEBOOK).is_file()
    }
    return dict(sorted(found.items()))


def _policy(name: str) -> Traversable:
    policies = _policies()
    if name not in policies:
        raise ConfigurationError(f"no shipped policy `{name}`; there are {', '.join(policies)}")
    return policies[name]


def _table() -> str:
    """Return each policy's name and the first sentence of its description."""
    policies = _policies()
    width = max(map(len, policies))
    return "".join(f"{name:{width}}  {_summary(folder)}\n" for name, folder in policies.items())


def _summary(folder: Traversable) -> str:
    """Return what stands below the title of a policy's README, up to the first full stop."""
    paragraphs = folder.joinpath("README.md").read_text("utf-8").split("\n\n")
    sentence, stop, _ = " ".join(paragraphs[1].split()).partition(". ")
    return sentence.removesuffix(".") + ("." if stop or sentence.endswith(".") else "")


def _convert(path: str, folder: Path) -> dict[str, bytes] | None:
    """Return the files made of an alertmanager.yml; None, with a report, where it is wrong."""
    try:
        source = read_rulebook(path)[0]
    except RulebookError as error:
        write_log(render_text(error.diagnostics).rstrip())
        return None
    conversion = convert(source, stem(folder.absolute().name))
    if conversion.text is None:
        write_log(render_text(conversion.diagnostics).rstrip())
        return None
    return imported_files(conversion)


def _write(folder: Path, contents: Mapping[str, bytes], *, is_forced: bool) -> None:
    present = [name for name in contents if (folder / name).exists()]
    if present and not is_forced:
        raise ConfigurationError(
            f"{display_name(str(folder))} holds {', '.join(present)} already; "
            "--force writes over what is there"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make {folder}: {error.strerror}") from None
    for name, content in contents.items():
        write_file(folder / name, content)
        write_result(f"{display_name(str(folder / name))}\n")


def _say_what_waits(rulebook: bytes) -> None:
    """Say which parts the daemon of this version would refuse to run."""
    checked = check_rulebook([SourceFile(_RULEBOOK, rulebook.decode())])
    unsupported = checked.graph.unsupported if checked.graph is not None else ()
    if unsupported:
        write_log("`interlock run` of this version refuses:")
    for sentence in unsupported:
        write_log(f"  - {sentence}")
    from interlock.interpreter.runtime.gate_check import (  # noqa: PLC0415 - seldom needed
        gate_obstacle,
    )

    if checked.graph is not None and (obstacle := gate_obstacle(checked.graph, None, None)):
        asking = obstacle.partition(" (")[0]
        write_log(
            "`interlock run` needs --identity FILE, which says who people are and what roles they "
            f"hold: {asking}"
        )
