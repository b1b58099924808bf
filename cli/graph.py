"""`interlock graph`: the states of a rulebook as a picture."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.inputs import read_one_rulebook
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.cli.writing import write_file
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.picture import (
    Highlight,
    Outline,
    Trace,
    narrow,
    outline,
    outline_difference,
    strangers,
    to_document,
    to_dot,
    to_mermaid,
    to_svg,
    with_trace,
)
from interlock.rulebook.picture.graphviz import LayoutUnavailableError, arrange
from interlock.rulebook.report import render_text

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import StateGraph


def _to_svg(drawn: Outline) -> str:
    try:
        return to_svg(drawn, arrange)
    except LayoutUnavailableError as error:
        raise ConfigurationError(str(error)) from None


_FORMATS = {"mermaid": to_mermaid, "dot": to_dot, "json": to_document, "svg": _to_svg}
_ENDINGS = {
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".json": "json",
    ".svg": "svg",
}


@click.command("graph")
@click.argument("path", metavar="FILE")
@click.argument("others", nargs=-1, metavar="[COMPARED]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    help="Mermaid flowchart (the default), Graphviz DOT, JSON or SVG.",
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write it there; without --format the ending says which: .mmd, .dot, .json, .svg.",
)
@click.option("--state", metavar="STATE", help="Draw only what is near this state.")
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="With --state: how many transitions away, 1 by default.",
)
@click.option(
    "--highlight",
    type=click.Choice([kind.value for kind in Highlight]),
    help="Point out states that nothing leads to, timers, gates, rules that remediate; or what "
    "COMPARED shows.",
)
@click.option(
    "--source", metavar="NAME", help="With coverage: the source of lines that are a raw body."
)
@color_option
def command(
    *,
    path: str,
    others: tuple[str, ...],
    format_: str | None,
    output: str | None,
    state: str | None,
    depth: int | None,
    highlight: str | None,
    source: str | None,
) -> int:
    """Draw the states and transitions of a rulebook.

    FILE is a rulebook, or - for standard input. Gates are hexagons, timers are dashed, final states
    are doubled. A rulebook with errors is not drawn.

    COMPARED is, for --highlight coverage, one or more recordings that are played (nothing is sent);
    for trace, what a dry run (--format json) or a timeline gave; for diff, the older rulebook.
    """
    kind = None if highlight is None else Highlight(highlight)
    _check_others(kind, others)
    if depth is not None and state is None:
        raise click.UsageError("--depth counts from a state: give --state too")
    write = _FORMATS[format_ or _format_of(output)]
    graph = _read(path)
    if graph is None:
        return ExitStatus.FINDINGS
    drawn = _compared(graph, kind, others, source)
    if drawn is None:
        return ExitStatus.FINDINGS
    if state is not None:
        _check_state(graph, state)
        drawn = narrow(drawn, graph, state, 1 if depth is None else depth)
    text = write(drawn)
    if output is None:
        write_result(text)
    else:
        write_file(output, text.encode())
    return ExitStatus.OK


def _check_others(kind: Highlight | None, others: tuple[str, ...]) -> None:
    wanted = (
        {
            Highlight.COVERAGE: "recordings",
            Highlight.TRACE: "a trace",
            Highlight.DIFF: "the older rulebook",
        }.get(kind)
        if kind
        else None
    )
    if wanted is None and others:
        raise click.UsageError(f"{others[0]}: one rulebook is drawn at a time")
    if wanted is not None and not others:
        raise click.UsageError(f"--highlight {kind} needs {wanted} behind the rulebook")
    if kind is Highlight.DIFF and len(others) > 1:
        raise click.UsageError("--highlight diff compares with one rulebook")


def _compared(
    graph: StateGraph, kind: Highlight | None, others: tuple[str, ...], source: str | None
) -> Outline | None:
    """Return what is drawn; None where the older rulebook is wrong, which is said."""
    if kind is Highlight.DIFF:
        old = _read(others[0])
        return None if old is None else outline_difference(graph, old)
    drawn = outline(graph, kind)
    if kind not in (Highlight.COVERAGE, Highlight.TRACE):
        return drawn
    # Imported here: a picture of a rulebook alone reads nothing else.
    from interlock.cli.picture_sources import play_recordings, read_trace  # noqa: PLC0415

    if kind is Highlight.COVERAGE:
        trace = play_recordings(graph, others, source)
    else:
        trace = read_trace(others)
        _report_strangers(graph, drawn, trace)
    drawn = with_trace(drawn, trace)
    _report_coverage(drawn)
    return drawn


def _report_strangers(graph: StateGraph, drawn: Outline, trace: Trace) -> None:
    if trace.digests - {graph.digest}:
        write_log("warning: the trace is of another version of the rulebook")
    if names := strangers(drawn, trace):
        write_log(f"not in this rulebook: rule {', '.join(names)}")


def _report_coverage(drawn: Outline) -> None:
    entered = sum(bool(state.taken) for state in drawn.states)
    taken = sum(bool(one.taken) for one in drawn.transitions)
    write_log(
        f"states entered {entered}/{len(drawn.states)}, "
        f"rules taken {taken}/{len(drawn.transitions)}"
    )


def _format_of(output: str | None) -> str:
    if output is None:
        return "mermaid"
    found = _ENDINGS.get(Path(output).suffix)
    if found is None:
        known = ", ".join(_ENDINGS)
        raise ConfigurationError(f"--output {output}: the ending says the format: {known}")
    return found


def _read(path: str) -> StateGraph | None:
    """Return the compiled rulebook, or write what is wrong with it."""
    try:
        checked = check_rulebook(read_one_rulebook(path))
    except RulebookError as error:
        write_log(render_text(error.diagnostics).rstrip())
        return None
    if checked.graph is None:
        write_log(render_text(checked.diagnostics).rstrip())
        return None
    files = checked.graph.whole_files
    if len(files) > 1:
        names = ", ".join(file.file for file in files)
        raise ConfigurationError(f"{path} has a graph for each of its files; name one: {names}")
    return files[0]


def _check_state(graph: StateGraph, state: str) -> None:
    states = graph.lifecycle.states
    if state not in states:
        near = get_close_matches(state, states, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(states)}"
        raise ConfigurationError(f"--state {state}: there is no such state; {hint}")
