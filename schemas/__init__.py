"""The published JSON Schemas (Draft 2020-12): rulebook, events, records, reports.

Responsible for finding a schema by its file name, and the maps of senders under `sources/`. Within
one version fields are added, never repurposed; a released version is frozen. No logic of the
program lives here.
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


@cache
def source_maps() -> tuple[str, ...]:
    """Return the types of source that come as a map, sorted; see `source_map`."""
    kinds: dict[str, Any] = load("rulebook.v1.json")["$defs"]["source"]["properties"]["type"]
    return tuple(kinds["x-maps"])


@cache
def source_map(type_: str) -> str:
    """Return the text of a sender's map: a source of `type: json`, in YAML.

    Raises:
        FileNotFoundError: There is none for that type.
    """
    raw = get_data(__name__, f"sources/{type_}.yaml")
    assert raw is not None, "the loader of this package reads files"
    return raw.decode()


def names() -> tuple[str, ...]:
    """Return the file names of every schema, sorted."""
    from importlib.resources import files  # noqa: PLC0415 - seldom needed, see `load`

    return tuple(
        sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".json"))
    )
