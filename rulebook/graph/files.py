"""The graphs of a folder's files as one rulebook.

Responsible for what the files have in common once each is compiled with what is shared: what the
daemon needs by name whatever the incident (sources, hooks, channels, people) is that of all of
them. What is an event's or an incident's own stays with its file. Never compiles anything.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.rulebook.graph.routes import Correlation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.graph.state_graph import StateGraph

_UNITED = ("severities", "hooks", "channels", "sources", "teams", "schedules")


def join_files(name: str, files: Sequence[StateGraph]) -> StateGraph:
    """Return the graph of a folder; `files` are its graphs, in the order in which they are asked.

    By itself it opens nothing: it is what holds for an event that is in the scope of no file.
    """
    first = files[0]
    united: dict[str, Any] = {part: _union(files, part) for part in _UNITED}
    return replace(
        first,
        name=name,
        digest=_digest(files),
        opens=frozenset(),
        correlation=(Correlation(),),
        silences=(),
        inhibitions=(),
        owner=None,
        file="",
        scope=None,
        files=tuple(files),
        unsupported=tuple(dict.fromkeys(text for file in files for text in file.unsupported)),
        **united,
    )


def _union(files: Sequence[StateGraph], part: str) -> Mapping[str, Any]:
    """Return the entries of all; of one that several have, what they share, the first."""
    found: dict[str, Any] = {}
    for file in files:
        for name, entry in getattr(file, part).items():
            found.setdefault(name, entry)
    return found


def _digest(files: Sequence[StateGraph]) -> str:
    if not all(file.digest for file in files):
        return ""
    digests = "".join(file.digest for file in files)
    return "sha256:" + hashlib.sha256(b"interlock folder 1\n" + digests.encode()).hexdigest()
