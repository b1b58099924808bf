"""The maps of senders that come with Interlock, compiled.

Responsible for turning a file of `schemas/sources/` into what a source of that type starts from: it
is a source of `type: json` as a rulebook would hold it, so that people can copy it and change it.
That every file compiles is a test's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.graph.guards import GuardCompiler, Use
from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.graph.values import plain
from interlock.rulebook.guard.places import Place, Vocabulary
from interlock.rulebook.source import SourceFile
from interlock.schemas import source_map, source_maps


class ShippedMap(Struct, frozen=True):
    """What a source starts from; its own words and fields win over these."""

    severity: Mapping[str, str] = {}
    map: Mapping[str, GuardRef] = {}
    labels: Mapping[str, GuardRef] = {}
    links: Mapping[str, GuardRef] = {}
    members: GuardRef | None = None


@cache
def shipped_map(type_: str) -> ShippedMap:
    """Return the map of a type of source; an empty one for a type that has none."""
    if type_ not in source_maps():
        return ShippedMap()
    reading = read_document(SourceFile(f"{type_}.yaml", source_map(type_)))
    written: Mapping[str, Any] = plain(reading.root)
    guards = GuardCompiler({}, {}, Vocabulary())

    def compiled(text: str) -> GuardRef:
        made = guards.compile(text, Use(Place.SOURCE, is_bool=False))
        assert made.guard is not None, (type_, text, made.problems)
        return made.guard

    def each(section: str) -> dict[str, GuardRef]:
        return {name: compiled(text) for name, text in written.get(section, {}).items()}

    return ShippedMap(
        severity=written.get("severity", {}),
        map=each("map"),
        labels=each("labels"),
        links=each("links"),
        members=compiled(written["members"]) if "members" in written else None,
    )
