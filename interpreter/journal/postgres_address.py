"""Addresses of PostgreSQL: what they are to people, without the password.

Pure. What the parts of an address mean is the driver's business
(https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_SECRET = frozenset({"password", "sslpassword"})
_SCHEME = re.compile(r"postgres(ql)?://", re.IGNORECASE)


def is_postgres_address(address: str) -> bool:
    """Tell whether an address is one of PostgreSQL."""
    return _SCHEME.match(address) is not None


def without_password(address: str) -> str:
    """Return an address as it may be shown; any other address than PostgreSQL's is left alone."""
    if not is_postgres_address(address):
        return address
    parts = urlsplit(address)
    login, at, hosts = parts.netloc.rpartition("@")
    query = urlencode(
        [(name, value) for name, value in parse_qsl(parts.query) if name not in _SECRET],
        safe="/:",
        quote_via=quote,
    )
    user = login.partition(":")[0]
    shown = f"postgresql://{user}{at if user else ''}{hosts}{parts.path}"
    return f"{shown}?{query}" if query else shown
