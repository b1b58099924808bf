"""The endpoint that lists everything that waits for a person, over all incidents.

Rules of this file: reads only. What it lists is in the incidents and the outbox; nothing is kept
for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from interlock.interpreter.core.canonical import decode_incident
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.journal.store import IncidentFilter
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import json_response
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core.incident import Incident, StepState
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.store import JournalStore

_PAGE = 500

routes = web.RouteTableDef()


@routes.get("/waiting")
async def list_waiting(request: web.Request) -> web.Response:
    """Return what waits for a person: gates, steps, doubts, effects over a limit, other reasons."""
    read_query(request, frozenset())
    store = request.app[CONTEXT].services.store
    held = {row.key: row for row in await store.list_effects(EffectStatus.HELD)}
    waiting: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        wanted = IncidentFilter(needs_attention=True, after=after, limit=_PAGE)
        heads, after = await store.list_incidents(wanted)
        for head in heads:
            waiting += _waiting_in(decode_incident(head.data), held)
        if after is None:
            return json_response({"waiting": waiting + await _orphans(store, held)})


def _waiting_in(incident: Incident, held: dict[str, OutboxRow]) -> Iterator[dict[str, Any]]:
    whose = {
        "incident": incident.id,
        "severity": incident.severity,
        "state": incident.state,
        "title": incident.title,
    }
    for gate in incident.gates.values():
        if gate.is_open:
            missing = gate.needed - len(gate.approvals)
            yield {
                **whose,
                "kind": "gate",
                "name": gate.name,
                "reason": f"{missing} more approval{'s' * (missing != 1)} to {gate.target}",
                "gate": view(gate),
            }
    for step in incident.steps.values():
        kind = _kind_of(step, held)
        if kind is not None:
            yield {
                **whose,
                "kind": kind,
                "name": step.path,
                "reason": step.detail or f"hook {step.hook} waits for `runbook.start`",
                "effect": step.key,
            }
    for reason in incident.needs_attention:
        yield {**whose, "kind": "attention", "name": incident.id, "reason": reason}


def _kind_of(step: StepState, held: dict[str, OutboxRow]) -> str | None:
    if step.status is StepStatus.IN_DOUBT:
        return "doubt"
    if step.status is StepStatus.WAITING:
        is_held = step.key is not None and held.pop(step.key, None) is not None
        return "over_limit" if is_held else "step"
    return None


async def _orphans(store: JournalStore, held: dict[str, OutboxRow]) -> list[dict[str, Any]]:
    """Return held effects that no incident lists: those of an earlier generation."""
    heads = await store.heads(sorted({row.stream for row in held.values()}))
    listed = []
    for row in held.values():
        head = heads.get(row.stream)
        incident = None if head is None else decode_incident(head.data)
        listed.append(
            {
                "incident": None if incident is None else incident.id,
                "severity": None if incident is None else incident.severity,
                "state": None if incident is None else incident.state,
                "title": "" if incident is None else incident.title,
                "kind": "over_limit",
                "name": row.path,
                "reason": row.detail or "over a limit",
                "effect": row.key,
            }
        )
    return listed
