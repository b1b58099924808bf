"""A signature over the exact body, in hex, in one header: ours, and GitHub's.

Responsible for `hmac` (X-Signature or a header of the rulebook's) and `github`
(X-Hub-Signature-256: `sha256=…`). GitHub's delivery id is not signed, so a repeat is told by the
body, which holds the event's own ids and times; a body signed for us may honestly come twice.
Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
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

_GITHUB: Final = "X-Hub-Signature-256"
_DAY_NS: Final = 86_400_000_000_000


def prove_hmac(
    auth: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept HMAC-SHA256 over the body in hex, in `header` or X-Signature."""
    name = str(auth.get("header", "X-Signature"))
    return Proven() if _holds(request, name, "", keys) else _refused(name)


def prove_github(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept GitHub's signature of the body."""
    if not _holds(request, _GITHUB, "sha256=", keys):
        return _refused(_GITHUB)
    return Proven(digest_of(request.body), _DAY_NS)


def _holds(request: SenderRequest, name: str, prefix: str, keys: Sequence[bytes]) -> bool:
    given = only(request, name)
    expected = [prefix + hex_hmac(key, request.body) for key in keys]
    return given is not None and is_any(given, expected)


def _refused(name: str) -> Refused:
    return Refused(f"the header {name} holds no signature of this body by a key we know")
