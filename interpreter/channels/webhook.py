"""A webhook: a POST of JSON, signed as Standard Webhooks say.

Shapes: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
(`webhook-id`, `webhook-timestamp` of the attempt, `webhook-signature` over `id.timestamp.body` by
each key, so that keys are rotated by signing with both for a time). Never signs other bytes than
those that are sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.channels.message import read_message
from interlock.interpreter.channels.posting import Poster, secret_missing
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.hooks.credentials import read_credentials
from interlock.interpreter.hooks.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import AttemptOutcome, Secret

_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)
_SECOND_NS: Final = 1_000_000_000


class WebhookChannel:
    """`type: webhook`."""

    def __init__(
        self,
        options: Mapping[str, Any],
        poster: Poster,
        external_url: str | None,
        now: Callable[[], int],
    ) -> None:
        """Take a clock in nanoseconds: receivers refuse signatures that are old."""
        self._url: str = options["url"]
        self._headers: Mapping[str, str] = options.get("headers", {})
        self._auth: Mapping[str, str] | None = options.get("auth")
        self._signing_keys: tuple[str, ...] = tuple(options.get("signing_keys", ()))
        self._poster = poster
        self._external_url = external_url
        self._now = now

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Post the notification; a URL that is a secret is read anew, as are the keys."""
        body = self._body(notice)
        try:
            credentials = read_credentials(self._auth, self._poster.secrets, body)
            hidden = (self._poster.read(self._url),) if "${" in self._url else ()
            keys = tuple(self._poster.read(key) for key in self._signing_keys)
            signed = sign(keys, notice.key, self._now() // _SECOND_NS, body)
        except SecretError as error:
            return secret_missing(error)
        url = hidden[0].reveal() if hidden else self._url
        headers = {**self._headers, **credentials.headers, **signed}
        secrets = (*credentials.secrets, *hidden, *keys)
        return await self._poster.post(notice, url, body, secrets=secrets, headers=headers)

    def _body(self, notice: Notify) -> bytes:
        message = read_message(notice, self._external_url)
        data = {
            "key": notice.key,
            "about": notice.about,
            "text": notice.text,
            "happened": message.happened,
            "needed": message.needed,
            "link": message.link,
            **notice.details,
        }
        return encode({"type": f"notification.{notice.about}", "data": data})


def sign(keys: Iterable[Secret], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a signed webhook; none where there is no key.

    Raises:
        SecretError: a key is none.
    """
    signatures = [_signature(key, f"{id_}.{timestamp}.".encode() + body) for key in keys]
    if not signatures:
        return {}
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _signature(key: Secret, signed: bytes) -> str:
    digest = hmac.new(read_signing_key(key), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def read_signing_key(key: Secret) -> bytes:
    """Return a key's bytes; raises SecretError where it is none."""
    try:
        data = base64.b64decode(key.reveal().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) not in _KEY_BYTES:
        raise SecretError("a signing key is `whsec_` and 24 to 64 bytes in base64")
    return data
