"""What a scheme looks at, and what it may say.

Values, and the readers of headers that all schemes share. Never raises for what a sender sends.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURES_MAX: Final = 10
"""How many signatures of a list are looked at: rotation needs two."""
HEADER_LENGTH_MAX: Final = 4_096
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_NANOSECONDS: Final = 1_000_000_000


class Headers(Protocol):
    """The headers of a request; names compare without regard to case."""

    def getall(self, name: str, default: list[str], /) -> Sequence[str]:
        """Return every value of a header."""
        ...


class SenderRequest(Struct, frozen=True):
    """A delivery before it is understood; `peer` is the address it came from."""

    headers: Headers
    body: bytes
    now: int
    peer: str | None = None


class Refused(Struct, frozen=True):
    """Not the sender's, and why; `challenge` goes into WWW-Authenticate."""

    reason: str
    challenge: str = "Signature"


class Proven(Struct, frozen=True):
    """The sender's.

    Attributes:
        delivery: Names this delivery, from what the signature covers; None where the scheme has
            nothing to tell a repeat by.
        lifetime_ns: How long a copy would pass the scheme again, and is remembered.
    """

    delivery: str | None = None
    lifetime_ns: int = 0


def only(request: SenderRequest, name: str) -> str | None:
    """Return a header that stands once, and is not empty; None otherwise."""
    given = request.headers.getall(name, [])
    return given[0] if len(given) == 1 and 0 < len(given[0]) <= HEADER_LENGTH_MAX else None


def is_any(given: str, expected: Sequence[str]) -> bool:
    """Tell whether a text is one of those expected, in a time that does not say which."""
    sent = given.encode(errors="surrogateescape")
    return bool(sum(hmac.compare_digest(sent, text.encode()) for text in expected))


def hex_hmac(key: bytes, message: bytes) -> str:
    """Return HMAC-SHA256 (RFC 2104) in lower-case hex."""
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def digest_of(body: bytes) -> str:
    """Return the name of a body where the scheme signs no id."""
    return hashlib.sha256(body).hexdigest()


def is_fresh(seconds: str, now: int, tolerance_ns: int) -> bool:
    """Tell whether a signed time, digits of epoch seconds, is within the tolerance of now."""
    if not _SECONDS.fullmatch(seconds):
        return False
    return abs(now - int(seconds) * _NANOSECONDS) <= tolerance_ns
