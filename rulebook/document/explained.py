"""A finding about a part of a document that does not conform.

Responsible for the place and subject of such a finding, and for what to leave out so that the rest
can be read. Never decides what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.catalogue import finding
from interlock.rulebook.document.nodes import MapNode, key_span, span_of

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.source import Span

Path = tuple["Step", ...]

KINDS = {
    "severity_matrix": "severity",
    "sources": "source",
    "correlation": "correlation",
    "silences": "silence",
    "inhibitions": "inhibition",
    "teams": "team",
    "guards": "guard",
    "workflow_rules": "rule",
    "runbooks": "runbook",
    "remediation_hooks": "hook",
    "notification_channels": "channel",
    "properties": "property",
}


class Explained(NamedTuple):
    """A finding, and the paths without which the document would be better."""

    diagnostic: Diagnostic
    remove: tuple[Path, ...]


def explained(
    code: str,
    message: str,
    document: MapNode,
    path: Path,
    where: Span | None = None,
    **more: Any,
) -> Explained:
    """Make a finding about the value at `path`, which is left out unless `remove` says what is."""
    place = where or value_span(document, path)
    subject = _subject(document, path)
    remove = more.pop("remove", (path,))
    return Explained(finding(code, message, place, subject=subject, **more), remove)


def value_at(document: MapNode, path: Path) -> Any:
    """Return the value that a path leads to."""
    value: Any = document
    for step in path:
        value = value[step]
    return value


def value_span(document: MapNode, path: Path) -> Span:
    """Return the value's place; that of its key where the value is empty."""
    where = span_of(document, *path)
    if where.start == where.end and path:
        return owner_span(document, path)
    return where


def owner_span(document: MapNode, path: Path) -> Span:
    """Return the place of the key that the value belongs to, or of an entry's first key."""
    if path and isinstance(path[-1], str):
        return key_span(value_at(document, path[:-1]), path[-1])
    value = value_at(document, path)
    if isinstance(value, MapNode) and value:
        return key_span(value, next(iter(value)))
    return span_of(document, *path)


def _subject(document: MapNode, path: Path) -> str | None:
    if not path or path[0] not in KINDS or len(path) == 1:
        return None
    kind = KINDS[str(path[0])]
    if isinstance(path[1], str):
        return f"{kind} `{path[1]}`"
    entry = value_at(document, path[:2])
    if isinstance(entry, dict):
        for key in ("id", "transition"):
            if isinstance(entry.get(key), str):
                return f"{kind} `{entry[key]}`"
    return kind
