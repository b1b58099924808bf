"""Linting the files of one command: each with its settings, repaired where that is asked for.

Rules of this file: nothing is printed. A file of a folder rulebook is checked with its whole
folder; what is reported is about the files that were asked for. A file that cannot be read as text
has a finding; one that cannot be read at all ends the command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.cli.changes import Changes
from interlock.cli.garbage import uncollected
from interlock.cli.inputs import STDIN, display_name, group_rulebooks, read_rulebook
from interlock.rulebook.diagnostics import Diagnostic, RulebookError, sort_diagnostics
from interlock.rulebook.document.pointers import entry_lines
from interlock.rulebook.graph.arguments import Accepted
from interlock.rulebook.lint.runner import Linted, lint_rulebook
from interlock.rulebook.lint.settings import Settings, is_language_error
from interlock.rulebook.lint.suppression import Silenced
from interlock.rulebook.report import Tally
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        accepted: What Python hooks accept.
    """

    settings_of: Callable[[str], Settings]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    today: date | None = None
    is_fixing: bool = False
    is_unsafe_allowed: bool = False
    changes_of: Callable[[str], Changes] | None = None
    stdin_name: str = "<stdin>"
    accepted: Mapping[str, Accepted] | None = None


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
    """Lint files, each a rulebook or part of one.

    Raises:
        ConfigurationError: A file cannot be read, or git cannot tell what changed.
    """
    with uncollected():  # else a third of the time goes there
        return _lint_files(paths, task)


def _lint_files(paths: Iterable[str], task: Task) -> Outcome:
    asked = list(paths)
    found: list[Diagnostic] = []
    silenced: list[Silenced] = []
    repaired: list[Repaired] = []
    counts = Tally()
    for files in group_rulebooks(asked):
        sources, unreadable = _read(files, task)
        found += unreadable
        counts += Tally(files=len(files) - len(sources))
        if not sources:
            continue
        linted = _lint(sources, task)
        if task.is_fixing:
            linted, changed = _repair(sources, linted, task, frozenset(asked))
            repaired += changed
        found += _touched(linted, sources, task)
        silenced += linted.silenced
        counts += linted.tally
    names = tuple(dict.fromkeys(_name(path, task) for path in asked))
    told = (item for item in found if item.span.source.name in names)
    return Outcome(
        sort_diagnostics(told),
        counts,
        tuple(one for one in silenced if one.finding.span.source.name in names),
        tuple(repaired),
        names,
    )


Sources = dict[str, SourceFile]  # by path


def _name(path: str, task: Task) -> str:
    return task.stdin_name if path == STDIN else display_name(path)


def _read(files: tuple[str, ...], task: Task) -> tuple[Sources, list[Diagnostic]]:
    sources: Sources = {}
    unreadable: list[Diagnostic] = []
    for path in files:
        try:
            [sources[path]] = read_rulebook(path, stdin_name=task.stdin_name)
        except RulebookError as error:
            unreadable += error.diagnostics
    return sources, unreadable


def _lint(sources: Sources, task: Task) -> Linted:
    settings = {
        source.name: task.settings_of(task.stdin_name if path == STDIN else path)
        for path, source in sources.items()
    }
    return lint_rulebook(
        list(sources.values()),
        select=task.select,
        ignore=task.ignore,
        settings=settings,
        today=task.today,
        accepted=task.accepted,
    )


def _repair(
    sources: Sources, linted: Linted, task: Task, asked: frozenset[str]
) -> tuple[Linted, list[Repaired]]:
    """Apply fixes until none is left; one that would make a file unreadable is not applied.

    Afterwards `sources` are the fixed ones.
    """
    from interlock.rulebook.lint.fixes import apply_fixes  # noqa: PLC0415 - seldom needed

    before = dict(sources)
    counts = dict.fromkeys(sources, 0)
    for _ in range(_ROUNDS_MAX):
        following = dict(sources)
        applied = dict.fromkeys(sources, 0)
        wanted = _touched(linted, sources, task)
        for path, source in sources.items():
            if path in asked:
                fixed = apply_fixes(source, wanted, is_unsafe_allowed=task.is_unsafe_allowed)
                following[path] = SourceFile(source.name, fixed.text)
                applied[path] = len(fixed.applied)
        if not any(applied.values()):
            break
        again = _lint(following, task)
        if any(again.documents.get(source.name) is None for source in following.values()):
            break
        linted = again
        sources.update(following)
        counts = {path: counts[path] + applied[path] for path in sources}
    return linted, [
        Repaired(path, source.name, before[path].text, source.text, counts[path])
        for path, source in sources.items()
        if source.text != before[path].text
    ]


def _touched(linted: Linted, sources: Sources, task: Task) -> tuple[Diagnostic, ...]:
    """Return the findings of what changed; an error of the language concerns the whole file."""
    if task.changes_of is None:
        return linted.diagnostics
    paths = {source.name: path for path, source in sources.items()}
    return tuple(
        item for item in linted.diagnostics if _is_touched(item, linted, paths, task.changes_of)
    )


def _is_touched(
    item: Diagnostic,
    linted: Linted,
    paths: dict[str, str],
    changes_of: Callable[[str], Changes],
) -> bool:
    path = paths[item.span.source.name]
    document = linted.documents.get(item.span.source.name)
    if path == STDIN or document is None or is_language_error(item):
        return True
    return changes_of(path).touch(*entry_lines(document, item.span))
