"""One HTTP attempt of a channel, through the same client as hooks use.

Responsible for what all channels that speak HTTP share: egress, bounds, concealment, the key. What
the answer holds is dropped unless the channel asks for it: nobody needs it in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks.credentials import Credentials
from interlock.interpreter.hooks.outcome import AttemptOutcome, failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import HttpHooks, Secret, SecretError, SecretReader

_TIMEOUT_NS: Final = 10_000_000_000


class Poster:
    """Posts JSON for channels."""

    def __init__(self, http: HttpHooks, secrets: SecretReader) -> None:
        self._http = http
        self._secrets = secrets

    def read(self, reference: str) -> Secret:
        """Return what a reference names, read anew; raises SecretError."""
        return self._secrets.read(reference)

    @property
    def secrets(self) -> SecretReader:
        """Where references are looked up."""
        return self._secrets

    async def post(
        self,
        notice: Notify,
        url: str,
        body: Mapping[str, Any] | bytes,
        *,
        secrets: tuple[Secret, ...] = (),
        headers: Mapping[str, str] | None = None,
        keeps_answer: bool = False,
    ) -> AttemptOutcome:
        """Make one attempt; `secrets` are those in URL, body and headers, to be concealed."""
        call = CallHook(
            key=notice.key,
            path=notice.path,
            hook=notice.channel,
            url=url,
            body=(body if isinstance(body, bytes) else encode(body)).decode(),
            timeout_ns=_TIMEOUT_NS,
        )
        outcome = await self._http.send(call, Credentials(headers or {}, secrets))
        return outcome if keeps_answer else replace(outcome, result=None)


def secret_missing(error: SecretError) -> AttemptOutcome:
    """Return the outcome of an attempt for which a secret could not be read just now."""
    return failed(f"not sent: {error}", is_retryable=True)
