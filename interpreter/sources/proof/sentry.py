"""Sentry's signature: HMAC-SHA256 over the body, in hex, with the integration's client secret.

Sentry's timestamp header is not covered by the signature, so it is not believed: a repeat is told
by the body.
Source: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
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
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADER: Final = "Sentry-Hook-Signature"
_LIFETIME_NS: Final = 600_000_000_000


def prove_sentry(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept Sentry's signature of the body; a copy counts as one for ten minutes."""
    given = only(request, _HEADER)
    if given is None or not is_any(given, [hex_hmac(key, request.body) for key in keys]):
        return Refused(f"the header {_HEADER} holds no signature of this body by a key we know")
    return Proven(digest_of(request.body), _LIFETIME_NS)
