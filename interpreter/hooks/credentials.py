"""A hook's `auth:`, to request headers, at the moment of an attempt.

Responsible for the shapes that `auth` may have. Never writes anything down: headers made here are
sent and forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.hooks.secret import Secret, SecretError

if TYPE_CHECKING:
    from interlock.interpreter.hooks.secret import SecretReader

_SIGNATURE_HEADER = "X-Signature"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Credentials(Struct, frozen=True):
    """Headers that authenticate one attempt, and the secrets they are made of."""

    headers: Mapping[str, str] = {}
    secrets: tuple[Secret, ...] = ()


def read_credentials(
    auth: Mapping[str, str] | None, reader: SecretReader, body: bytes = b""
) -> Credentials:
    """Return the headers for the `auth` of a hook; `body` is what an `hmac` signs.

    `auth` is `{bearer}`, `{username, password}`, `{header, value}` or `{hmac}` with or without the
    `header` that carries the signature.

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
            secret = reader.read(value)
            return Credentials({_header_name(name): secret.reveal()}, (secret,))
        case {"hmac": str(key), **others} if others.keys() <= {"header"}:
            secret = reader.read(key)
            name = _header_name(others.get("header", _SIGNATURE_HEADER))
            return Credentials({name: _signature(secret, body)}, (secret,))
    raise SecretError("auth is {bearer}, {username, password}, {header, value} or {hmac}")


def _header_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise SecretError(f"auth: {name[:40]!r} is no header name")
    return name


def _signature(key: Secret, body: bytes) -> str:
    """Return HMAC-SHA256 over the exact body, in hex."""
    return hmac.new(key.reveal().encode(), body, hashlib.sha256).hexdigest()


def _basic(name: Secret, word: Secret) -> Credentials:
    """Return Basic credentials (RFC 7617, UTF-8)."""
    pair = base64.b64encode(f"{name.reveal()}:{word.reveal()}".encode()).decode()
    return Credentials({"Authorization": f"Basic {pair}"}, (word, Secret(pair)))
