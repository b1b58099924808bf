"""Addresses of PostgreSQL: what they are to people, without the password.

Pure. What the parts of an address mean is the driver's business
(https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

_SECRET = frozenset({"password", "sslpassword"})
_SCHEME = re.compile(r"postgres(ql)?://", re.IGNORECASE)


def is_postgres_address(address: str) -> bool:
    """Tell whether an address is one of PostgreSQL."""
    return _SCHEME.match(address) is not None


def without_password(address: str) -> str:
    """Return an address as it may be shown; any other address than PostgreSQL's is left alone."""
    if not is_postgres_address(address):
        return address
    # by hand: a password with a slash in it, which should have been encoded, is to be hidden too
    login, at, place = _SCHEME.sub("", address).rpartition("@")
    user = login.partition(":")[0]
    place, _, options = place.partition("?")
    kept = [(name, value) for name, value in parse_qsl(options) if name not in _SECRET]
    query = urlencode(kept, safe="/:", quote_via=quote)
    return f"postgresql://{user}{at if user else ''}{place}{'?' if query else ''}{query}"
