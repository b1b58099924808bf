"""Writing what `interlock lint` found, in the format asked for.

Rules of this file: a result for machines is the whole of standard output; the summary for people
then goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from interlock.cli.exits import ConfigurationError
from interlock.cli.terminal import is_styled, write_log, write_result
from interlock.rulebook.lint.registry import PAGES
from interlock.rulebook.report import (
    render_compact,
    render_github,
    render_json,
    render_sarif,
    render_statistics,
    render_text,
    summarise,
)

if TYPE_CHECKING:
    from interlock.cli.linting import Outcome

FORMATS = ("text", "compact", "json", "sarif", "github", "junit")
_ENDINGS = {".json": "json", ".sarif": "sarif", ".xml": "junit", ".txt": "text"}
_WITHOUT_SUMMARY = frozenset({"json", "sarif", "junit"})


def write_outcome(format_: str, outcome: Outcome, *, has_statistics: bool = False) -> None:
    """Write the findings to standard output and the summary to where it belongs."""
    diagnostics, summary = outcome.diagnostics, summarise(outcome.diagnostics, outcome.tally)
    if has_statistics and format_ in ("text", "compact"):
        write_result(render_statistics(diagnostics))
    else:
        write_result(render(format_, outcome, is_coloured=is_styled()))
    if format_ == "text":
        write_result(f"{summary}\n")
    elif format_ not in _WITHOUT_SUMMARY:
        write_log(summary)


def render(format_: str, outcome: Outcome, *, is_coloured: bool = False) -> str:
    """Return the findings in a format."""
    diagnostics = outcome.diagnostics
    match format_:
        case "json":
            return render_json(diagnostics, outcome.tally)
        case "sarif":
            silenced = ((one.finding, one.comment.reason) for one in outcome.silenced)
            return render_sarif(diagnostics, PAGES, silenced)
        case "github":
            return render_github(diagnostics)
        case "junit":
            from interlock.rulebook.report.junit import (  # noqa: PLC0415 - XML is slow to import
                render_junit,
            )

            return render_junit(diagnostics, outcome.names)
        case "compact":
            return render_compact(diagnostics, is_styled=is_coloured)
        case _:
            return render_text(diagnostics, is_styled=is_coloured)


def format_of(path: str) -> str:
    """Return the format that a file's ending stands for.

    Raises:
        ConfigurationError: It stands for none.
    """
    ending = Path(path).suffix
    if ending not in _ENDINGS:
        known = ", ".join(f"{name} ({kind})" for name, kind in _ENDINGS.items())
        raise ConfigurationError(f"--output {path}: the ending says the format: {known}")
    return _ENDINGS[ending]


def write_file(path: str, outcome: Outcome) -> None:
    """Write the findings to a file, in the format its ending stands for.

    Raises:
        ConfigurationError: The ending stands for none, or the file cannot be written.
    """
    text = render(format_of(path), outcome)
    if format_of(path) == "text":
        text += f"{summarise(outcome.diagnostics, outcome.tally)}\n"
    try:
        Path(path).write_text(text, "utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
