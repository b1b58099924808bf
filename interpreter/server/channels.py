"""The endpoints by which operators see channels, and try one.

Rules of this file: a test goes the way of every notification: recorded first, then sent from the
outbox, so that what it shows is what an alert would meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.control import CHANNEL_TEST, CONTROL_STREAM
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.effects import decode_effect
from interlock.interpreter.server.authorisation import caller_of
from interlock.interpreter.server.bodies import raw_json, read_command, text_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response, not_found
from interlock.interpreter.server.incidents import API_SOURCE
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import view_effect

if TYPE_CHECKING:
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.store import JournalStore

routes = web.RouteTableDef()


@routes.get("/channels")
async def list_channels(request: web.Request) -> web.Response:
    """Return the live rulebook's channels, without their options."""
    read_query(request, frozenset())
    declared = request.app[CONTEXT].services.rulebooks.live.channels
    channels = [
        {"name": name, "type": channel.type, "declared": channel.is_declared}
        for name, channel in sorted(declared.items())
    ]
    return json_response({"channels": channels})


@routes.post("/channels/{name}/test")
async def test_channel(request: web.Request) -> web.Response:
    """Have a channel told that this is a test; return the effect that does so."""
    context = request.app[CONTEXT]
    command = await read_command(request, frozenset({"reason"}))
    name, known = request.match_info["name"], context.services.rulebooks.live.channels
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise not_found(f"there is no channel {name[:100]!r}; there are {there}")
    event = Event(
        type=CHANNEL_TEST,
        origin=Origin.HUMAN,
        source=API_SOURCE,
        reason=text_of(command, "reason"),
        data={"channel": name},
    )
    arrival = Arrival(
        input=EventInput(event),
        actor=caller_of(request).principal,
        stream=CONTROL_STREAM,
        raw=raw_json(command),
    )
    (answer,) = await context.record([arrival])
    if answer.disposition != "applied":
        raise RequestError(409, "rejected", answer.reason or "it was rejected")
    assert answer.revision is not None, "it was recorded"
    row = await _asked_for(context.services.store, answer.revision)
    return json_response(view_effect(row, decode_effect(row.data)), status=202)


async def _asked_for(store: JournalStore, revision: int) -> OutboxRow:
    """Return the one effect that a record of the control stream asked for."""
    (stored,) = await store.read(CONTROL_STREAM, after=revision - 1, limit=1)
    (effect,) = decode_record(stored.data).effects
    row = await store.effect(effect.key)
    assert row is not None, "it was committed with its record"
    return row
