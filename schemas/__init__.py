"""The published JSON Schemas (Draft 2020-12): rulebook, events, records, reports.

Responsible for finding a schema by its file name. Within one version fields are added, never
repurposed; a released version is frozen. No logic of the program lives here.
"""

from __future__ import annotations

from functools import cache
from pkgutil import get_data
from typing import Any

import msgspec

Schema = dict[str, Any]


@cache
def load(name: str) -> Schema:
    """Return the schema of a file such as `rulebook.v1.json`; one shared object, not to be changed.

    Raises:
        FileNotFoundError: There is no such schema.
    """
    raw = get_data(__name__, name)  # importlib.resources takes longer to import than all of this
    assert raw is not None, "the loader of this package reads files"
    schema: Schema = msgspec.json.decode(raw)
    return schema


def names() -> tuple[str, ...]:
    """Return the file names of every schema, sorted."""
    from importlib.resources import files  # noqa: PLC0415 - seldom needed, see `load`

    return tuple(
        sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".json"))
    )
