"""Which file of a folder an event is for, and which alerts belong together: the correlation key.

Rules of this file: the rulebook's `correlation` entries are tried in order, the first match gives
the key; without one the key is (source, fingerprint). A guard that errors does not match here. A
missing label counts as empty; when all are missing, the fingerprint decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.bindings import event_bindings
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.incident import member_key
from interlock.rulebook.graph.matching import INDEX_FROM
from interlock.rulebook.graph.routes import Correlation
from interlock.rulebook.guard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.graph.state_graph import GuardRef, StateGraph

_DEFAULT = Correlation()


class Correlated(Struct, frozen=True):
    """An event's correlation key (None for what is no alert) and its reopening window.

    `counting` is the entry by which one alert may be too few; a key that is a fingerprint has one
    alert only, which is always enough.
    """

    key: str | None
    reopen_within_ns: int
    counting: Correlation | None = None


def correlate(graph: StateGraph, event: Event, alert: Any = None) -> Correlated:
    """Return the key that decides which open incident an alert joins.

    Files of a folder have keys of their own.
    """
    found = _correlate(graph, event, alert)
    if graph.scope is None or found.key is None:
        return found
    return replace(found, key=f"{graph.file}:{found.key}")


def find_file(graph: StateGraph, event: Event, alert: Any = None) -> StateGraph:
    """Return the graph of the first file whose scope an event is in; the folder's where none is."""
    if not graph.files:
        return graph
    bindings = event_bindings(event, alert)
    for file in graph.scoped_files.possible(bindings):
        if file.scope is None or matches(file.scope, bindings):
            return file
    return graph


def _correlate(graph: StateGraph, event: Event, alert: Any) -> Correlated:
    if event.origin is not Origin.ALERT:
        return Correlated(None, _DEFAULT.reopen_within_ns)
    bindings: Mapping[str, Any] | None = None
    entries: Sequence[Correlation] = graph.correlation
    if len(entries) >= INDEX_FROM:
        bindings = event_bindings(event, alert)
        entries = graph.correlation_entries.possible(bindings)
    for entry in entries:
        if entry.match is None and not entry.group_by:
            return Correlated(_fingerprint_key(event), entry.reopen_within_ns)
        if bindings is None:
            bindings = event_bindings(event, alert)
        if entry.match is not None and not matches(entry.match, bindings):
            continue
        key = _group_key(entry, bindings)
        if key is None:
            return Correlated(_fingerprint_key(event), entry.reopen_within_ns)
        counting = entry if entry.counts_alerts else None
        return Correlated(key, entry.reopen_within_ns, counting)
    return Correlated(_fingerprint_key(event), _DEFAULT.reopen_within_ns)


def matches(guard: GuardRef, bindings: Mapping[str, Any]) -> bool:
    """Tell whether a guard holds where an error means that it does not match."""
    try:
        return guard.evaluate(bindings) is True
    except GuardError:
        return False


def _fingerprint_key(event: Event) -> str:
    return member_key(event.source, event.fingerprint or "")


def _group_key(entry: Correlation, bindings: Mapping[str, Any]) -> str | None:
    """Return the key that the entry's labels give; None where all of them are missing."""
    values = {guard.text: _value(guard, bindings) for guard in entry.group_by}
    if not any(values.values()):
        return None
    match = None if entry.match is None else entry.match.text
    return encode([match, values]).decode()


def _value(guard: GuardRef, bindings: Mapping[str, Any]) -> str:
    try:
        value = guard.evaluate(bindings)
    except GuardError:
        return ""
    return value if isinstance(value, str) else encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    """Reduce a guard's value to what canonical bytes can hold."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
