"""What a command writes, and whether in colour.

Rules of this file: results go to standard output, everything else to standard error. Colour only
on a terminal, never under `NO_COLOR`; `--color` wins over both.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import TextIO

_MODES: dict[str, bool | None] = {"auto": None, "always": True, "never": False}


def _set_color(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.color = _MODES[value]


color_option = click.option(
    "--color",
    type=click.Choice(list(_MODES)),
    expose_value=False,
    is_eager=True,
    callback=_set_color,
    help="Colour the output: auto (on a terminal without NO_COLOR), always or never.",
)


def is_styled(stream: TextIO | None = None) -> bool:
    """Tell whether a stream (standard output by default) takes colour in the present command."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return (stream or sys.stdout).isatty()


def write_result(text: str) -> None:
    """Write a finished result to standard output as it is."""
    click.echo(text, nl=False, color=True)


def write_log(line: str) -> None:
    """Write one line for people to standard error."""
    click.echo(line, err=True)
