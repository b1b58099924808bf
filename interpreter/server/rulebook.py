"""The endpoints of rulebooks: which is live, its reload, and moving incidents to another.

Rules of this file: a reload reads the files the daemon was started with and nothing that a request
holds; what is wrong with them is answered with places, and the old rulebook stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from interlock.interpreter.core.control import CONTROL_STREAM, decode_control
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import RefusedError
from interlock.interpreter.runtime.reload import ReloadRefusedError
from interlock.interpreter.runtime.repinning import Move
from interlock.interpreter.runtime.rulebooks import LostRulebookError
from interlock.interpreter.server.authorisation import caller_of
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
    command = await read_command(request, frozenset({"reason", "commit", "author"}))
    try:
        reloaded = await services.reloader.reload(
            actor=caller_of(request).principal,
            reason=text_of(command, "reason") or "asked for through the API",
            commit=text_of(command, "commit", length_max=100),
            author=text_of(command, "author", length_max=100),
        )
    except ReloadRefusedError as error:
        found = [_view_diagnostic(diagnostic) for diagnostic in error.diagnostics]
        raise RequestError(422, "reload_refused", str(error), found or None) from error
    except (RefusedError, StoreError) as error:
        raise cannot_record(str(error)) from error
    return json_response({**await _view(services), "changed": reloaded.is_new})


@routes.post("/incidents/repin")
async def repin_incidents(request: web.Request) -> web.Response:
    """Move running incidents to another rulebook, or say what that would do."""
    services = request.app[CONTEXT].services
    command = await read_command(request, _MOVE)
    move = Move(
        to=await _known_digest(services, text_of(command, "to")),
        from_=text_of(command, "from"),
        incidents=_texts(command, "incidents"),
        states=_states(command),
        reason=text_of(command, "reason", is_required=True) or "",
    )
    act = (
        services.repinner.preview
        if command.get("dry_run") is True
        else (services.repinner.carry_out)
    )
    try:
        moved = await act(move, caller_of(request).principal)
    except (RefusedError, StoreError) as error:
        raise cannot_record(str(error)) from error
    return json_response(
        {
            "to": move.to,
            "moved": [
                {
                    "incident": one.incident,
                    "from": one.from_,
                    "state_from": one.state_from,
                    "state_to": one.state_to,
                    "refused": one.refused,
                }
                for one in moved
            ],
        }
    )


_MOVE = frozenset({"to", "from", "incidents", "states", "reason", "dry_run"})


async def _known_digest(services: Services, to: str | None) -> str:
    live = services.rulebooks.live
    if to is None or to == live.digest:
        if live.files:
            names = ", ".join(f"{file.file} {file.digest}" for file in live.files)
            raise RequestError(
                422, "several_files", f"incidents run on one file of the folder; name it: {names}"
            )
        return live.digest
    try:
        return (await services.rulebooks.pinned(to)).digest
    except LostRulebookError as error:
        raise RequestError(422, "unknown_rulebook", str(error)) from error


def _texts(command: dict[str, Any], name: str) -> list[str] | None:
    value = command.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RequestError(422, "invalid", f"`{name}` must be a list of texts")
    return value


def _states(command: dict[str, Any]) -> dict[str, str]:
    value = command.get("states", {})
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise RequestError(422, "invalid", "`states` must map states to states")
    return value


async def _view(services: Services) -> dict[str, Any]:
    live = services.rulebooks.live
    head = (await services.store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
    known = None if head is None else decode_control(head.data).rulebook
    shown: dict[str, Any] = {"digest": live.digest, "name": live.name}
    if live.files:
        shown["files"] = {file.file: file.digest for file in live.files}
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
