"""Is a delivery from the sender it claims to be, and is it new?

Rules of this file: a source that declares `auth` is checked by its scheme over the raw body, before
anything is parsed; secrets are read anew. A delivery that was taken already is answered and not
taken again; it counts as taken once it is recorded. Without `auth` a source is whoever reaches the
port: hence loopback only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.interpreter.hooks.secret import SecretError
from interlock.interpreter.runtime.source_keys import named_user, read_keys
from interlock.interpreter.server.errors import RequestError, cannot_record
from interlock.interpreter.server.sns_messages import SnsClient, SnsMessages, SnsUnreachableError
from interlock.interpreter.sources.proof import (
    Proven,
    Refused,
    Replays,
    SenderRequest,
    Standing,
    is_sns,
    prove,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from interlock.interpreter.hooks import EgressPolicy, SecretReader


class Claim(NamedTuple):
    """A delivery that is its sender's.

    Attributes:
        delivery: Its name among those of the source; None where the scheme has none.
        until: How long a copy would pass.
        is_repeat: Whether it was taken before.
        is_confirmed: Whether it was SNS asking, and is answered.
    """

    source: str
    delivery: str | None = None
    until: int = 0
    is_repeat: bool = False
    is_confirmed: bool = False


class SourceAuthentication:
    """Checks deliveries, and remembers for a while which were taken."""

    def __init__(self, secrets: SecretReader, egress: EgressPolicy, now: Callable[[], int]) -> None:
        self._secrets = secrets
        self._now = now
        self._client = SnsClient(egress)
        self._sns = SnsMessages(self._client.get)
        self._taken: dict[str, Replays] = {}

    async def close(self) -> None:
        """Close what was opened to fetch certificates."""
        await self._client.close()

    async def claim(
        self, request: web.Request, source: str, auth: Mapping[str, Any] | None, body: bytes
    ) -> Claim:
        """Return the claim of a delivery on being taken; `keep` or `release` ends it.

        Raises:
            RequestError: 401 where it is not the source's; 503 where that cannot be said now (a
                secret or a certificate is not at hand), or while a copy of it is being recorded.
        """
        if auth is None:
            return Claim(source)
        sent = SenderRequest(request.headers, body, self._now(), request.remote)
        proven, is_confirmed = await self._prove(auth, sent)
        if isinstance(proven, Refused):
            raise RequestError(
                401, "unauthenticated", proven.reason, WWW_Authenticate=proven.challenge
            )
        if is_confirmed or proven.delivery is None:
            return Claim(source, is_confirmed=is_confirmed)
        replays = self._taken.setdefault(source, Replays())
        standing = replays.claim(proven.delivery, sent.now)
        if standing is Standing.UNDER_WAY:
            raise cannot_record("a copy of this delivery is being recorded")
        until = sent.now + proven.lifetime_ns
        return Claim(source, proven.delivery, until, is_repeat=standing is Standing.TAKEN)

    def keep(self, claim: Claim) -> None:
        """Remember a delivery that was recorded."""
        if claim.delivery is not None:
            self._taken[claim.source].keep(claim.delivery, claim.until, self._now())

    def release(self, claim: Claim) -> None:
        """Let the sender repeat a delivery that was not recorded."""
        if claim.delivery is not None:
            self._taken[claim.source].release(claim.delivery)

    async def _prove(
        self, auth: Mapping[str, Any], sent: SenderRequest
    ) -> tuple[Proven | Refused, bool]:
        try:
            if is_sns(auth):
                return await self._sns.prove(auth, sent)
            keys = read_keys(auth, self._secrets)
            return prove(named_user(auth, self._secrets), sent, keys), False
        except SecretError as error:
            raise cannot_record(f"the source's secret cannot be read: {error}") from error
        except SnsUnreachableError as error:
            raise cannot_record(str(error)) from error
