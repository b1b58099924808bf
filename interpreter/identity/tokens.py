"""API tokens: made once, kept as a hash, compared in constant time.

A token reads `ilk_<id>_<secret>`: the id finds the entry, the secret holds 256 random bits, so that
a plain SHA-256 of the whole is enough to keep (there is nothing to guess). Rules of this file: a
token's text is never logged, stored or put into an error.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final

from interlock.interpreter.identity.principal import Token

if TYPE_CHECKING:
    from interlock.interpreter.identity.permissions import Permission
    from interlock.interpreter.identity.principal import Identity, Instant

_TOKEN: Final = re.compile(r"ilk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_ID_BYTES: Final = 4
ENTROPY_BYTES: Final = _ID_BYTES + 32
"""How many random bytes a token is made of."""
_NO_HASH: Final = "0" * 64


def make_token(
    principal: str,
    expires: Instant,
    scopes: frozenset[Permission] | None = None,
    *,
    entropy: bytes,
) -> tuple[str, Token]:
    """Return a new token's text, which is shown once, and what is kept of it.

    `entropy` is `ENTROPY_BYTES` bytes that nobody can guess.
    """
    assert len(entropy) == ENTROPY_BYTES, "a token with less could be guessed"
    token_id = entropy[:_ID_BYTES].hex()
    secret = base64.urlsafe_b64encode(entropy[_ID_BYTES:]).rstrip(b"=").decode()
    text = f"ilk_{token_id}_{secret}"
    kept = Token(
        id=token_id, principal=principal, sha256=_hash(text), expires=expires, scopes=scopes
    )
    return text, kept


def find_token(identity: Identity, text: str, now: Instant) -> Token | None:
    """Return the valid token of a text; None where there is none, or it has expired."""
    shape = _TOKEN.fullmatch(text)
    known = None if shape is None else identity.tokens.get(shape[1])
    # Compared also where the id is unknown, so that the time tells nothing about ids.
    is_right = hmac.compare_digest(_hash(text), _NO_HASH if known is None else known.sha256)
    return known if known is not None and is_right and now < known.expires else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
