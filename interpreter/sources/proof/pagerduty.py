"""PagerDuty's V3 signatures: a list of `v1=` and HMAC-SHA256 over the body, in hex.

Any signature that holds accepts: PagerDuty sends one per active secret. Each event has an id of its
own in the body, so that a repeat is told by the body.
Source: https://developer.pagerduty.com/docs/verifying-webhook-signatures
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.interpreter.sources.proof.request import (
    SIGNATURES_MAX,
    Proven,
    Refused,
    SenderRequest,
    digest_of,
    hex_hmac,
    is_any,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADER: Final = "X-PagerDuty-Signature"
_DAY_NS: Final = 86_400_000_000_000


def prove_pagerduty(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept a list of signatures of which one is of this body."""
    given = (only(request, _HEADER) or "").split(",", SIGNATURES_MAX)[:SIGNATURES_MAX]
    expected = [f"v1={hex_hmac(key, request.body)}" for key in keys]
    if not any(is_any(signature.strip(), expected) for signature in given):
        return Refused(f"the header {_HEADER} holds no signature of this body by a key we know")
    return Proven(digest_of(request.body), _DAY_NS)
