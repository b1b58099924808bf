"""From a channel's declaration to the channel, and whether it could be made at all.

Responsible for what types there are and for the operator's defaults. Never connects.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.channels.email import EmailChannel
from interlock.interpreter.channels.opsgenie import OpsgenieChannel
from interlock.interpreter.channels.pacing import Rate
from interlock.interpreter.channels.pagerduty import PagerDutyChannel
from interlock.interpreter.channels.posting import Poster
from interlock.interpreter.channels.slack import SlackChannel
from interlock.interpreter.channels.smtp import MISSING, MailServer, default_tls, read_server
from interlock.interpreter.channels.teams import TeamsChannel
from interlock.interpreter.channels.webhook import WebhookChannel, read_signing_key
from interlock.interpreter.hooks.credentials import read_credentials
from interlock.interpreter.hooks.secret import SecretError
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.interpreter.channels.channel import Channel
    from interlock.interpreter.channels.slack import FindThread
    from interlock.interpreter.channels.smtp import SmtpClient
    from interlock.interpreter.hooks import HttpHooks, SecretReader
    from interlock.rulebook.graph.state_graph import Channel as DeclaredChannel

_MINUTE_NS: Final = 60_000_000_000
_FOR_PEOPLE: Final = Rate(30, _MINUTE_NS)
_RATES: Final = {"slack": _FOR_PEOPLE, "teams": _FOR_PEOPLE, "email": _FOR_PEOPLE}
"""Rates of the types that people read, and that may be told in digests; the others join what
belongs together themselves."""
_SECRETS: Final = ("routing_key", "api_key", "token", "webhook", "signing_secret", "password")


class ChannelError(Exception):
    """A channel that could not be told anything; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What channels reach the world with, and what the operator said of it.

    `mail_server` and `mail_sender` are for email channels that name none of their own.
    """

    http: HttpHooks
    smtp: SmtpClient
    secrets: SecretReader
    now: Callable[[], int]
    find_thread: FindThread
    external_url: str | None = None
    mail_server: str | None = None
    mail_sender: str | None = None

    def make(self, declared: DeclaredChannel) -> tuple[Channel, Rate | None]:
        """Return a channel and its rate; raises ChannelError."""
        return self._channel(declared), _rate(declared)

    def _channel(self, declared: DeclaredChannel) -> Channel:
        options, url = declared.options, self.external_url
        poster = Poster(self.http, self.secrets)
        match declared.type:
            case "pagerduty":
                return PagerDutyChannel(options, poster, url)
            case "opsgenie":
                return OpsgenieChannel(options, poster, url)
            case "teams":
                return TeamsChannel(options, poster, url)
            case "slack":
                return SlackChannel(options, poster, url, self.find_thread)
            case "webhook":
                return WebhookChannel(options, poster, url, self.now)
            case "email":
                server = mail_server(declared, self.mail_server, self.mail_sender)
                return EmailChannel(options, server, self.smtp, self.secrets, url, self.now)
        raise ChannelError(f"channel {declared.name}: there is no type {declared.type}")


def _rate(declared: DeclaredChannel) -> Rate | None:
    written = declared.options.get("rate")
    if written is None:
        return _RATES.get(declared.type)
    per_ns = parse_duration(written["per"])
    if isinstance(per_ns, Problem) or per_ns <= 0:
        raise ChannelError(f"channel {declared.name}: `rate.per` is a duration such as 1m")
    return Rate(written["max"], per_ns, has_digest=declared.type in _RATES)


def mail_server(declared: DeclaredChannel, server: str | None, sender: str | None) -> MailServer:
    """Return the server of an email channel: its own, else the operator's; raises ChannelError."""
    options = declared.options
    written, from_ = options.get("server", server), options.get("from", sender)
    if written is None or from_ is None:
        lacks, option = ("server", "--smtp") if written is None else ("from", "--smtp-from")
        raise ChannelError(
            f"channel {declared.name}: it has no `{lacks}`; give one, or start with {option}"
        )
    try:
        host, port = read_server(written)
    except ValueError as error:
        raise ChannelError(f"channel {declared.name}: {error}") from error
    tls = options.get("tls") or default_tls(port)
    if tls == "none" and "password" in options:
        raise ChannelError(
            f"channel {declared.name}: with `tls: none` its password would be sent in the open"
        )
    return MailServer(host=host, port=port, sender=from_, tls=tls, username=options.get("username"))


def check_channel(
    declared: DeclaredChannel,
    reader: SecretReader,
    *,
    server: str | None = None,
    sender: str | None = None,
) -> None:
    """Refuse a channel that could not be told anything; raises ChannelError."""
    if not declared.is_declared or declared.type == "log":
        return
    _rate(declared)
    if declared.type == "email":
        mail_server(declared, server, sender)
        if find_spec("aiosmtplib") is None:
            raise ChannelError(f"channel {declared.name}: {MISSING}")
    try:
        for reference in _references(declared.options):
            reader.read(reference)
        for reference in declared.options.get("signing_keys", ()):
            read_signing_key(reader.read(reference))
        read_credentials(declared.options.get("auth"), reader)
    except SecretError as error:
        raise ChannelError(f"channel {declared.name}: {error}") from error


def _references(options: Any) -> Iterator[str]:
    yield from (options[name] for name in _SECRETS if name in options)
    if "${" in options.get("url", ""):
        yield options["url"]
