"""Compiling the rulebook that a command works on, and saying what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.cli.inputs import read_one_rulebook
from interlock.cli.terminal import is_styled, write_log
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.report import render_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.graph.state_graph import StateGraph
    from interlock.rulebook.source import SourceFile

Loaded = tuple["StateGraph", "Sequence[SourceFile]"]


def load_or_report(path: str, accepted: Mapping[str, Accepted] | None = None) -> Loaded | None:
    """Compile a rulebook and write what was found to standard error; None where it is wrong.

    Args:
        path: The rulebook.
        accepted: What Python hooks accept.

    Raises:
        ConfigurationError: there is no such file, or more than one rulebook.
    """
    try:
        sources = read_one_rulebook(path)
    except RulebookError as error:
        _report(error.diagnostics)
        return None
    checked = check_rulebook(sources, accepted=accepted)
    _report(checked.diagnostics)
    return None if checked.graph is None else (checked.graph, sources)


def _report(diagnostics: Sequence[Diagnostic]) -> None:
    if diagnostics:
        write_log(render_text(diagnostics, is_styled=is_styled()).rstrip("\n"))
