"""Is a delivery from the sender it claims to be?

Rules of this file: a source that declares `auth` is checked against exactly what we would send
ourselves with the same `auth`, in constant time; secrets are read anew, so that a rotated one
counts at once. Without `auth` a source is whoever reaches the port: hence loopback only.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from interlock.interpreter.hooks.credentials import read_credentials
from interlock.interpreter.hooks.secret import SecretError
from interlock.interpreter.server.errors import RequestError, cannot_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from interlock.interpreter.hooks import SecretReader


def authenticate_source(
    request: web.Request, auth: Mapping[str, str] | None, body: bytes, secrets: SecretReader
) -> None:
    """Let a delivery pass that carries what its source's `auth` asks for.

    Raises:
        RequestError: 401 where it does not; 503 where the secret cannot be read, since the sender
            may well be right.
    """
    if auth is None:
        return
    try:
        expected = read_credentials(auth, secrets, body).headers
    except SecretError as error:
        raise cannot_record(f"the source's secret cannot be read: {error}") from error
    for name, value in expected.items():
        given = request.headers.getall(name, [])
        if len(given) != 1 or not hmac.compare_digest(given[0].encode(), value.encode()):
            raise RequestError(
                401,
                "unauthenticated",
                f"this source authenticates with the header {name}",
                WWW_Authenticate="Basic" if "username" in auth else "Bearer",
            )
