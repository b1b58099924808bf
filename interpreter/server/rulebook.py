"""The endpoints of the live rulebook: what it is, who brought it, and its reload.

Rules of this file: a reload reads the files the daemon was started with and nothing that a request
holds; what is wrong with them is answered with places, and the old rulebook stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from interlock.interpreter.core.control import CONTROL_STREAM, decode_control
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import RefusedError
from interlock.interpreter.runtime.intake import ANONYMOUS
from interlock.interpreter.runtime.reload import ReloadRefusedError
from interlock.interpreter.server.bodies import read_command, text_of
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, cannot_record, json_response
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import format_instant

if TYPE_CHECKING:
    from interlock.interpreter.runtime.services import Services
    from interlock.rulebook.diagnostics import Diagnostic

routes = web.RouteTableDef()


@routes.get("/rulebook")
async def show_rulebook(request: web.Request) -> web.Response:
    """Return which rulebook is live, and who brought it when and why."""
    read_query(request, frozenset())
    return json_response(await _view(request.app[CONTEXT].services))


@routes.post("/rulebook/reload")
async def reload_rulebook(request: web.Request) -> web.Response:
    """Read the rulebook's files again and make what they say live, or change nothing."""
    services = request.app[CONTEXT].services
    command = await read_command(request, frozenset({"reason", "commit"}))
    try:
        reloaded = await services.reloader.reload(
            actor=ANONYMOUS,
            reason=text_of(command, "reason") or "asked for through the API",
            commit=text_of(command, "commit", length_max=100),
        )
    except ReloadRefusedError as error:
        found = [_view_diagnostic(diagnostic) for diagnostic in error.diagnostics]
        raise RequestError(422, "reload_refused", str(error), found or None) from error
    except (RefusedError, StoreError) as error:
        raise cannot_record(str(error)) from error
    return json_response({**await _view(services), "changed": reloaded.is_new})


async def _view(services: Services) -> dict[str, Any]:
    live = services.rulebooks.live
    head = (await services.store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
    known = None if head is None else decode_control(head.data).rulebook
    shown: dict[str, Any] = {"digest": live.digest, "name": live.name}
    if known is not None and known.digest == live.digest:
        shown |= {
            "commit": known.commit,
            "since": format_instant(known.at),
            "by": known.by,
            "reason": known.reason,
        }
    return shown


def _view_diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "level": diagnostic.level.value,
        "place": str(diagnostic.span),
        "message": diagnostic.message,
        "help": diagnostic.help,
    }
