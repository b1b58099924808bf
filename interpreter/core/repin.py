"""Moving a running incident to another rulebook.

Rules of this file: nothing moves that cannot go on there. A state the new rulebook does not have
must be mapped, to one that is as open or as over; steps under way must end first, for their runbook
is the old one's. Open gates are closed with their approvals: those were given to the old rulebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks, gates
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.core.rules import run

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import Event
    from interlock.rulebook.graph.state_graph import StateGraph

REPIN = "incident.repin"
"""The event that moves an incident: `data` holds `to` (a digest) and `states` (old to new)."""

_UNDER_WAY = frozenset(
    {
        StepStatus.PLANNED,
        StepStatus.WAITING,
        StepStatus.PENDING,
        StepStatus.VERIFYING,
        StepStatus.IN_DOUBT,
    }
)


def repin(draft: Draft, old: StateGraph, event: Event) -> str | None:
    """Move the draft's incident from `old` to the draft's rulebook; return why not, or None."""
    incident, new = draft.incident, draft.graph
    states = event.data.get("states", {})
    target = _target(states, incident.state)
    why_not = _obstacle(draft, old, target)
    if why_not is not None:
        return why_not
    row_before = old.row(incident.severity)
    reason = event.reason or f"moved by {draft.actor}"
    gates.close_gates(draft, "moved to another rulebook; approvals are void")
    clocks.leave_state(draft, incident.state)
    draft.add(
        c.Repinned(
            from_=incident.rulebook,
            to=new.digest,
            state_from=incident.state,
            state_to=target,
            reason=reason,
        )
    )
    draft.entered.add(target)
    clocks.enter_state(draft)
    if draft.incident.is_open:
        clocks.recompute_clocks(draft, row_before)
    run(draft, event, asks=False)
    return None


def _target(states: Any, state: str) -> str:
    mapped = states.get(state, state) if isinstance(states, Mapping) else state
    return mapped if isinstance(mapped, str) else state


def _obstacle(draft: Draft, old: StateGraph, target: str) -> str | None:
    incident, new = draft.incident, draft.graph
    if incident.rulebook == new.digest:
        return "it runs on that rulebook already"
    if target not in new.lifecycle.states:
        known = ", ".join(new.lifecycle.states)
        return f"the rulebook has no state {target}: map it to one of {known}"
    before, after = (
        (state in graph.lifecycle.resolved, state in graph.lifecycle.final)
        for graph, state in ((old, incident.state), (new, target))
    )
    if before != after:
        words = "resolved" if before[0] != after[0] else "final"
        return f"{incident.state} and {target} are not both {words}: a move does not end or reopen"
    under_way = [step.id for step in incident.steps.values() if step.status in _UNDER_WAY]
    if under_way:
        return f"steps of the old rulebook are under way: {', '.join(under_way)}"
    return None
