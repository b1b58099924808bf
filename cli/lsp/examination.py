"""What the linter says about an open text, away from the conversation with the editor.

Responsible for one run of the linter under the project's settings; it takes as long as the rulebook
is large, so it runs in a thread. Shares nothing that changes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.cli.configuration import find_configuration
from interlock.cli.exits import ConfigurationError
from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.editing.recognition import is_rulebook
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings

if TYPE_CHECKING:
    from interlock.cli.lsp.texts import Group


class Examined(Struct, frozen=True):
    """What was found out.

    Attributes:
        diagnostics: The findings about the text that was asked about.
        complaint: What is wrong with the project's configuration, or None.
    """

    diagnostics: tuple[Diagnostic, ...]
    complaint: str | None = None


def examine(group: Group) -> Examined:
    """Lint the rulebook of an open text; a text that is no rulebook has no finding."""
    source = group.asked.source
    if not is_rulebook(source.text):
        return Examined(())
    settings, complaint = _settings(group.asked.path)
    linted = lint_rulebook(group.sources, settings=settings, today=datetime.now(UTC).date())
    own = tuple(item for item in linted.diagnostics if item.span.source.name == source.name)
    return Examined(own, complaint)


def _settings(path: str | None) -> tuple[Settings, str | None]:
    start = Path.cwd() if path is None else Path(path).parent
    try:
        found = find_configuration(start)
    except ConfigurationError as error:
        return Settings(), str(error)
    return (found.settings if path is None else found.for_file(path)), None
