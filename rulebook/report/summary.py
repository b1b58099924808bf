"""One line that says what was checked and what was found.

Rules of this file: a report without findings still says what it looked at, so that "no findings"
is never mistaken for "nothing was read".
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic


class Tally(Struct, frozen=True):
    """How much was looked at; `ignored` findings were silenced by comments.

    `properties` were read and type-checked; nothing here proves them.
    """

    files: int = 0
    rules: int = 0
    runbooks: int = 0
    guards: int = 0
    ignored: int = 0
    properties: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.files + other.files,
            self.rules + other.rules,
            self.runbooks + other.runbooks,
            self.guards + other.guards,
            self.ignored + other.ignored,
            self.properties + other.properties,
        )


def count_levels(diagnostics: Iterable[Diagnostic]) -> dict[Level, int]:
    """Count the findings of each level."""
    found = Counter(item.level for item in diagnostics)
    return {level: found[level] for level in Level}


def summarise(diagnostics: Iterable[Diagnostic], checked: Tally) -> str:
    """Return one line such as `2 files: 84 rules, ...; 1 error, 2 warnings`."""
    found = tuple(diagnostics)
    counts = count_levels(found)
    parts = [_counted(counts[Level.ERROR], "error"), _counted(counts[Level.WARNING], "warning")]
    if counts[Level.INFO]:
        parts.append(f"{counts[Level.INFO]} info")
    if fixable := sum(item.fix is not None for item in found):
        parts[-1] += f" ({fixable} fixable)"
    if checked.ignored:
        parts.append(f"{checked.ignored} ignored")
    claims = ""
    if checked.properties:
        claims = f", {_counted(checked.properties, 'property', 'properties')} not verified"
    return (
        f"{_counted(checked.files, 'file')}: {_counted(checked.rules, 'rule')}, "
        f"{_counted(checked.runbooks, 'runbook')}, {_counted(checked.guards, 'guard')} "
        f"type-checked{claims}; {', '.join(parts)}"
    )


def _counted(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"
