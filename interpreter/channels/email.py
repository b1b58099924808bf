"""Email: one message a notification, in one thread for each generation of an incident.

Shapes: RFC 5322 for `Message-ID` (from the key, so that a repeat has the same), `In-Reply-To` and
`References` (a name of the incident's generation that all its messages share), RFC 3834 for
`Auto-Submitted`. Header values are single lines whatever an alert holds; the HTML part is escaped.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from html import escape
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.channels.message import Message, read_message, shorten
from interlock.interpreter.channels.posting import secret_missing
from interlock.interpreter.core.keys import digest_of
from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.interpreter.channels.smtp import MailServer, SmtpClient
    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import AttemptOutcome, SecretReader

_SUBJECT_LENGTH_MAX: Final = 200
_TEXT_LENGTH_MAX: Final = 20_000
_SECOND_NS: Final = 1_000_000_000


class EmailChannel:
    """`type: email`."""

    def __init__(
        self,
        options: Mapping[str, Any],
        server: MailServer,
        client: SmtpClient,
        secrets: SecretReader,
        external_url: str | None,
        now: Callable[[], int],
    ) -> None:
        """Take the server to hand messages to and a clock in nanoseconds, for `Date`."""
        self._to: tuple[str, ...] = tuple(options["to"])
        self._password: str | None = options.get("password")
        self._server = server
        self._client = client
        self._secrets = secrets
        self._external_url = external_url
        self._now = now

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Hand one message to the server, for all recipients."""
        try:
            password = None if self._password is None else self._secrets.read(self._password)
        except SecretError as error:
            return secret_missing(error)
        message = read_message(notice, self._external_url)
        mail = make_mail(message, self._server.sender, self._to)
        mail["Date"] = formatdate(self._now() // _SECOND_NS)
        return await self._client.deliver(self._server, mail, password)


def make_mail(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """Return the message, but for its date."""
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = one_line(message.headline, length_max=_SUBJECT_LENGTH_MAX)
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    thread = f"<{digest_of('thread', message.subject)[:32]}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(message))
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _text(message: Message) -> str:
    lines = [message.headline, "", shorten(message.happened, _TEXT_LENGTH_MAX)]
    if message.state:
        lines += ["", f"State: {message.state}"]
    if message.needed:
        lines += ["", message.needed]
    if message.link is not None:
        lines += ["", message.link]
    return "\n".join(lines) + "\n"


def _html(message: Message) -> str:
    happened = escape(shorten(message.happened, _TEXT_LENGTH_MAX)).replace("\n", "<br>")
    parts = [
        f"<h2>{escape(message.headline)}</h2>",
        f"<p>{happened}</p>",
    ]
    if message.state:
        parts.append(f"<p>State: {escape(message.state)}</p>")
    if message.needed:
        parts.append(f"<p><strong>{escape(message.needed)}</strong></p>")
    if message.link is not None:
        parts.append(f'<p><a href="{escape(message.link)}">Open</a></p>')
    return f"<!DOCTYPE html>\n<html><body>\n{chr(10).join(parts)}\n</body></html>\n"
