"""Records as JSON lines and as CSV, for those who must keep or read them elsewhere.

JSON lines are the stored bytes with their place and hash. In CSV a cell that a spreadsheet would
take for a formula is preceded by an apostrophe (OWASP, CSV injection), since alerts hold what
strangers wrote.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import decode_record, encode
from interlock.interpreter.core.change import Transitioned

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.sealed import LogRow

COLUMNS = (
    "number", "stream", "revision", "at", "actor", "input", "disposition", "transitions", "changes",
    "effects", "hash",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_SECOND_NS = 1_000_000_000


def as_json_line(row: LogRow) -> bytes:
    """Return a record as a line of JSON; `record` null: it was erased."""
    return b'{"hash":"%s","number":%d,"record":%s,"revision":%d,"stream":%s}\n' % (
        row.hash.hex().encode(),
        row.number,
        b"null" if row.data is None else row.data,
        row.revision,
        encode(row.stream),
    )


def as_csv(cells: tuple[object, ...]) -> str:
    """Return cells as a line of CSV (RFC 4180) in which nothing is a formula."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_MINIMAL).writerow([guard_cell(cell) for cell in cells])
    return buffer.getvalue()


def guard_cell(cell: object) -> object:
    """Return a cell so that a spreadsheet takes it for what it is."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return "'" + cell
    return cell


def csv_cells(row: LogRow) -> tuple[object, ...]:
    """Return the cells of a record, after `COLUMNS`."""
    if row.data is None:
        return (row.number, row.stream, row.revision, "", "", "", "erased", "", "", "",
                row.hash.hex())  # fmt: skip
    record = decode_record(row.data)
    moves = [
        f"{change.from_} -> {change.to}"
        for change in record.changes
        if isinstance(change, Transitioned)
    ]
    return (
        row.number,
        row.stream,
        row.revision,
        as_time(record.at),
        record.actor,
        encode(record.input).decode(),
        record.disposition,
        "; ".join(moves),
        encode(record.changes).decode(),
        encode(record.effects).decode(),
        row.hash.hex(),
    )


def as_time(at: Instant) -> str:
    """Return an instant as RFC 3339 in UTC, to the nanosecond."""
    seconds, rest = divmod(at, _SECOND_NS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09}Z"
