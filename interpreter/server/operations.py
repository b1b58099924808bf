"""The endpoints for who operates the daemon: automation, quarantine, health.

Rules of this file: reads, but for the automation ladder, which is set through the journal like
everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from interlock.interpreter.core.control import (
    AUTOMATION_SET,
    CONTROL_STREAM,
    Control,
    decode_control,
)
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.server.authorisation import caller_of
from interlock.interpreter.server.bodies import raw_json, read_command, text_of, until_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response
from interlock.interpreter.server.incidents import API_SOURCE
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import view_automation, view_quarantined
from interlock.rulebook.graph.state_graph import Automation

if TYPE_CHECKING:
    from interlock.interpreter.server.context import Context

_MODES = ", ".join(Automation)

routes = web.RouteTableDef()


@routes.get("/automation")
async def show_automation(request: web.Request) -> web.Response:
    """Return the automation ladder as it stands."""
    read_query(request, frozenset())
    return json_response(await _automation(request.app[CONTEXT]))


@routes.put("/automation")
async def set_automation(request: web.Request) -> web.Response:
    """Set the ladder, for all hooks or one, for good or for a time."""
    context = request.app[CONTEXT]
    command = await read_command(request, frozenset({"mode", "hook", "for", "until", "reason"}))
    mode = text_of(command, "mode", is_required=True)
    if mode not in set(Automation):
        raise RequestError(422, "invalid", f"`mode` is one of {_MODES}")
    data: dict[str, Any] = {"mode": mode}
    hook = text_of(command, "hook")
    if hook is not None:
        known = sorted(context.services.rulebooks.live.hooks)
        if hook not in known:
            listed = ", ".join(known) or "none"
            raise RequestError(
                422, "invalid", f"there is no hook {hook[:60]!r}; there are {listed}"
            )
        data["hook"] = hook
    until = until_of(command, context.services.clock.now())
    if until is not None:
        data["until"] = until
    event = Event(
        type=AUTOMATION_SET,
        origin=Origin.HUMAN,
        source=API_SOURCE,
        reason=text_of(command, "reason", is_required=True),
        data=data,
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
    return json_response(await _automation(context))


@routes.get("/quarantine")
async def list_quarantined(request: web.Request) -> web.Response:
    """Return what was put aside, oldest first."""
    read_query(request, frozenset())
    items = await request.app[CONTEXT].services.store.quarantined()
    return json_response({"quarantined": [view_quarantined(item) for item in items]})


@routes.get("/healthz")
async def show_health(_request: web.Request) -> web.Response:
    """Say that the process answers."""
    return json_response({"status": "ok"})


@routes.get("/readyz")
async def show_readiness(request: web.Request) -> web.Response:
    """Say whether deliveries are taken: the daemon is up and its store answers."""
    services = request.app[CONTEXT].services
    if not services.is_ready():
        raise RequestError(503, "not_ready", "the daemon is starting or stopping", Retry_After="1")
    try:
        await services.store.heads((CONTROL_STREAM,))
    except StoreError as error:
        raise RequestError(503, "not_ready", str(error), Retry_After="1") from error
    return json_response({"status": "ready"})


@routes.get("/metrics")
async def show_metrics(request: web.Request) -> web.Response:
    """Return counters in the Prometheus text format."""
    engine = request.app[CONTEXT].services.engine
    lines = ["# TYPE interlock_records_total counter"]
    lines += [
        f'interlock_records_total{{disposition="{name}"}} {count}'
        for name, count in sorted(engine.dispositions.items())
    ]
    lines += [
        "# TYPE interlock_commits_total counter",
        f"interlock_commits_total {engine.commits}",
        "# TYPE interlock_queue_length gauge",
        f"interlock_queue_length {engine.queue_length}",
    ]
    return web.Response(
        body="".join(f"{line}\n" for line in lines).encode(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def _automation(context: Context) -> dict[str, Any]:
    services = context.services
    head = (await services.store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
    control = Control() if head is None else decode_control(head.data)
    return view_automation(control, services.settings.automation, services.clock.now())
