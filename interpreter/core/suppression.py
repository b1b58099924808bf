"""Whether an alert falls under a silence or an inhibition that is in force.

Rules of this file: pure; which silences are active is the shell's to read, which alerts fire is the
journal's to say. A guard that is an error does not match, and is said. Of several silences the one
that ends last is named, so that an alert is not routed again in vain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import Event, Origin, Suppressor
from interlock.interpreter.core.times import rfc3339
from interlock.rulebook.guard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.incident import Incident, Member
    from interlock.rulebook.graph.matching import Entries
    from interlock.rulebook.graph.routes import Inhibition, Silence
    from interlock.rulebook.graph.state_graph import GuardRef, StateGraph

SUPPRESSOR_PREFIX = "suppressor/"
_END_OF_TIME = 2**63 - 1
_NAME_LENGTH = 32


class Silenced(Struct, frozen=True):
    """The silence that an alert falls under, and the silences whose guards were errors."""

    by: Suppressor | None = None
    errors: tuple[str, ...] = ()


class Inhibitions(Struct, frozen=True):
    """The inhibitions an alert takes part in: the streams that list it, by what it is in them.

    `inhibits` gives the rule's name for each stream.
    """

    inhibits: Mapping[str, str] = {}
    inhibited_at: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def find_silence(
    silences: Iterable[Entries[Silence]],
    active: Mapping[str, Instant | None],
    bindings: Mapping[str, Any],
) -> Silenced:
    """Return the silence in force that an alert falls under.

    Args:
        silences: The rulebook's and the operators'.
        active: When each that is active ends, by name; None: not known to end.
        bindings: What silences see of the alert.
    """
    found: Suppressor | None = None
    errors: list[str] = []
    for entries in silences:
        for silence in entries.possible(bindings):
            if silence.name not in active or not _holds(
                silence.name, silence.match, bindings, errors
            ):
                continue
            until = active[silence.name]
            if found is None or (found.until or _END_OF_TIME) < (until or _END_OF_TIME):
                found = Suppressor(
                    name=silence.name,
                    reason=silence.reason,
                    until=until,
                    stream=silence_stream(silence.name) if silence.is_operators else None,
                )
    return Silenced(found, tuple(errors))


def find_inhibitions(graph: StateGraph, event: Event, bindings: Mapping[str, Any]) -> Inhibitions:
    """Return where inhibitions list a firing alert: as one that suppresses, and as suppressed."""
    errors: list[str] = []
    inhibits = {
        inhibition_stream(entry, event.labels): entry.name
        for entry in graph.inhibition_sources.possible(bindings)
        if _holds(f"{entry.name} (source)", entry.source, bindings, errors)
    }
    inhibited_at = [
        inhibition_stream(entry, event.labels)
        for entry in graph.inhibition_targets.possible(bindings)
        if _holds(f"{entry.name} (target)", entry.target, bindings, errors)
    ]
    return Inhibitions(inhibits, tuple(inhibited_at), tuple(errors))


def _holds(
    name: str, guard: GuardRef | None, bindings: Mapping[str, Any], errors: list[str]
) -> bool:
    if guard is None:
        return False
    try:
        value = guard.evaluate(bindings)
    except GuardError as error:
        errors.append(f"{name}: {error.message}")
        return False
    if not isinstance(value, bool):
        errors.append(f"{name}: a guard must be a bool, this is {value!r}"[:200])
    return value is True


def inhibition_stream(inhibition: Inhibition, labels: Mapping[str, str]) -> str:
    """Name the stream of an inhibition for alerts of these labels; a missing one counts as empty.

    The rule's own text is part of it: a rule that was changed begins anew.
    """
    values = [[name, labels.get(name, "")] for name in inhibition.equal]
    content = encode([inhibition.source.text, inhibition.target.text, values])
    return f"{SUPPRESSOR_PREFIX}inhibition/{hashlib.sha256(content).hexdigest()[:_NAME_LENGTH]}"


def silence_stream(name: str) -> str:
    """Name the stream that lists what an operator's silence suppresses."""
    return f"{SUPPRESSOR_PREFIX}{name.replace(' ', '/')}"


def say_why(by: Suppressor) -> str:
    """Say what suppresses an alert, why, and until when."""
    if by.name.startswith("inhibition"):
        return f"inhibited by {by.reason} ({by.name})"
    reason = "" if by.reason is None else f" ({by.reason})"
    end = "with no end" if by.until is None else f"ends {rfc3339(by.until)}"
    return f"suppressed by {by.name}{reason}, {end}"


def member_event(incident: Incident, member: Member) -> Event:
    """Return a member of an incident as silences see it: what it last said, as far as is kept."""
    return Event(
        type="alert.triggered",
        origin=Origin.ALERT,
        source=member.source,
        fingerprint=member.fingerprint,
        status=member.status,
        severity=member.severity,
        title=member.title,
        labels=member.labels,
        annotations=incident.annotations,
        metrics=incident.metrics,
        tags=incident.tags,
        metadata=incident.metadata,
        starts_at=member.starts_at,
    )
