"""The keys of a source's `auth`, read anew each time, so that a replaced one counts at once.

Rules of this file: what cannot be used is a `SecretError` that quotes no secret; keys are handed on
and never kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.hooks.secret import SecretError
from interlock.interpreter.sources.proof import SchemeError, secrets_of, usable_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.hooks.secret import SecretReader


def read_keys(auth: Mapping[str, Any], reader: SecretReader) -> tuple[bytes, ...]:
    """Return the present key and the one before it, where there is one.

    Raises:
        SecretError: a secret cannot be read, or `auth` is of no use.
    """
    try:
        secrets = [reader.read(reference).reveal() for reference in secrets_of(auth)]
        return usable_keys(auth, secrets)
    except SchemeError as error:
        raise SecretError(str(error)) from None


def named_user(auth: Mapping[str, Any], reader: SecretReader) -> Mapping[str, Any]:
    """Return `auth` with the user name looked up, where it is a reference; raises SecretError."""
    name = auth.get("username")
    if isinstance(name, str) and "${" in name:
        return {**auth, "username": reader.read(name).reveal()}
    return auth
