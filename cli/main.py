"""The frame around every command: the `interlock` group, its help, and how the process ends.

Rules of this file: no command is imported before it is called for; nothing that goes wrong leaves
as a traceback. `main` is the one place that turns exceptions into an exit status.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from interlock.cli.commands import COMMANDS, SECTIONS
from interlock.cli.exits import ExitStatus
from interlock.cli.terminal import color_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_EPILOG = (
    "Exit status: 0 fine; 1 findings, failed, refuted or differs; 2 usage, configuration or "
    "nothing matched; 3 internal error; 4 daemon or store unavailable, locked, damaged or newer."
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, for completion; in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name; None if there is none."""
        from interlock.cli.garbage import import_for_good  # noqa: PLC0415 - help needs none

        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(import_for_good(module), attribute)
        assert isinstance(command, click.Command), entry.target
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; an unknown name is answered with the nearest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"no such command `{name}`{_nearest(name)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, from the table alone."""
        del ctx
        width = max((len(name) for name in COMMANDS), default=0)
        for section, entries in SECTIONS.items():
            if entries:
                with formatter.section(section):
                    formatter.write_dl(
                        [(name.ljust(width), entry.summary) for name, entry in entries.items()]
                    )


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for this import

    near = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean `{near[0]}`?" if near else "; see `interlock --help`"


def _print_version(ctx: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if is_wanted:
        click.echo(f"interlock {_version()}")
        ctx.exit()


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

    return version("interlock")


@click.group(
    cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@color_option
def interlock() -> None:
    """Incident workflow as code: check, dry-run and run incident rulebooks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; `arguments` default to the process's own."""
    stdout = sys.stdout
    for stream in (stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = interlock.main(
            None if arguments is None else list(arguments),
            prog_name="interlock",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return ExitStatus.USAGE if isinstance(error, click.FileError) else error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    except (BrokenPipeError, SystemExit) as leaving:
        # click answers a closed pipe itself, with SystemExit(1) and a stream that swallows errors.
        if isinstance(leaving, SystemExit) and sys.stdout is stdout:
            raise
        return _leave_broken_pipe(stdout)
    except Exception as error:  # noqa: BLE001 - the outermost boundary: never a traceback
        return _report_internal_error(error)
    return ExitStatus.OK if status is None else int(status)


def _leave_broken_pipe(stdout: TextIO) -> int:
    """Give standard output another end, so that the flush at exit does not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
    return ExitStatus.BROKEN_PIPE


def _report_internal_error(error: Exception) -> int:
    if os.environ.get("INTERLOCK_DEBUG"):
        from traceback import print_exception  # noqa: PLC0415 - only for debugging

        print_exception(error)
    said = " ".join(ascii(str(error))[1:-1].split())
    click.echo(
        f"interlock: internal error: {type(error).__name__}: {said}\n"
        "This is a defect of Interlock. Please report it with the command, the output of "
        "`interlock --version` and, if you may, the rulebook; INTERLOCK_DEBUG=1 shows where it is.",
        err=True,
    )
    return ExitStatus.INTERNAL
