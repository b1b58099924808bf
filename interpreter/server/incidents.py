"""The endpoints that people read and steer incidents with.

Rules of this file: a person's word goes the same way as an alert; here it is only addressed. A word
that the rulebook rejects is answered 409 with the reason, because a person waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from msgspec.structs import replace

from interlock.interpreter.core.canonical import decode_incident, decode_record
from interlock.interpreter.core.event import Event, EventInput, Facts, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.journal.listing import CursorError
from interlock.interpreter.journal.store import IncidentFilter
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.intake import make_arrival
from interlock.interpreter.runtime.postmortems import write_post_mortem
from interlock.interpreter.runtime.view import View
from interlock.interpreter.server.authorisation import caller_of, permission_for, require
from interlock.interpreter.server.bodies import raw_json, read_command, text_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import (
    RequestError,
    error_response,
    json_response,
    not_found,
    problem_error,
)
from interlock.interpreter.server.history import fold_until, read_moment
from interlock.interpreter.server.ingest import APPLIED
from interlock.interpreter.server.queries import read_flag, read_limit, read_query, read_revision
from interlock.interpreter.server.views import view_answer, view_incident, view_record
from interlock.interpreter.sources import Problem, SourceProfile, normalise_event

if TYPE_CHECKING:
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.runtime.delivery import Answer
    from interlock.interpreter.server.context import Context

API_SOURCE: Final = "api"
_FILTERS: Final = frozenset({"state", "severity", "open", "needs_attention", "after", "limit"})
_DECISIONS: Final = {
    "approve": "gate.approved",
    "deny": "gate.denied",
    "revoke": "gate.revoked",
    "break-glass": "gate.break_glass",
    "review": "gate.reviewed",
    "override": "gate.overridden",
}

routes = web.RouteTableDef()


@routes.get("/incidents")
async def list_incidents(request: web.Request) -> web.Response:
    """Return a page of incidents, latest opened first."""
    query = read_query(request, _FILTERS)
    wanted = IncidentFilter(
        state=query.get("state"),
        severity=query.get("severity"),
        is_open=read_flag(query, "open"),
        needs_attention=read_flag(query, "needs_attention"),
        after=query.get("after"),
        limit=read_limit(query),
    )
    try:
        heads, cursor = await request.app[CONTEXT].services.store.list_incidents(wanted)
    except CursorError as error:
        raise RequestError(400, "invalid_query", str(error)) from error
    incidents = [view_incident(decode_incident(head.data)) for head in heads]
    return json_response({"incidents": incidents, "next": cursor})


@routes.get("/incidents/{id}")
async def show_incident(request: web.Request) -> web.Response:
    """Return one incident, as it is or as it was `at` a revision or a time."""
    at = read_query(request, frozenset({"at"})).get("at")
    incident = await _incident(request)
    if at is not None:
        store = request.app[CONTEXT].services.store
        past = await fold_until(store, incident.stream, read_moment(at))
        if past is None:
            raise not_found(f"there was no incident {incident.id[:100]!r} then")
        incident = past
    return json_response(view_incident(incident))


@routes.get("/incidents/{id}/timeline")
async def show_timeline(request: web.Request) -> web.Response:
    """Return an incident's records in order, a page at a time."""
    query = read_query(request, frozenset({"after", "limit"}))
    incident = await _incident(request)
    after, limit = read_revision(query), read_limit(query, default=1000)
    store = request.app[CONTEXT].services.store
    stored = await store.read(incident.stream, after=after, limit=limit)
    records = [view_record(decode_record(record.data)) for record in stored]
    is_last = not stored or stored[-1].revision >= incident.revision
    return json_response(
        {"records": records, "next": None if is_last else str(stored[-1].revision)}
    )


@routes.get("/incidents/{id}/post-mortem")
async def show_post_mortem(request: web.Request) -> web.Response:
    """Return an incident's post-mortem as its records now give it: document and meeting."""
    read_query(request, frozenset())
    incident = await _incident(request)
    services = request.app[CONTEXT].services
    graph = await services.rulebooks.pinned(incident.rulebook)
    written = write_post_mortem(
        await View(services.store).records(incident.stream),
        graph,
        services.rulebooks.live_of(graph),
        incident,
        Facts(),
        services.clock.now(),
    )
    known = view_incident(incident).get("post_mortem") or {}
    return json_response({"incident": incident.id, **known, **written})


@routes.post("/incidents/{id}/events")
async def signal_incident(request: web.Request) -> web.Response:
    """Take a person's signal to one incident."""
    context = request.app[CONTEXT]
    command = await read_command(request, frozenset({"type", "payload"}))
    incident = await _incident(request)
    words = context.intake.bare.words
    member = normalise_event(command, SourceProfile(name=API_SOURCE, words=words))
    if isinstance(member, Problem):
        raise problem_error(member.code, member.detail)
    if member.event.origin is Origin.ALERT:
        raise RequestError(422, "not_a_signal", "alerts come in through /ingest, not by incident")
    caller = caller_of(request)
    require(caller, permission_for(member.event.type))
    member = replace(member, event=replace(member.event, id=incident.id))
    arrival = make_arrival(member, incident.stream, caller.principal)
    (answer,) = await context.record([arrival])
    return _answer_person(answer)


@routes.post("/approvals/{id}")
async def decide_gate(request: web.Request) -> web.Response:
    """Take what a person says to a gate of one incident: approve, deny, revoke, ..."""
    context = request.app[CONTEXT]
    command = await read_command(request, frozenset({"gate", "decision", "digest", "reason", "by"}))
    decision = text_of(command, "decision", is_required=True)
    if decision not in _DECISIONS:
        raise RequestError(422, "invalid", f"`decision` is one of {', '.join(_DECISIONS)}")
    caller = caller_of(request)
    require(caller, permission_for(_DECISIONS[decision]))
    incident = await _incident(request)
    event = Event(
        type=_DECISIONS[decision],
        origin=Origin.HUMAN,
        source=API_SOURCE,
        id=incident.id,
        gate=text_of(command, "gate", length_max=256),
        digest=text_of(command, "digest", length_max=256),
        reason=text_of(command, "reason"),
        data=_claimed(command),
    )
    arrival = Arrival(
        input=EventInput(event),
        actor=caller.principal,
        stream=incident.stream,
        raw=raw_json(command),
    )
    (answer,) = await context.record([arrival])
    return _answer_person(answer)


def _claimed(command: dict[str, Any]) -> dict[str, str]:
    """Keep a name that a body claims; with authentication off it is no more than that."""
    by = text_of(command, "by", length_max=256)
    return {} if by is None else {"by": by}


async def _incident(request: web.Request) -> Incident:
    context: Context = request.app[CONTEXT]
    incident_id = request.match_info["id"]
    stream = incident_stream(incident_id)
    head = (await context.services.store.heads((stream,))).get(stream)
    if head is None:
        raise not_found(f"there is no incident {incident_id[:100]!r}")
    if head.incident is None:
        raise not_found(f"the incident {incident_id[:100]!r} was erased")
    return decode_incident(head.data)


def _answer_person(answer: Answer) -> web.Response:
    if answer.disposition == "rejected":
        return error_response(
            409, "rejected", answer.reason or "no rule allows it", view_answer(answer)
        )
    return json_response(view_answer(answer), status=200 if answer.disposition == APPLIED else 202)
