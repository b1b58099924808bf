"""Fixes that put one word in place of another.

Responsible for writing a word so that YAML reads it as that word, wherever it stands: bare, or
inside a quoted scalar. Never chooses the word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import replacing

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Fix
    from interlock.rulebook.source import Span

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?:->[A-Za-z0-9_.-]+)?")
_NOT_TEXT = re.compile(r"(?i:true|false|null|yes|no|on|off|y|n)")


def respell(where: Span, word: str) -> Fix | None:
    """Return the fix that writes a name at `where`; None for what would need quotes."""
    if not _BARE.fullmatch(word) or _NOT_TEXT.fullmatch(word):
        return None
    return replacing(where, word)


def replace_part(where: Span, scalar: Span, text: str, is_doubtful: bool) -> Fix | None:  # noqa: FBT001 - a fact about the fix, passed on
    """Return the fix that writes `text` into a part of a scalar, escaped as its quotes need.

    Args:
        where: The part.
        scalar: The whole scalar, with its quotes or its block header.
        text: What the part's value is to be.
        is_doubtful: Whether the author may have meant something else.
    """
    opening = scalar.text[:1]
    if opening == "'":
        text = text.replace("'", "''")
    elif opening == '"':
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    elif opening not in "|>" and not _fits_bare(where, scalar, text):
        return None
    return replacing(where, text, is_safe=not is_doubtful)


def _fits_bare(where: Span, scalar: Span, text: str) -> bool:
    """Tell whether a text can stand in an unquoted scalar without meaning something to YAML."""
    is_first = where.start == scalar.start
    if is_first and not _BARE.match(text):
        return False
    is_in_brackets = any(char in scalar.text for char in "[]{},")
    return ": " not in text and " #" not in text and (is_in_brackets or "," not in text)
