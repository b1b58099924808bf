"""Reads SQL statements from the `.sql` files beside the stores.

A file holds statements, each under a line `-- name: NAME`. Never builds SQL from values.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load_script(database: str, name: str) -> str:
    """Return the text of `sql/DATABASE/NAME.sql`."""
    file = files("interlock.interpreter.journal") / "sql" / database / f"{name}.sql"
    return file.read_text(encoding="utf-8")


def load_statements(database: str, name: str) -> Mapping[str, str]:
    """Return the statements of `sql/DATABASE/NAME.sql` by name."""
    _, *parts = _NAME.split(load_script(database, name))
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))
