"""Diagnostics as GitHub workflow commands, which annotate the lines of a pull request.

Rules of this file: everything written is escaped as GitHub's toolkit does it
(actions/toolkit, packages/core/src/command.ts), so a message can start no command of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Level
from interlock.rulebook.report.cells import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return one workflow command per finding."""
    return "".join(f"{_command(item)}\n" for item in diagnostics)


def _command(item: Diagnostic) -> str:
    source = item.span.source
    line, column = source.position(item.span.start)
    end_line, end_column = source.position(item.span.end)
    properties = {
        "file": source.name,
        "line": line,
        "endLine": end_line,
        "col": column,
        "endColumn": end_column,
        "title": f"{item.code} {item.name}",
    }
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    message = f"{item.message} ({item.help})" if item.help else item.message
    return f"::{_COMMANDS[item.level]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
