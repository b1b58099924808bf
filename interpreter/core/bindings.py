"""What guards and templates see of an incident, an event and the world.

Guards see plain maps with CEL timestamps; a field that is unset is absent, so that `has()` is false
and plain access is an error, as in Kubernetes. Rules of this file: pure views, each made when a
guard first reads it; nothing is hidden and nothing is computed that is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.times import rfc3339
from interlock.rulebook.guard.values import Duration, Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.interpreter.core.event import Facts, Instant
    from interlock.interpreter.core.incident import Incident, Member
    from interlock.rulebook.graph.state_graph import SeverityRow

_FUNCTIONS = frozenset({"on_call", "in_schedule"})
"""Maps that guards read as functions: `on_call(schedule)`, `in_schedule(name)`."""


def incident_view(incident: Incident) -> dict[str, Any]:
    """Return an incident as guards see it."""
    view: dict[str, Any] = {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "source": incident.source,
        "state": incident.state,
        "metadata": incident.metadata,
        "labels": incident.labels,
        "annotations": incident.annotations,
        "metrics": incident.metrics,
        "tags": incident.tags,
        "alerts": [_member_view(member) for member in incident.alerts.values()],
        "remediation_steps": incident.remediation_steps,
        "needs_attention": bool(incident.needs_attention),
        "created_at": Timestamp(incident.created_at),
        "updated_at": Timestamp(incident.updated_at),
        "state_since": Timestamp(incident.state_since),
        "generation": incident.generation,
        "revision": incident.revision,
        "rulebook": incident.rulebook,
    }
    for name in ("owner", "assigned_engineer", "acknowledged_by"):
        if (text := getattr(incident, name)) is not None:
            view[name] = text
    for name in ("acknowledged_at", "resolved_at", "closed_at"):
        if (instant := getattr(incident, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def _member_view(member: Member) -> dict[str, Any]:
    view: dict[str, Any] = {
        "source": member.source,
        "fingerprint": member.fingerprint,
        "status": member.status,
        "severity": member.severity,
        "title": member.title,
        "labels": member.labels,
    }
    for name in ("starts_at", "ends_at"):
        if (instant := getattr(member, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def event_view(event: Event) -> dict[str, Any]:
    """Return an event as guards see it."""
    view: dict[str, Any] = {
        "type": event.type,
        "source": event.source,
        "labels": event.labels,
        "annotations": event.annotations,
        "metrics": event.metrics,
        "tags": event.tags,
        "metadata": event.metadata,
        "data": event.data,
    }
    for name in ("id", "fingerprint", "severity", "status", "title", "reason"):
        if (text := getattr(event, name)) is not None:
            view[name] = text
    for name in ("starts_at", "ends_at"):
        if (instant := getattr(event, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def severity_view(row: SeverityRow) -> dict[str, Any]:
    """Return a severity row as guards see it; `sla` is absent where none is set."""
    view: dict[str, Any] = {
        "name": row.name,
        "auto_remediation": bool(row.auto_remediation),
        "approval_required": row.approval_required,
        "notification_channels": row.channels,
        "post_mortem": row.post_mortem,
    }
    if row.sla_ns is not None:
        view["sla"] = Duration(row.sla_ns)
        view["sla_minutes"] = row.sla_ns // 60_000_000_000
    return view


def event_bindings(event: Event, alert: Any) -> dict[str, Any]:
    """Return what correlation, silences, inhibitions and sources see."""
    return {"event": event_view(event), "alert": alert}


class RuleBindings(Mapping[str, Any]):
    """What guards of rules, gates, runbooks and steps see; a variable is made when it is read.

    Args:
        incident: The incident as it is now.
        event: What is decided on; None for a timer or an outcome.
        alert: The raw payload.
        row: The incident's severity row.
        facts: What the shell read.
        now: Time of the decision.
        schedules: The on-call schedules that `in_schedule` knows.
        runbook: The runbook whose steps are seen; None: the steps of all.
    """

    def __init__(
        self,
        incident: Incident,
        event: Event | None,
        *,
        alert: Any,
        row: SeverityRow,
        facts: Facts,
        now: Instant,
        schedules: Iterable[str],
        runbook: str | None = None,
    ) -> None:
        self.incident: Incident = incident
        self.event: Event = _NO_EVENT if event is None else event
        self.alert: Any = alert
        self.row: SeverityRow = row
        self.facts: Facts = facts
        self.now: Instant = now
        self.schedules: Iterable[str] = schedules
        self.runbook: str | None = runbook
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a variable's value; raises KeyError for what is none."""
        try:
            return self._made[name]
        except KeyError:
            value = self._made[name] = _MAKERS[name](self)
            return value

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the variables."""
        return iter(_MAKERS)

    def __len__(self) -> int:
        """Return how many variables there are."""
        return len(_MAKERS)


# A timer that came due and the outcome of a step are decided on like events, and guards that read
# the event's type must not become errors by them.
_NO_EVENT = Event(type="engine", origin=Origin.ENGINE, source="engine")


def _group_view(incident: Incident) -> dict[str, Any]:
    arrivals = [member.updated_at for member in incident.alerts.values()]
    return {
        "count": len(incident.alerts),
        "first_at": Timestamp(incident.first_at or incident.opened_at),
        "last_at": Timestamp(max(arrivals, default=incident.opened_at)),
    }


def steps_view(incident: Incident, runbook: str | None = None) -> Mapping[str, Any]:
    """Return the steps by id: status and result, for later steps to use.

    Ids are unique within a runbook only, so a step is shown those of its own.
    """
    return {
        step.id: {"status": step.status.value, "result": step.result, "attempts": step.attempts}
        for step in incident.steps.values()
        if step.undoes is None and runbook in (None, step.runbook)
    }


_MAKERS: Mapping[str, Callable[[RuleBindings], Any]] = {
    "incident": lambda seen: incident_view(seen.incident),
    "event": lambda seen: event_view(seen.event),
    "alert": lambda seen: seen.alert,
    "severity": lambda seen: severity_view(seen.row),
    "group": lambda seen: _group_view(seen.incident),
    "now": lambda seen: Timestamp(seen.now),
    "steps": lambda seen: steps_view(seen.incident, seen.runbook),
    "on_call": lambda seen: seen.facts.on_call,
    "in_schedule": lambda seen: {name: name in seen.facts.on_call for name in seen.schedules},
}


class PlainContext(Mapping[str, Any]):
    """Bindings as templates see them: times as RFC 3339 text, functions left out."""

    def __init__(self, bindings: Mapping[str, Any]) -> None:
        self._bindings = bindings
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a variable as plain data; raises KeyError for what is none."""
        if name not in self._made:
            if name in _FUNCTIONS:
                raise KeyError(name)
            self._made[name] = _plain(self._bindings[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the variables."""
        return (name for name in self._bindings if name not in _FUNCTIONS)

    def __len__(self) -> int:
        """Return how many variables there are."""
        return sum(1 for _ in self)


def shown_context(incident: Incident, row: SeverityRow, runbook: str | None = None) -> PlainContext:
    """Return what templates see where an approver is shown them filled.

    Only what the approval is bound to: neither the event nor the time, which are others when the
    transition is made, and nothing that changes with each record.
    """
    view = incident_view(incident)
    del view["updated_at"], view["revision"]
    steps = steps_view(incident, runbook)
    return PlainContext({"incident": view, "severity": severity_view(row), "steps": steps})


_LEAVES = frozenset({str, int, float, bool, type(None)})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: v if type(v) in _LEAVES else _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [v if type(v) in _LEAVES else _plain(v) for v in value]
    if isinstance(value, Timestamp):
        return rfc3339(value.nanoseconds)
    if isinstance(value, Duration):
        return f"{value.nanoseconds // 1_000_000_000}s"
    return value
