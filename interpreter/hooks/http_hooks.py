"""HTTP hooks: one request for one attempt, and what it came to.

Responsible for telling *failed* from *in doubt*: once a connection stands, the request may have
been acted on, so that anything but a whole answer is in doubt; before that nothing was sent. Never
repeats a request by itself, follows a redirect, reads without a bound or writes a secret anywhere.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
from msgspec.structs import replace
from yarl import URL

from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.credentials import Credentials, read_credentials
from interlock.interpreter.hooks.doubt import read_verdict
from interlock.interpreter.hooks.egress import (
    EgressConnector,
    EgressRefusedError,
    Lookup,
    look_up,
)
from interlock.interpreter.hooks.http_answers import half_answered, read_answer
from interlock.interpreter.hooks.outcome import (
    AttemptOutcome,
    NotSentError,
    failed,
    in_doubt,
)
from interlock.interpreter.hooks.secret import SecretError, SecretReader, conceal, concealed_forms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace, TracebackType

    from interlock.interpreter.core.record import CallHook, DoubtQuery
    from interlock.interpreter.hooks.egress_policy import EgressPolicy

_FRAMING: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_METHOD = re.compile(r"[A-Z]{1,16}")


class _Progress:
    """How far an attempt got."""

    __slots__ = ("is_connected", "status")

    def __init__(self) -> None:
        self.is_connected = False
        self.status: int | None = None


class _SecondConnectionError(Exception):
    """The client library wanted to send the request again on its own."""


class HttpHooks:
    """Carries out `CallHook` effects that have a URL; open it with `async with`."""

    def __init__(
        self, policy: EgressPolicy, secrets: SecretReader, *, lookup: Lookup = look_up
    ) -> None:
        self._policy = policy
        self._secrets = secrets
        self._lookup = lookup
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_start.append(_refuse_second_connection)
        tracing.on_connection_create_end.append(_note_connection)
        self._session = aiohttp.ClientSession(
            connector=EgressConnector(self._policy, lookup=self._lookup),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": f"interlock/{version('interlock')}",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            auto_decompress=False,
            trace_configs=[tracing],
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, effect: CallHook, auth: Mapping[str, str] | None = None) -> AttemptOutcome:
        """Make one attempt at an effect; `auth` is the hook's, read anew at each attempt."""
        if (refusal := self._refusal(effect)) is not None:
            return failed(f"not sent: {refusal}", is_retryable=False)
        try:
            credentials = read_credentials(auth, self._secrets, effect.body.encode())
        except SecretError as error:
            return failed(f"not sent: {error}", is_retryable=True)
        return await self.send(effect, credentials)

    async def send(self, effect: CallHook, credentials: Credentials) -> AttemptOutcome:
        """Make one attempt with credentials that were just read; see `call`.

        Where URL or body hold secrets, they are among the credentials' and are concealed in all
        that is said of the attempt.
        """
        if self._session is None:
            raise RuntimeError("HttpHooks is used outside `async with`")
        forms = concealed_forms(credentials.secrets)
        if (refusal := self._refusal(effect)) is not None:
            return failed(f"not sent: {conceal(refusal, forms)}", is_retryable=False)
        progress = _Progress()
        try:
            async with (
                asyncio.timeout(effect.timeout_ns / 1_000_000_000),
                self._session.request(
                    effect.method,
                    URL(effect.url or "", encoded=True),
                    data=effect.body.encode() or None,
                    headers=_headers(effect, credentials),
                    allow_redirects=False,
                    trace_request_ctx=progress,
                ) as response,
            ):
                progress.status = response.status
                answer = await read_answer(response, forms)
                return replace(answer, http_status=response.status)
        except asyncio.CancelledError:
            if not progress.is_connected:
                raise NotSentError from None
            raise
        except TimeoutError:
            return _cut_off(progress, f"within {effect.timeout_ns / 1_000_000_000:g} s")
        except EgressRefusedError as error:
            return failed(f"not sent: {one_line(conceal(str(error), forms))}", is_retryable=False)
        except (aiohttp.ClientError, OSError, ValueError, _SecondConnectionError) as error:
            return _broken(progress, error, forms)

    async def query(
        self, effect: CallHook, query: DoubtQuery, auth: Mapping[str, str] | None = None
    ) -> AttemptOutcome:
        """Ask the target what became of a call in doubt; see `doubt.read_verdict`."""
        asked = replace(effect, method="GET", url=query.url, body="", query=None)
        return read_verdict(query, await self.call(asked, auth))

    def _refusal(self, effect: CallHook) -> str | None:
        """Say what is wrong with a request before anything is done about it."""
        if effect.url is None:
            return "the hook has no endpoint"
        if not _METHOD.fullmatch(effect.method):
            return f"{effect.method[:20]!r} is no HTTP method"
        for name, value in effect.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
                return f"header {one_line(name, length_max=40)!r} cannot be sent"
            if name.lower() in _FRAMING:
                return f"header {name} is not the rulebook's to set"
        return self._policy.url_refusal(effect.url)


def _headers(effect: CallHook, credentials: Credentials) -> dict[str, str]:
    """Return the recorded headers with what each attempt adds; ours win."""
    ours = {
        **credentials.headers,
        "Idempotency-Key": effect.key,
        # A compressed answer could unpack to any size.
        "Accept-Encoding": "identity",
    }
    taken = {name.lower() for name in ours}
    recorded = {name: text for name, text in effect.headers.items() if name.lower() not in taken}
    return recorded | ours


def _cut_off(progress: _Progress, when: str) -> AttemptOutcome:
    """Return the outcome of an attempt whose time ran out."""
    if not progress.is_connected:
        return failed(f"not sent: no connection {when}", is_retryable=True)
    if progress.status is not None:
        return half_answered(progress.status, f"its body did not end {when}")
    return in_doubt(f"sent, but not answered {when}")


def _broken(progress: _Progress, error: Exception, forms: tuple[str, ...]) -> AttemptOutcome:
    """Return the outcome of an attempt that the network or the other side broke off."""
    why = one_line(conceal(str(error) or type(error).__name__, forms))
    if not progress.is_connected:
        is_certificate = isinstance(
            error, aiohttp.ClientConnectorCertificateError | ssl.CertificateError
        )
        return failed(f"not sent: {why}", is_retryable=not is_certificate)
    if progress.status is not None:
        return half_answered(progress.status, "its body was cut off")
    if isinstance(error, _SecondConnectionError):
        why = "the connection was cut"
    return in_doubt(f"sent, but not answered: {why}")


async def _refuse_second_connection(
    session: aiohttp.ClientSession,  # noqa: ARG001 - the signature is aiohttp's
    context: SimpleNamespace,
    params: Any,  # noqa: ARG001 - the signature is aiohttp's
) -> None:
    # aiohttp repeats GET, PUT and DELETE after a lost connection; attempts are ours to count.
    if context.trace_request_ctx.is_connected:
        raise _SecondConnectionError


async def _note_connection(
    session: aiohttp.ClientSession,  # noqa: ARG001 - the signature is aiohttp's
    context: SimpleNamespace,
    params: Any,  # noqa: ARG001 - the signature is aiohttp's
) -> None:
    context.trace_request_ctx.is_connected = True
