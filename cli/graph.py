"""`interlock graph`: the states of a rulebook as a drawing."""

from __future__ import annotations

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import find_rulebooks, read_rulebook
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.graph.export import to_dot, to_mermaid
from interlock.rulebook.report import render_text

_FORMATS = {"mermaid": to_mermaid, "dot": to_dot}


@click.command("graph")
@click.argument("path", metavar="FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    default="mermaid",
    show_default=True,
    help="Mermaid flowchart or Graphviz DOT.",
)
@color_option
def command(path: str, format_: str) -> int:
    """Draw the states and transitions of a rulebook.

    FILE is a rulebook, or - for standard input. Gates are hexagons, timers are dashed, final states
    are doubled. A rulebook with errors is not drawn.
    """
    files = find_rulebooks((path,))
    if len(files) > 1:
        raise ConfigurationError(f"{path} holds {len(files)} rulebooks; name one")
    try:
        checked = check_rulebook(read_rulebook(files[0]))
        diagnostics, graph = checked.diagnostics, checked.graph
    except RulebookError as error:
        diagnostics, graph = error.diagnostics, None
    if graph is None:
        write_log(render_text(diagnostics).rstrip())
        return ExitStatus.FINDINGS
    write_result(_FORMATS[format_](graph))
    return ExitStatus.OK
