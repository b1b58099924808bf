"""Messages of Amazon SNS: their certificates fetched, their subscriptions confirmed.

Rules of this file: two kinds of URL are visited, both on the SNS host of the source's region and
through the egress policy: a certificate whose URL has SNS's form, and a confirmation that we wrote
ourselves. Certificates are cached; what is not there is remembered too, so that strangers cannot
make us fetch without end. One fetch at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from interlock.interpreter.hooks.egress import EgressConnector, EgressRefusedError, Lookup, look_up
from interlock.interpreter.sources.proof.request import Proven, Refused
from interlock.interpreter.sources.proof.sns import prove_sns, read_envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.hooks import EgressPolicy
    from interlock.interpreter.sources.proof import SenderRequest

_TIMEOUT_S: Final = 5.0
_BYTES_MAX: Final = 2**16
_CACHED_MAX: Final = 64
_OK: Final = 200
_GONE: Final = range(400, 500)

Get = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Takes a URL, returns status and body; raises SnsUnreachableError."""


class SnsUnreachableError(Exception):
    """SNS could not be asked; the message may be genuine. The text says why."""


class SnsClient:
    """Asks SNS, through the egress policy, without redirects and without proxies."""

    def __init__(self, policy: EgressPolicy, lookup: Lookup = look_up) -> None:
        self._policy = policy
        self._lookup = lookup
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the client, if it was ever needed."""
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str) -> tuple[int, bytes]:
        """Return the status and the first bytes of an answer; raises SnsUnreachableError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=EgressConnector(self._policy, lookup=self._lookup),
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        try:
            async with self._session.get(URL(url, encoded=True), allow_redirects=False) as answer:
                return answer.status, await answer.content.read(_BYTES_MAX)
        except (aiohttp.ClientError, OSError, TimeoutError, EgressRefusedError) as error:
            raise SnsUnreachableError(f"SNS could not be asked: {type(error).__name__}") from error


class SnsMessages:
    """Verifies messages of SNS."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._certificates: dict[str, bytes | None] = {}
        self._fetching = asyncio.Lock()

    async def prove(
        self, auth: Mapping[str, Any], sent: SenderRequest
    ) -> tuple[Proven | Refused, bool]:
        """Return the verdict, and whether it was a subscription, now confirmed.

        Raises:
            SnsUnreachableError: the certificate or the confirmation could not be asked for.
        """
        envelope = read_envelope(auth, sent.body, sent.now)
        if isinstance(envelope, Refused):
            return envelope, False
        certificate = await self._certificate(envelope.certificate_url)
        if certificate is None:
            return Refused("SNS knows no such certificate"), False
        try:
            proven = prove_sns(envelope, certificate, sent.now)
        except ImportError:
            raise SnsUnreachableError(
                "SNS signatures need `cryptography`: pip install 'interlock[sns]'"
            ) from None
        if isinstance(proven, Refused) or envelope.confirm_url is None:
            return proven, False
        status, _ = await self._get(envelope.confirm_url)
        if status != _OK:
            raise SnsUnreachableError(f"SNS answered {status} to the confirmation")
        return proven, True

    async def _certificate(self, url: str) -> bytes | None:
        async with self._fetching:
            if url not in self._certificates:
                status, body = await self._get(url)
                if status != _OK and status not in _GONE:
                    raise SnsUnreachableError(f"SNS answered {status} for its certificate")
                while len(self._certificates) >= _CACHED_MAX:
                    del self._certificates[next(iter(self._certificates))]
                self._certificates[url] = body if status == _OK else None
            return self._certificates[url]
