"""Reads SQL statements from the `.sql` files beside the stores.

A file holds statements, each under a line `-- name: NAME`. Never builds SQL from values.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_ROW = re.compile(r"(?<=VALUES )\([?, ]+\)")


def load_script(database: str, name: str) -> str:
    """Return the text of `sql/DATABASE/NAME.sql`."""
    file = files("interlock.interpreter.journal") / "sql" / database / f"{name}.sql"
    return file.read_text(encoding="utf-8")


def load_statements(database: str, name: str) -> Mapping[str, str]:
    """Return the statements of `sql/DATABASE/NAME.sql` by name."""
    _, *parts = _NAME.split(load_script(database, name))
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))


@cache
def repeat_row(statement: str, times: int) -> str:
    """Return a statement with its `VALUES (?, ...)` for that many rows; one without is an error."""
    repeated, count = _ROW.subn(lambda row: ", ".join([row[0]] * times), statement)
    assert count == 1, f"a statement with one row of values, not {statement!r}"
    return repeated
