"""Characters as terminal cells: what is shown for each, and how wide it stands.

Rules of this file: no control character, bidirectional override or lone surrogate of a source
leaves it; each is shown as U+FFFD, so that a place holder marks where something was hidden.
"""

from __future__ import annotations

import re
from unicodedata import category, east_asian_width

TAB = "    "
_HIDDEN = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
_BLANKS = str.maketrans("\t\n\r", "   ")


def clean(text: str) -> str:
    """Return a text on one line without anything that moves the cursor or reorders characters."""
    if text.isascii() and text.isprintable():
        return text
    return _mask(text.translate(_BLANKS))


def show(line: str) -> list[str]:
    """Return what is shown for each character of one line; a tab takes four cells."""
    if line.isascii() and line.isprintable():
        return list(line)
    return [TAB if character == "\t" else _mask(character) for character in line]


def _mask(text: str) -> str:
    return re.sub(_HIDDEN, "\ufffd", text)  # compiled when first needed, which is seldom


def width(shown: str) -> int:
    """Return how many terminal cells a shown text takes (UAX 11: wide is 2, combining is 0)."""
    return sum(map(_cell_width, shown))


def _cell_width(character: str) -> int:
    if character.isascii():
        return 1
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
