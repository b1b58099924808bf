"""The endpoint that Slack calls when somebody presses a button of ours.

Rules of this file: the signature over the raw bytes comes first; who speaks is the principal whose
Slack account it is, never a name in the body, and the gate has the last word as everywhere. Slack
is answered within its three seconds; how it went is told by Slack's own reply URL, which is called
only where it is Slack's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import web

from interlock.interpreter.channels.slack_blocks import escape
from interlock.interpreter.channels.slack_interactions import (
    Button,
    is_from_slack,
    is_slack_url,
    read_button,
)
from interlock.interpreter.core.canonical import decode_incident, encode
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks.credentials import Credentials
from interlock.interpreter.hooks.secret import Secret, SecretError
from interlock.interpreter.identity import Permission
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.server.bodies import FORM, raw_json, read_body
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, cannot_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.hooks import HttpHooks
    from interlock.interpreter.server.context import Context

SOURCE: Final = "slack"
BODY_BYTES_MAX: Final = 2**18
_ANSWER_S: Final = 2.5
_REPLY_NS: Final = 5_000_000_000
_REPLIES_MAX: Final = 32
_SECOND_NS: Final = 1_000_000_000
_PAST: Final = {"gate.approved": "approved", "gate.denied": "denied"}


class _UnderWay:
    """Decisions that are still being recorded or told."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()


_DECISIONS: Final = web.AppKey("slack_under_way", _UnderWay)
_log = structlog.get_logger("interlock.server")

routes = web.RouteTableDef()


def add_to(app: web.Application) -> None:
    """Add the endpoint, and the end of what it leaves to do after an answer."""
    app[_DECISIONS] = _UnderWay()
    app.add_routes(routes)
    app.on_shutdown.append(_finish)


async def _finish(app: web.Application) -> None:
    if app[_DECISIONS].tasks:
        _, late = await asyncio.wait(app[_DECISIONS].tasks, timeout=_ANSWER_S)
        for task in late:
            task.cancel()


@routes.post("/slack/interactions")
async def take_interaction(request: web.Request) -> web.Response:
    """Take an approval or a denial that somebody gave by a button."""
    context = request.app[CONTEXT]
    body = await read_body(request, BODY_BYTES_MAX, media_type=FORM)
    _check_signature(request, context, body)
    button = read_button(body)
    if button is None:
        # It is Slack's, and of something else of the app: there is nothing to say to it.
        return web.Response()
    tasks = request.app[_DECISIONS].tasks
    if len(tasks) >= _REPLIES_MAX:
        raise cannot_record("too many decisions at once")
    task = asyncio.create_task(_decide(context, button))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.wait((task,), timeout=_ANSWER_S)
    return web.Response()


def _check_signature(request: web.Request, context: Context, body: bytes) -> None:
    secrets = list(_signing_secrets(context))
    names = ("X-Slack-Request-Timestamp", "X-Slack-Signature")
    timestamp, signature = ("".join(request.headers.getall(name, [])) for name in names)
    now_s = context.services.clock.now() // _SECOND_NS
    if not is_from_slack(secrets, timestamp, signature, body, now_s):
        raise RequestError(401, "unauthenticated", "the signature does not hold, or is too old")


def _signing_secrets(context: Context) -> Iterator[Secret]:
    services = context.services
    references = {
        channel.options["signing_secret"]
        for channel in services.rulebooks.live.channels.values()
        if channel.type == SOURCE and "signing_secret" in channel.options
    }
    try:
        for reference in sorted(references):
            yield services.secrets.read(reference)
    except SecretError as error:
        raise cannot_record(f"the signing secret cannot be read: {error}") from error


async def _decide(context: Context, button: Button) -> None:
    """Record the decision and tell its giver how it went."""
    try:
        text, is_final = await _record(context, button)
    except RequestError as error:
        text, is_final = f"Not recorded: {error}", False
    except Exception as error:  # noqa: BLE001 - the boundary of a task that nobody awaits
        _log.error("a decision by Slack failed", exc_info=error)
        text, is_final = "Not recorded: an error of Interlock's; its log says more", False
    await _reply(context.services.http, button, text, is_final=is_final)


async def _record(context: Context, button: Button) -> tuple[str, bool]:
    """Return what to tell, and whether the buttons have done their work."""
    directory = context.services.directory
    if directory is None:
        return "Not recorded: this daemon does not know who is who (`--identity`)", False
    identity = directory.current
    principal = identity.by_slack(button.team, button.user)
    if principal is None:
        return "Not recorded: your Slack account belongs to no principal of Interlock", False
    if Permission.APPROVE not in identity.caller(principal.id).permissions:
        return f"Not recorded: {principal.id} may not approve", False
    stream = incident_stream(button.incident)
    if (await context.services.store.heads((stream,))).get(stream) is None:
        return "Not recorded: there is no such incident", False
    event = Event(
        type=button.type,
        origin=Origin.HUMAN,
        source=SOURCE,
        id=button.incident,
        gate=button.gate,
        digest=button.digest,
        reason="by a button in Slack",
        data={"team": button.team, "user": button.user},
    )
    said: dict[str, Any] = {
        "type": button.type,
        "gate": button.gate,
        "digest": button.digest,
        "team": button.team,
        "user": button.user,
    }
    arrival = Arrival(
        input=EventInput(event), actor=principal.id, stream=stream, raw=raw_json(said)
    )
    (answer,) = await context.record([arrival])
    if answer.disposition != "applied":
        return f"Not taken: {answer.reason or answer.disposition}", False
    head = (await context.services.store.heads((stream,)))[stream]
    gate = decode_incident(head.data).gates.get(button.gate)
    is_final = gate is None or not gate.is_open
    return f"Gate {button.gate} {_PAST[button.type]} by {principal.id}", is_final


async def _reply(http: HttpHooks | None, button: Button, text: str, *, is_final: bool) -> None:
    """Tell the giver, or everyone in place of the buttons; a failure of it changes nothing."""
    if http is None or button.reply_to is None:
        return
    if not is_slack_url(button.reply_to):
        _log.warning("a reply URL that is not Slack's is not called", incident=button.incident)
        return
    body = {"text": escape(text), "replace_original": is_final}
    if not is_final:
        body["response_type"] = "ephemeral"
    call = CallHook(
        key="slack-reply",
        path="slack/reply",
        hook=SOURCE,
        url=button.reply_to,
        body=encode(body).decode(),
        timeout_ns=_REPLY_NS,
    )
    outcome = await http.send(call, Credentials(secrets=(Secret(button.reply_to),)))
    if outcome.http_status is None:
        _log.warning("Slack was not told how it went", why=outcome.detail)
