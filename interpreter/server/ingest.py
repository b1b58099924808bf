"""The endpoints that monitoring posts to.

Rules of this file: an answer of 2xx means recorded. What cannot be recorded is refused with 503, so
that the sender keeps it; never 429, since Alertmanager gives up on a 4xx. One member of a batch
that is no event is put aside and never loses the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from interlock.interpreter.core.event import Origin
from interlock.interpreter.identity import Permission
from interlock.interpreter.runtime.intake import ANONYMOUS, keep_granted, make_items
from interlock.interpreter.server.authorisation import (
    find_caller,
    permission_for,
    require,
    unauthenticated,
)
from interlock.interpreter.server.bodies import read_body
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import json_response, not_found, problem_error
from interlock.interpreter.server.views import view_answer
from interlock.interpreter.sources import (
    DELIVERY_BYTES_MAX,
    EVENT_BYTES_MAX,
    INGEST,
    MEDIA_TYPES,
    Problem,
    read_delivery,
    read_event,
)

if TYPE_CHECKING:
    from interlock.interpreter.identity import Caller
    from interlock.interpreter.runtime.delivery import Answer
    from interlock.interpreter.server.context import Context
    from interlock.interpreter.sources import Normalised, SourceProfile

APPLIED: Final = "applied"

routes = web.RouteTableDef()


@routes.post("/ingest")
async def ingest_event(request: web.Request) -> web.Response:
    """Take one event object."""
    context = request.app[CONTEXT]
    caller = await find_caller(request)
    if caller is None and not context.services.settings.listen.is_loopback:
        raise unauthenticated("off loopback an event needs `Authorization: Bearer TOKEN`")
    members = read_event(await read_body(request, EVENT_BYTES_MAX), context.intake.bare)
    if isinstance(members, Problem):
        raise problem_error(members.code, members.detail)
    for member in members:
        _check_right(caller, member)
    speaker = ANONYMOUS if caller is None else caller.principal
    (answer,) = await context.record(make_items(members, INGEST, speaker))
    status = 200 if answer.disposition == APPLIED else 202
    return json_response(view_answer(answer), status=status)


@routes.post("/ingest/{source}")
async def ingest_delivery(request: web.Request) -> web.Response:
    """Take what a sender sends, in its own form."""
    context = request.app[CONTEXT]
    name = request.match_info["source"]
    profile = context.intake.profile(name)
    if profile is None:
        known = ", ".join(context.intake.names)
        raise not_found(f"there is no source {name[:60]!r}; there are {known}")
    media_types = MEDIA_TYPES.get(profile.type, frozenset())
    body = await read_body(request, DELIVERY_BYTES_MAX, media_types)
    source = context.services.rulebooks.live.sources.get(name)
    auth = None if source is None else source.auth
    if auth is None and not context.services.settings.listen.is_loopback:
        raise unauthenticated("off loopback a source without `auth` is not let in")
    claim = await context.senders.claim(request, name, auth, body)
    if claim.is_repeat or claim.is_confirmed:
        return json_response({"results": [], "repeated": claim.is_repeat})
    try:
        answers = await _record(context, body, profile, request)
    except BaseException:
        context.senders.release(claim)
        raise
    context.senders.keep(claim)
    return json_response({"results": [view_answer(answer) for answer in answers]})


async def _record(
    context: Context, body: bytes, profile: SourceProfile, request: web.Request
) -> list[Answer]:
    members = read_delivery(body, profile, headers=request.headers.items())
    if isinstance(members, Problem):
        raise problem_error(members.code, members.detail)
    if context.authenticators:
        members = keep_granted(members, profile.name)
    return await context.record(make_items(members, profile.name))


def _check_right(caller: Caller | None, member: Normalised | Problem) -> None:
    """Let alerts through from who may send them, and a person's word only with who that is."""
    if isinstance(member, Problem):
        return
    is_alert = member.event.origin is Origin.ALERT
    if caller is not None:
        require(caller, Permission.INGEST if is_alert else permission_for(member.event.type))
    elif not is_alert:
        raise unauthenticated(f"{member.event.type} is a person's word: say who, with a token")
