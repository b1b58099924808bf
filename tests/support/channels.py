"""Channels under test, servers that judge what they get as the vendors' documentation does."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from interlock.interpreter.channels import Connections
from interlock.interpreter.channels.smtp import SmtpClient
from interlock.interpreter.core.record import Notify
from interlock.interpreter.hooks import HttpHooks, SecretReader
from interlock.rulebook.graph.state_graph import Channel
from support.hook_target import LOCAL, RawServer, answer

NOW = 1_767_225_600_000_000_000
SIGNING_KEY = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRETS = {
    "PD": "R0" * 16,
    "OG": "og-key-1234",
    "SLACK": "xoxb-123-secret",
    "SIGN": "slack-signing-secret",
    "MAIL": "mail-password",
    "HOOK": SIGNING_KEY,
}


def notice(about="opened", happened="opened", channel="it", key="k" * 32, **details):
    known = {
        "incident": "INC-1",
        "generation": 1,
        "title": "High Latency",
        "severity": "P1",
        "state": "DETECTED",
        **details,
    }
    text = f"[{known['severity']}] {known['title']} ({known['incident']}): {happened}"
    return Notify(
        key=key,
        path=f"notify/{about}/{channel}",
        channel=channel,
        about=about,
        text=text,
        details=known,
    )


def approval(**details):
    given = {"gate": "mitigate", "digest": "sha256:" + "a" * 64, **details}
    return notice("approval_needed", "needs 1 approval", key="a" * 32, **given)


def declared(type_, name="it", **options):
    return Channel(name=name, type=type_, options=options)


class Recorder(RawServer):
    """Keeps requests; answers as a service of its kind does, or from a script."""

    def __init__(self, answers=()):
        super().__init__()
        self.script = list(answers)
        self.delay_s = 0.0

    async def reply(self, writer):
        await asyncio.sleep(self.delay_s)
        given = self.script.pop(0) if self.script else self.answer
        if given is not None:
            writer.write(given)
            await writer.drain()

    def json(self, index=-1):
        return json.loads(self.body(index))

    def line(self, index=-1):
        return self.requests[index].split(b"\r\n")[0].decode()


def json_answer(value, status=200, **headers):
    return answer(status, json.dumps(value).encode(), **headers)


async def no_thread(_incident, _channel):
    return None


@asynccontextmanager
async def connections(
    find_thread=no_thread, environ=None, external_url="https://interlock.test", **options
):
    secrets = SecretReader(SECRETS if environ is None else environ)
    smtp = options.pop("smtp", None) or SmtpClient(LOCAL)
    async with HttpHooks(LOCAL, secrets) as http:
        yield Connections(
            http=http,
            smtp=smtp,
            secrets=secrets,
            now=lambda: NOW,
            find_thread=find_thread,
            external_url=external_url,
            **options,
        )


@asynccontextmanager
async def recording(answers=()):
    server = Recorder(answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
