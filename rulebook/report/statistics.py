"""How often each code was found, in one table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic


def render_statistics(diagnostics: Iterable[Diagnostic]) -> str:
    """Return one line per code: how often, level, code, slug, how many can be fixed."""
    found = list(diagnostics)
    counts = Counter((item.code, item.level, item.name) for item in found)
    fixable = Counter(item.code for item in found if item.fix is not None)
    width = len(str(max(counts.values(), default=0)))
    return "".join(
        f"{count:>{width}}  {level.value:7}  {code} {name}"
        f"{f'  ({fixable[code]} fixable)' if fixable[code] else ''}\n"
        for (code, level, name), count in sorted(
            counts.items(), key=lambda entry: (-entry[1], entry[0])
        )
    )
