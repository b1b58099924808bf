"""Linting the files of one command: each with its settings, repaired where that is asked for.

Rules of this file: nothing is printed. A file that cannot be read as text has a finding; one that
cannot be read at all ends the command.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.cli.changes import Changes
from interlock.cli.inputs import STDIN, display_name, read_rulebook
from interlock.rulebook.diagnostics import Diagnostic, RulebookError, sort_diagnostics
from interlock.rulebook.document.pointers import entry_lines
from interlock.rulebook.lint.fixes import apply_fixes
from interlock.rulebook.lint.runner import Linted, lint_rulebook
from interlock.rulebook.lint.settings import Settings, is_language_error
from interlock.rulebook.lint.suppression import Silenced
from interlock.rulebook.report import Tally
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_ROUNDS_MAX = 20


class Task(Struct, frozen=True):
    """What is to be done with each file.

    Attributes:
        settings_of: The settings of a path.
        select: Codes, or their beginnings, to report; none: all.
        ignore: Codes, or their beginnings, not to report.
        today: The day on which snoozes are looked at.
        is_fixing: Whether safe fixes are applied.
        is_unsafe_allowed: Whether the others are, too.
        changes_of: What changed in a path; None: report everything.
        stdin_name: What findings call standard input.
    """

    settings_of: Callable[[str], Settings]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    today: date | None = None
    is_fixing: bool = False
    is_unsafe_allowed: bool = False
    changes_of: Callable[[str], Changes] | None = None
    stdin_name: str = "<stdin>"


class Repaired(Struct, frozen=True):
    """One file that fixes changed."""

    path: str
    name: str
    before: str
    after: str
    count: int


class Outcome(Struct, frozen=True):
    """What came of all files, findings in order."""

    diagnostics: tuple[Diagnostic, ...]
    tally: Tally
    silenced: tuple[Silenced, ...]
    repaired: tuple[Repaired, ...]
    names: tuple[str, ...]


def lint_files(paths: Iterable[str], task: Task) -> Outcome:
    """Lint files, each of which is a rulebook.

    Raises:
        ConfigurationError: A file cannot be read, or git cannot tell what changed.
    """
    with _uncollected():
        return _lint_files(paths, task)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking a growing document again and again.

    What is read is bounded and holds next to no cycles; a third of the time goes otherwise.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _lint_files(paths: Iterable[str], task: Task) -> Outcome:
    found: list[Diagnostic] = []
    silenced: list[Silenced] = []
    repaired: list[Repaired] = []
    names: list[str] = []
    counts = Tally()
    for path in paths:
        names.append(task.stdin_name if path == STDIN else display_name(path))
        try:
            [source] = read_rulebook(path, stdin_name=task.stdin_name)
        except RulebookError as error:
            found += error.diagnostics
            counts += Tally(files=1)
            continue
        linted = _lint(source, path, task)
        if task.is_fixing:
            linted, changed = _repair(source, linted, path, task)
            repaired += changed
        found += _touched(linted, path, task)
        silenced += linted.silenced
        counts += linted.tally
    return Outcome(sort_diagnostics(found), counts, tuple(silenced), tuple(repaired), tuple(names))


def _lint(source: SourceFile, path: str, task: Task) -> Linted:
    settings = task.settings_of(task.stdin_name if path == STDIN else path)
    return lint_rulebook(
        [source], select=task.select, ignore=task.ignore, settings=settings, today=task.today
    )


def _repair(
    source: SourceFile, linted: Linted, path: str, task: Task
) -> tuple[Linted, list[Repaired]]:
    """Apply fixes until none is left; one that would make the file unreadable is not applied."""
    before, count = source.text, 0
    for _ in range(_ROUNDS_MAX):
        fixed = apply_fixes(
            source, _touched(linted, path, task), is_unsafe_allowed=task.is_unsafe_allowed
        )
        if not fixed.applied or fixed.text == source.text:
            break
        following = SourceFile(source.name, fixed.text)
        again = _lint(following, path, task)
        if again.document is None:
            break
        source, linted, count = following, again, count + len(fixed.applied)
    if source.text == before:
        return linted, []
    return linted, [Repaired(path, source.name, before, source.text, count)]


def _touched(linted: Linted, path: str, task: Task) -> tuple[Diagnostic, ...]:
    """Return the findings of what changed; an error of the language concerns the whole file."""
    if task.changes_of is None or path == STDIN or linted.document is None:
        return linted.diagnostics
    changes, document = task.changes_of(path), linted.document
    return tuple(
        item
        for item in linted.diagnostics
        if is_language_error(item) or changes.touch(*entry_lines(document, item.span))
    )
