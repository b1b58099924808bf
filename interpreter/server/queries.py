"""Reading the query of a URL, strictly: an unknown or malformed parameter is said, not ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.interpreter.server.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

LIMIT_MAX: Final = 1000
_FLAGS: Final = {"true": True, "false": False}
_DIGITS_MAX: Final = 18


def read_query(request: web.Request, known: frozenset[str]) -> Mapping[str, str]:
    """Return the parameters; raises RequestError 400 for one that is unknown or stands twice."""
    for name in request.query:
        if name not in known:
            listed = f"; known: {', '.join(sorted(known))}" if known else ""
            raise _invalid(f"there is no parameter {name[:60]!r}{listed}")
        if len(request.query.getall(name)) > 1:
            raise _invalid(f"parameter {name} stands twice")
    return request.query


def read_flag(query: Mapping[str, str], name: str) -> bool | None:
    """Return a parameter that is `true` or `false`."""
    value = query.get(name)
    if value is None:
        return None
    if value not in _FLAGS:
        raise _invalid(f"{name} is true or false")
    return _FLAGS[value]


def read_limit(query: Mapping[str, str], default: int = 100) -> int:
    """Return how many items a page may hold."""
    value = query.get("limit")
    if value is None:
        return default
    number = _number(value)
    if number is None or not 1 <= number <= LIMIT_MAX:
        raise _invalid(f"limit is a number from 1 to {LIMIT_MAX}")
    return number


def read_revision(query: Mapping[str, str]) -> int:
    """Return the revision after which a page of records begins."""
    number = _number(query.get("after", "0"))
    if number is None:
        raise _invalid("after is the `next` of the page before")
    return number


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX
    return int(text) if is_number else None


def _invalid(message: str) -> RequestError:
    return RequestError(400, "invalid_query", message)
