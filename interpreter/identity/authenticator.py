"""Recognising who makes a request.

Responsible for the role that every way of authenticating plays, and for bearer tokens. A further
way (OpenID Connect, a trusted proxy, a signed message from chat) is one more `Authenticator`: it
finds a principal of the directory by an alias and returns it as a `Caller`. Never decides what a
caller may do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from interlock.interpreter.identity.tokens import find_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.identity.directory import Directory
    from interlock.interpreter.identity.principal import Caller, Instant

_SCHEME: Final = "bearer"


class NotAuthenticatedError(Exception):
    """Credentials that are there and do not hold; the text holds nothing of them."""


class Headers(Protocol):
    """The headers of a request; names compare without regard to case."""

    def getall(self, name: str, default: list[str], /) -> Sequence[str]:
        """Return every value of a header."""
        ...


class Authenticator(Protocol):
    """One way to recognise a caller."""

    async def authenticate(self, headers: Headers) -> Caller | None:
        """Return who it is; None where the request shows nothing that this way knows.

        Raises:
            NotAuthenticatedError: it shows something, and that does not hold.
        """
        ...


class TokenAuthenticator:
    """Recognises API tokens of the identity file, sent as `Authorization: Bearer TOKEN`."""

    def __init__(self, directory: Directory, now: Callable[[], Instant]) -> None:
        self._directory = directory
        self._now = now

    async def authenticate(self, headers: Headers) -> Caller | None:
        """Return whose token it is; see `Authenticator`."""
        given = headers.getall("Authorization", [])
        if not given:
            return None
        scheme, _, text = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != _SCHEME:
            raise NotAuthenticatedError("send one header `Authorization: Bearer TOKEN`")
        identity = self._directory.current
        token = find_token(identity, text.strip(), self._now())
        if token is None:
            raise NotAuthenticatedError("the token is unknown or has expired")
        return identity.caller(token.principal, token.scopes)
