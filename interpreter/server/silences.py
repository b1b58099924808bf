"""The endpoints of silences: what is silenced now, and operators' silences, added and ended.

Rules of this file: a silence is added and ended through the journal like everything else; one that
would mean nothing is refused before that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from interlock.interpreter.core.control import (
    CONTROL_STREAM,
    SILENCE_ADD,
    SILENCE_END,
    Control,
    decode_control,
)
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.hours import activity
from interlock.interpreter.runtime.silencing import compile_match
from interlock.interpreter.server.authorisation import caller_of
from interlock.interpreter.server.bodies import raw_json, read_command, text_of, until_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response, not_found
from interlock.interpreter.server.incidents import API_SOURCE
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import format_instant, view
from interlock.rulebook.guard.errors import GuardError

if TYPE_CHECKING:
    from interlock.interpreter.server.context import Context

_MATCH_LENGTH_MAX = 4096

routes = web.RouteTableDef()


@routes.get("/silences")
async def list_silences(request: web.Request) -> web.Response:
    """Return operators' silences that have not ended, and those of the live rulebook."""
    read_query(request, frozenset())
    return json_response(await _silences(request.app[CONTEXT]))


@routes.post("/silences")
async def add_silence(request: web.Request) -> web.Response:
    """Silence what matches, or one incident, until a time."""
    context = request.app[CONTEXT]
    known = frozenset({"match", "incident", "for", "until", "reason"})
    command = await read_command(request, known)
    match = text_of(command, "match", length_max=_MATCH_LENGTH_MAX)
    incident = text_of(command, "incident", length_max=256)
    if (match is None) == (incident is None):
        raise RequestError(422, "invalid", "give `match` or `incident`, and not both")
    until = until_of(command, context.services.clock.now())
    if until is None:
        raise RequestError(422, "invalid", "give `for` or `until`: no silence is for ever")
    data: dict[str, Any] = {"until": until}
    if match is not None:
        data["match"] = _checked(match)
    else:
        data["incident"] = await _known(context, str(incident))
    reason = text_of(command, "reason", is_required=True)
    return await _record(request, SILENCE_ADD, reason, data, command)


@routes.delete("/silences/{id}")
async def end_silence(request: web.Request) -> web.Response:
    """End an operator's silence before its time."""
    reason = read_query(request, frozenset({"reason"})).get("reason")
    data = {"id": request.match_info["id"]}
    return await _record(request, SILENCE_END, reason, data, data)


def _checked(match: str) -> str:
    try:
        compile_match(match)
    except GuardError as error:
        raise RequestError(422, "invalid", f"`match`: {error.message}") from error
    return match


async def _known(context: Context, incident: str) -> str:
    stream = incident_stream(incident)
    if stream not in await context.services.store.heads((stream,)):
        raise not_found(f"there is no incident {incident[:100]!r}")
    return incident


async def _record(
    request: web.Request,
    kind: str,
    reason: str | None,
    data: dict[str, Any],
    raw: dict[str, Any],
) -> web.Response:
    context = request.app[CONTEXT]
    event = Event(type=kind, origin=Origin.HUMAN, source=API_SOURCE, reason=reason, data=data)
    arrival = Arrival(
        input=EventInput(event),
        actor=caller_of(request).principal,
        stream=CONTROL_STREAM,
        raw=raw_json(raw),
    )
    (answer,) = await context.record([arrival])
    if answer.disposition != "applied":
        raise RequestError(409, "rejected", answer.reason or "it was rejected")
    return json_response(await _silences(context))


async def _silences(context: Context) -> dict[str, Any]:
    services = context.services
    now = services.clock.now()
    head = (await services.store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
    control = Control() if head is None else decode_control(head.data)
    written = []
    files = services.rulebooks.live.whole_files
    for silence in (silence for file in files for silence in file.silences):
        found = activity(silence, now)
        written.append(
            {
                "name": silence.name,
                "match": None if silence.match is None else silence.match.text,
                "reason": silence.reason,
                "is_active": found.is_active,
                "until": None if found.until is None else format_instant(found.until),
            }
        )
    added = [{"id": name, **view(one)} for name, one in control.silences.items()]
    return {"silences": added, "rulebook": written}
