"""What the server finds out about a rulebook, away from the conversation with the editor.

Responsible for one run of the linter and for the analysis that questions are asked of; both take as
long as the rulebook is large, so they run in a thread. Shares nothing that changes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.cli.configuration import find_configuration
from interlock.cli.exits import ConfigurationError
from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.editing.analysis import Analysis, analyse
from interlock.rulebook.editing.recognition import is_rulebook
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings

if TYPE_CHECKING:
    from interlock.cli.lsp.texts import Group


class Examined(Struct, frozen=True):
    """What was found out.

    Attributes:
        diagnostics: The findings about the text that was asked about.
        analysis: What questions about it are asked of.
        complaint: What is wrong with the project's configuration, or None.
    """

    diagnostics: tuple[Diagnostic, ...]
    analysis: Analysis
    complaint: str | None = None


def examine(group: Group, before: Analysis | None) -> Examined:
    """Lint the rulebook of an open text and analyse it; a text that is no rulebook has no finding.

    Args:
        group: The rulebook.
        before: The last analysis of the text.
    """
    source = group.asked.source
    analysis = analyse(source, group.others, before)
    if not is_rulebook(source.text):
        return Examined((), analysis)
    settings, complaint = _settings(group.asked.path)
    linted = lint_rulebook(group.sources, settings=settings, today=datetime.now(UTC).date())
    own = tuple(item for item in linted.diagnostics if item.span.source.name == source.name)
    return Examined(own, analysis, complaint)


def _settings(path: str | None) -> tuple[Settings, str | None]:
    start = Path.cwd() if path is None else Path(path).parent
    try:
        found = find_configuration(start)
    except ConfigurationError as error:
        return Settings(), str(error)
    return (found.settings if path is None else found.for_file(path)), None
