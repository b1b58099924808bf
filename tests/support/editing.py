"""Texts with a cursor: `§` is where it stands, and is taken out."""

from __future__ import annotations

from interlock.rulebook.editing.analysis import analyse
from interlock.rulebook.source import SourceFile

CURSOR = "§"


def cut(marked):
    """Return a text and the offset of its cursor."""
    offset = marked.index(CURSOR)
    return marked.replace(CURSOR, ""), offset


def analysed(text, name="rulebook.yaml", others=()):
    return analyse(SourceFile(name, text), [SourceFile(n, t) for n, t in others])
