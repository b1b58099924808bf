"""HTTP answers, to outcomes.

Responsible for what each class of status means and for bounds on what is read of a body. Never
decides what the lack of an answer means.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp

from interlock.interpreter.hooks.answers import RESULT_BYTES_MAX, one_line, read_result
from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, in_doubt, succeeded
from interlock.interpreter.hooks.secret import conceal

if TYPE_CHECKING:
    from collections.abc import Mapping

_RETRYABLE: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_RETRY_AFTER_MAX_S: Final = 3_600
_EXCERPT_BYTES: Final = 1_000


async def read_answer(response: aiohttp.ClientResponse, forms: tuple[str, ...]) -> AttemptOutcome:
    """Return the outcome of an answer; `forms` of secrets are concealed in all that is kept of it.

    Raises:
        aiohttp.ClientError, OSError: the body of a success was cut off.
    """
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        body = await _read_at_most(response, RESULT_BYTES_MAX + 1)
        if body and response.headers.get("Content-Encoding", "identity") != "identity":
            return succeeded(detail=f"{_answered(status)}; its compressed body was not kept")
        result, why_none = read_result(body, forms)
        return succeeded(result, f"{_answered(status)}{'; ' if why_none else ''}{why_none or ''}")
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return failed(f"{_answered(status)}; redirects are not followed", is_retryable=False)
    retry_after_s = _retry_after(response.headers)
    try:
        body = await _read_at_most(response, _EXCERPT_BYTES)
    except (aiohttp.ClientError, OSError):
        body = b""
    excerpt = one_line(conceal(body.decode(errors="replace"), forms))
    return failed(
        f"{_answered(status)}: {excerpt}" if excerpt else _answered(status),
        is_retryable=status in _RETRYABLE,
        retry_after_s=retry_after_s,
    )


async def _read_at_most(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    body = bytearray()
    while len(body) < bytes_max:
        chunk = await response.content.read(bytes_max - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _answered(status: int) -> str:
    """Name a status in our words: the target's own reason phrase is anything it likes."""
    try:
        return f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the delay asked for in seconds, at most an hour; a date counts from the answer's."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:10]), _RETRY_AFTER_MAX_S)
    try:
        delay = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return int(min(max(delay.total_seconds(), 0), _RETRY_AFTER_MAX_S))


def half_answered(status: int, what: str) -> AttemptOutcome:
    """Return the outcome where the status came and the body did not: only a failure is certain."""
    if status < 300:  # noqa: PLR2004 - the class of success
        return in_doubt(f"{_answered(status)}, but {what}")
    return failed(f"{_answered(status)}, but {what}", is_retryable=status in _RETRYABLE)
