"""Filling a rulebook's arguments with what a decision knows.

Rules of this file: the context is made only where there is something to fill, and an approver is
shown what depends on nothing but the incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.bindings import PlainContext, shown_context
from interlock.interpreter.core.templates import TemplateProblemError, is_template, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.draft import Draft


def fill(draft: Draft, arguments: Mapping[str, Any], runbook: str | None = None) -> dict[str, Any]:
    """Return arguments with their templates filled; raises TemplateProblemError."""
    if not is_template(arguments):
        return dict(arguments)
    return dict(render(arguments, PlainContext(draft.bindings(runbook))))


def fill_for_approver(
    draft: Draft, arguments: Mapping[str, Any], runbook: str | None = None
) -> dict[str, Any]:
    """Return arguments as an approver is shown them; what cannot be filled yet says so."""
    if not is_template(arguments):
        return dict(arguments)
    try:
        return dict(render(arguments, shown_context(draft.incident, draft.row, runbook)))
    except TemplateProblemError as error:
        return {"cannot be filled yet": str(error)}
