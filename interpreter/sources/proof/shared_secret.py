"""A secret that the sender repeats: bearer token, basic authentication, a header of its own.

Responsible for Authorization (RFC 6750, RFC 7617) and for `header` with `value`. A copied secret is
a copied sender: nothing here is fresh, and a repeat is told by what the alert says.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from interlock.interpreter.sources.proof.request import (
    Proven,
    Refused,
    SenderRequest,
    is_any,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def prove_bearer(
    _: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept `Authorization: Bearer TOKEN`."""
    return _prove(request, "Authorization", [f"Bearer {key.decode()}" for key in keys], "Bearer")


def prove_basic(
    auth: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept `Authorization: Basic …`."""
    pairs = [f"{auth['username']}:{key.decode()}".encode() for key in keys]
    expected = [f"Basic {base64.b64encode(pair).decode()}" for pair in pairs]
    return _prove(request, "Authorization", expected, "Basic")


def prove_header(
    auth: Mapping[str, object], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Accept a header that carries the value."""
    return _prove(request, str(auth["header"]), [key.decode() for key in keys], "Header")


def _prove(
    request: SenderRequest, name: str, expected: Sequence[str], challenge: str
) -> Proven | Refused:
    given = only(request, name)
    if given is None or not is_any(given, expected):
        return Refused(f"this source authenticates with the header {name}", challenge)
    return Proven()
