"""Slack's request signature: `v0=` and HMAC-SHA256 over `v0:TIME:BODY`, in hex.

The time is signed, and five minutes old at most; within them a repeat is told by time and body.
Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.interpreter.sources.proof.request import (
    Proven,
    Refused,
    SenderRequest,
    digest_of,
    hex_hmac,
    is_any,
    is_fresh,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERANCE_NS: Final = 300_000_000_000
_SIGNATURE: Final = "X-Slack-Signature"
_TIME: Final = "X-Slack-Request-Timestamp"


def prove_slack(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept Slack's signature of time and body."""
    given, seconds = only(request, _SIGNATURE), only(request, _TIME)
    if given is None or seconds is None:
        return Refused(f"this source authenticates with the headers {_SIGNATURE} and {_TIME}")
    signed = b"v0:" + seconds.encode(errors="surrogateescape") + b":" + request.body
    if not is_any(given, ["v0=" + hex_hmac(key, signed) for key in keys]):
        return Refused(f"the header {_SIGNATURE} holds no signature of this body by a key we know")
    if not is_fresh(seconds, request.now, TOLERANCE_NS):
        return Refused("the signed time is more than five minutes from now")
    return Proven(f"{seconds}:{digest_of(request.body)}", 2 * TOLERANCE_NS)
