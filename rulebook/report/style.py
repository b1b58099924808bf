"""The few terminal styles of a report (ECMA-48 SGR), or none.

Rules of this file: a style is a function from text to text; the plain one returns it unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Level

if TYPE_CHECKING:
    from collections.abc import Callable

_RESET = "\x1b[0m"
_LEVELS = {Level.ERROR: "1;31", Level.WARNING: "1;33", Level.INFO: "1;36"}


class Style:
    """The styles of one report; `is_styled` false makes every one of them plain."""

    def __init__(self, *, is_styled: bool) -> None:
        self._is_styled = is_styled

    def level(self, level: Level) -> Callable[[str], str]:
        """Return the style of findings of this level."""
        return lambda text: self._apply(_LEVELS[level], text)

    def strong(self, text: str) -> str:
        """Style what is read first."""
        return self._apply("1", text)

    def frame(self, text: str) -> str:
        """Style what surrounds the author's own text."""
        return self._apply("34", text)

    def _apply(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self._is_styled else text
