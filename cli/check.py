"""`interlock check`: everything a pull request is held to, in one line."""

from __future__ import annotations

import click

from interlock.cli.exits import ExitStatus
from interlock.cli.terminal import color_option, write_log

_STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("fmt --check", "interlock.cli.fmt:command", ("--check",)),
    ("lint", "interlock.cli.lint:command", ()),
)
"""What is run, in this order: a name, `module:attribute` of the command, its options."""


@click.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option(
    "--fail-level",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="The least level of a finding of lint that makes the exit status 1.",
)
@color_option
@click.pass_context
def command(context: click.Context, paths: tuple[str, ...], fail_level: str) -> int:
    """Check layout and rulebooks: fmt --check, then lint.

    PATHS are files, folders (searched for YAML files) or patterns. Every step is run, whatever the
    one before it found; the exit status is the worst of theirs.
    """
    worst = int(ExitStatus.OK)
    for name, target, options in _STEPS:
        arguments = [*options, *paths]
        if name == "lint":
            arguments = ["--fail-level", fail_level, *arguments]
        write_log(f"== {name}")
        worst = max(worst, _run(target, arguments, context))
    return worst


def _run(target: str, arguments: list[str], context: click.Context) -> int:
    from importlib import import_module  # noqa: PLC0415 - a command is imported when it runs

    module, _, attribute = target.partition(":")
    step: click.Command = getattr(import_module(module), attribute)
    with step.make_context(context.info_name, arguments, parent=context) as inner:
        inner.color = context.color
        status = step.invoke(inner)
    return int(status or ExitStatus.OK)
