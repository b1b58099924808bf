"""Standard Webhooks: `v1,` and HMAC-SHA256 over `id.time.body`, in base64.

Id and time are signed, so the id names the delivery and the time is five minutes old at most. The
header is a list with spaces, one signature per key of the sender's. Ed25519 (`v1a`) is not read.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from interlock.interpreter.sources.proof.request import (
    SIGNATURES_MAX,
    Proven,
    Refused,
    SenderRequest,
    digest_of,
    is_any,
    is_fresh,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERANCE_NS: Final = 300_000_000_000
_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)


def decode_key(secret: str) -> bytes:
    """Return the key of a `whsec_…` secret; raises ValueError for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the key is not base64, with or without whsec_") from None
    if len(key) not in _KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes, where 24 to 64 are allowed")
    return key


def prove_standard_webhooks(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept a list of signatures of which one is of this id, time and body."""
    id_, time = only(request, "webhook-id"), only(request, "webhook-timestamp")
    listed = only(request, "webhook-signature")
    if id_ is None or time is None or listed is None:
        return Refused("this source signs with webhook-id, webhook-timestamp and webhook-signature")
    if "." in id_ or "." in time:
        return Refused("webhook-id and webhook-timestamp hold no full stop")
    head = f"{id_}.{time}.".encode(errors="surrogateescape")
    expected = [
        "v1," + base64.b64encode(hmac.digest(key, head + request.body, hashlib.sha256)).decode()
        for key in keys
    ]
    given = listed.split(" ", SIGNATURES_MAX)[:SIGNATURES_MAX]
    if not any(is_any(signature, expected) for signature in given):
        return Refused("webhook-signature holds no signature of this body by a key we know")
    if not is_fresh(time, request.now, TOLERANCE_NS):
        return Refused("the signed time is more than five minutes from now")
    return Proven(f"{id_}:{digest_of(request.body)}", 2 * TOLERANCE_NS)
