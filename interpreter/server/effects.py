"""The endpoints by which people see effects, and retry or drop one.

Rules of this file: a person's word goes to the incident whose record asked for the effect, and is
recorded there; here it is only addressed. Who may say it stands in
`authorisation.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from interlock.interpreter.core.event import EffectInput, EffectVerb
from interlock.interpreter.journal.outbox import EFFECT_STATUSES, RELEASED_FROM
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.effects import decode_effect
from interlock.interpreter.server.authorisation import caller_of
from interlock.interpreter.server.bodies import raw_json, read_command, text_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response, not_found
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import view_effect

if TYPE_CHECKING:
    from interlock.interpreter.journal.outbox import OutboxRow

_PRINCIPAL_MAX = 256

routes = web.RouteTableDef()


@routes.get("/effects")
async def list_effects(request: web.Request) -> web.Response:
    """Return what the outbox holds, oldest first."""
    status = read_query(request, frozenset({"status"})).get("status")
    if status is not None and status not in EFFECT_STATUSES:
        raise RequestError(400, "invalid_query", f"status is one of {', '.join(EFFECT_STATUSES)}")
    rows = await request.app[CONTEXT].services.store.list_effects(status)
    return json_response({"effects": [view_effect(row, decode_effect(row.data)) for row in rows]})


@routes.get("/effects/{key}")
async def show_effect(request: web.Request) -> web.Response:
    """Return one effect."""
    read_query(request, frozenset())
    row = await _row(request)
    return json_response(view_effect(row, decode_effect(row.data)))


@routes.post("/effects/{key}/retry")
async def retry_effect(request: web.Request) -> web.Response:
    """Send an effect that failed, is in doubt or waits: its own key, its own bytes."""
    return await _command(request, EffectVerb.RETRY)


@routes.post("/effects/{key}/drop")
async def drop_effect(request: web.Request) -> web.Response:
    """Give an effect up."""
    return await _command(request, EffectVerb.DROP)


async def _command(request: web.Request, verb: EffectVerb) -> web.Response:
    context = request.app[CONTEXT]
    command = await read_command(request, frozenset({"reason", "by"}))
    reason = text_of(command, "reason", is_required=True)
    assert reason is not None, "it is required"
    row = await _row(request)
    if row.status not in RELEASED_FROM:
        done = {EffectVerb.RETRY: "retried", EffectVerb.DROP: "dropped"}[verb]
        raise RequestError(409, "rejected", f"it is {row.status} and cannot be {done}")
    said = EffectInput(
        key=row.key,
        path=row.path,
        verb=verb,
        is_hook=row.kind == "hook",
        reason=reason,
        by=text_of(command, "by", length_max=_PRINCIPAL_MAX),
    )
    who = caller_of(request).principal
    arrival = Arrival(input=said, actor=who, stream=row.stream, raw=raw_json(command))
    (answer,) = await context.record([arrival])
    if answer.disposition != "applied":
        raise RequestError(409, "rejected", answer.reason or "it was rejected")
    after = await _row(request)
    return json_response(view_effect(after, decode_effect(after.data)))


async def _row(request: web.Request) -> OutboxRow:
    key = request.match_info["key"]
    row = await request.app[CONTEXT].services.store.effect(key)
    if row is None:
        raise not_found(f"there is no effect {key[:100]!r}")
    return row
