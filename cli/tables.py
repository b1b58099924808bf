"""Aligned columns for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.cli.record_text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence


def render_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under a head, each column as wide as its widest cell; nothing for no rows."""
    if not rows:
        return ""
    table = [tuple(head), *(tuple(clean(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in table
    )
