"""Handing one message to a mail server, within the egress policy.

Responsible for encryption (from the start, or by STARTTLS before anything else; never given up
silently), for telling *not sent* from *in doubt*, and for telling what a reply code means: 4xx may
work later, 5xx will not (RFC 5321, 4.2.1). Needs `aiosmtplib`, an extra. Never writes a password
anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.egress import EgressRefusedError, Lookup, look_up, open_socket
from interlock.interpreter.hooks.outcome import (
    AttemptOutcome,
    NotSentError,
    failed,
    in_doubt,
    succeeded,
)
from interlock.interpreter.hooks.secret import conceal, concealed_forms

if TYPE_CHECKING:
    from email.message import EmailMessage

    from interlock.interpreter.hooks import EgressPolicy, Secret

TIMEOUT_S: Final = 30.0
_IMPLICIT_PORT: Final = 465
_DEFAULT_PORT: Final = 587
_PORT_MAX: Final = 65_535
_FOR_GOOD: Final = 500
MISSING: Final = "email needs the package aiosmtplib: pip install 'interlock[email]'"


class MailServer(Struct, frozen=True, kw_only=True):
    """A server and how to speak to it; `tls` is `starttls`, `implicit` or `none`."""

    host: str
    port: int
    sender: str
    tls: str
    username: str | None = None


def read_server(text: str) -> tuple[str, int]:
    """Read `HOST`, `HOST:PORT` or `[IPv6]:PORT`; raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(_DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= _PORT_MAX
    if not host or not is_port or not host.isprintable():
        raise ValueError(f"a mail server is HOST:PORT such as smtp.example.test:587, not {text!r}")
    return host, int(port)


def default_tls(port: int) -> str:
    """Return how a port is spoken to unless the rulebook says otherwise (RFC 8314)."""
    return "implicit" if port == _IMPLICIT_PORT else "starttls"


class _Progress:
    """How far an attempt got."""

    __slots__ = ("is_handed_over",)

    def __init__(self) -> None:
        self.is_handed_over = False


class SmtpClient:
    """Delivers messages, each over a connection of its own."""

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        lookup: Lookup = look_up,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._policy = policy
        self._lookup = lookup
        self._tls_context = tls_context
        self._timeout_s = timeout_s

    async def deliver(
        self, server: MailServer, mail: EmailMessage, password: Secret | None
    ) -> AttemptOutcome:
        """Make one attempt."""
        try:
            import aiosmtplib  # noqa: PLC0415 - an extra, that only who sends mail needs
        except ImportError:
            return failed(f"not sent: {MISSING}", is_retryable=False)
        forms = concealed_forms(() if password is None else (password,))
        progress = _Progress()
        try:
            async with asyncio.timeout(self._timeout_s):
                refused = await self._hand_over(server, mail, password, progress)
        except asyncio.CancelledError:
            if not progress.is_handed_over:
                raise NotSentError from None
            raise
        except EgressRefusedError as error:
            return failed(f"not sent: {one_line(str(error))}", is_retryable=False)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused_by_all(error.recipients, forms)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code, error.message, forms)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
            why = one_line(conceal(str(error) or type(error).__name__, forms))
            if progress.is_handed_over:
                return in_doubt(f"handed over, but not confirmed: {why}")
            is_certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
            return failed(f"not sent: {why}", is_retryable=not is_certificate)
        if refused:
            return succeeded(detail=f"handed over, but refused for {one_line(', '.join(refused))}")
        return succeeded(detail="handed over")

    async def _hand_over(
        self,
        server: MailServer,
        mail: EmailMessage,
        password: Secret | None,
        progress: _Progress,
    ) -> list[str]:
        """Return the recipients that the server refused, where it took the message for others."""
        import aiosmtplib  # noqa: PLC0415 - an extra, that only who sends mail needs

        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            sock=await open_socket(self._policy, self._lookup, server.host, server.port),
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._tls_context or ssl.create_default_context(),
            local_hostname="interlock.invalid",
            timeout=self._timeout_s,
        )
        try:
            await smtp.connect()
            if server.username is not None and password is not None:
                await smtp.login(server.username, password.reveal())
            progress.is_handed_over = True
            errors, _ = await smtp.send_message(mail)
        finally:
            await _close(smtp)
        return list(errors)


async def _close(smtp: Any) -> None:
    """Say goodbye where that is still possible; the message's fate is known by now."""
    import aiosmtplib  # noqa: PLC0415 - an extra, that only who sends mail needs

    with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await smtp.quit()
    smtp.close()


def _refused_by_all(recipients: list[Any], forms: tuple[str, ...]) -> AttemptOutcome:
    worst = min(recipients, key=lambda one: int(one.code), default=None)
    if worst is None:
        return failed("the server refused every recipient", is_retryable=False)
    return _answered(worst.code, worst.message, forms)


def _answered(code: int, text: str, forms: tuple[str, ...]) -> AttemptOutcome:
    said = one_line(conceal(text, forms))
    return failed(f"the server answered {code}: {said}", is_retryable=code < _FOR_GOOD)
