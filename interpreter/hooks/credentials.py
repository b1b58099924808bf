"""A hook's `auth:`, to request headers, at the moment of an attempt.

Responsible for the shapes that `auth` may have. Never writes anything down: headers made here are
sent and forgotten.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.hooks.secret import Secret, SecretError

if TYPE_CHECKING:
    from interlock.interpreter.hooks.secret import SecretReader

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Credentials(Struct, frozen=True):
    """Headers that authenticate one attempt, and the secrets they are made of."""

    headers: Mapping[str, str] = {}
    secrets: tuple[Secret, ...] = ()


def read_credentials(auth: Mapping[str, str] | None, reader: SecretReader) -> Credentials:
    """Return the headers for `{bearer}`, `{username, password}` or `{header, value}`.

    Raises:
        SecretError: another shape, or a secret that cannot be read; never quotes a value.
    """
    if not auth:
        return Credentials()
    match dict(auth):
        case {"bearer": str(token), **others} if not others:
            secret = reader.read(token)
            return Credentials({"Authorization": f"Bearer {secret.reveal()}"}, (secret,))
        case {"username": str(name), "password": str(word), **others} if not others:
            return _basic(reader.read(name) if "${" in name else Secret(name), reader.read(word))
        case {"header": str(name), "value": str(value), **others} if not others:
            if not _HEADER_NAME.fullmatch(name):
                raise SecretError(f"auth: {name!r} is no header name")
            secret = reader.read(value)
            return Credentials({name: secret.reveal()}, (secret,))
    raise SecretError("auth is {bearer}, {username, password} or {header, value}")


def _basic(name: Secret, word: Secret) -> Credentials:
    """Return Basic credentials (RFC 7617, UTF-8)."""
    pair = base64.b64encode(f"{name.reveal()}:{word.reveal()}".encode()).decode()
    return Credentials({"Authorization": f"Basic {pair}"}, (word, Secret(pair)))
