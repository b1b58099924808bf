"""The endpoint that erases: a closed incident, or a raw payload."""

from __future__ import annotations

from aiohttp import web

from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.runtime.erasure import Eraser, ErasureRefusedError
from interlock.interpreter.server.authorisation import caller_of
from interlock.interpreter.server.bodies import read_command, text_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response

routes = web.RouteTableDef()


@routes.post("/erasures")
async def erase(request: web.Request) -> web.Response:
    """Erase an incident or a payload; the journal keeps who asked and why."""
    command = await read_command(request, frozenset({"incident", "payload", "reason", "by"}))
    incident = text_of(command, "incident", length_max=1024)
    payload = text_of(command, "payload", length_max=64)
    reason = text_of(command, "reason", is_required=True) or ""
    if (incident is None) == (payload is None):
        raise RequestError(422, "invalid", "say `incident` or `payload`, one of them")
    services = request.app[CONTEXT].services
    by = text_of(command, "by", length_max=256)
    try:
        erased = await Eraser(services.store, services.clock).erase(
            streams=() if incident is None else (incident_stream(incident),),
            payloads=() if payload is None else (payload,),
            reason=reason if by is None else f"{reason} (claimed by {by})",
            actor=caller_of(request).principal,
        )
    except ErasureRefusedError as error:
        raise RequestError(409, "refused", str(error)) from error
    return json_response({"records": erased.records, "payloads": erased.payloads})
