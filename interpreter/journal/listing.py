"""Pages of incidents: what a filter wants and how the next page is asked for.

Pure. A cursor is the place, in the order of opening, of the first incident of the next page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.journal.store import StoreError

if TYPE_CHECKING:
    from interlock.interpreter.journal.store import Head, IncidentFilter


class CursorError(StoreError):
    """What was given as a cursor is not the `next` of any page."""


def parse_cursor(cursor: str | None) -> int | None:
    """Read a cursor (None: from the latest); raises CursorError."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(1 << 63))):
        raise CursorError(f"{cursor!r} is not the `next` of a page of incidents")
    return int(cursor)


def is_wanted(head: Head, wanted: IncidentFilter) -> bool:
    """Tell whether an incident passes a filter."""
    return (
        wanted.state in (None, head.state)
        and wanted.severity in (None, head.severity)
        and wanted.is_open in (None, head.is_open)
        and wanted.needs_attention in (None, head.needs_attention)
    )
