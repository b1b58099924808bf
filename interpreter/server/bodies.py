"""Reading request bodies: bounded in size and time, JSON only.

Rules of this file: nothing is read beyond the limit, nothing is decompressed, and nothing is
understood before it was read strictly.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.interpreter.server.errors import RequestError, problem_error
from interlock.interpreter.sources import Problem, decode_json
from interlock.rulebook import literals
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import parse_timestamp

if TYPE_CHECKING:
    from aiohttp import web

    from interlock.interpreter.core.event import Instant

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
BODY_TIMEOUT_S: Final = 30.0
COMMAND_BYTES_MAX: Final = 2**18
"""What a person's command may hold, in bytes."""


async def read_body(
    request: web.Request,
    bytes_max: int,
    media_types: frozenset[str] = frozenset(),
    *,
    media_type: str = JSON,
) -> bytes:
    """Return a body's bytes: of JSON, unless another type is asked for.

    `media_types` are names that it may go by beside `media_type`.

    Raises:
        RequestError: 415 for another content type or an encoded body, 413 over the limit, 408 when
            it does not arrive in time.
    """
    _check_type(request, media_types | {media_type})
    if request.content_length is not None and request.content_length > bytes_max:
        raise _too_large(bytes_max)
    if request.content.is_eof():
        # It came along with the head, as most do: there is nothing to wait for.
        body = request.content.read_nowait()
        if len(body) > bytes_max:
            raise _too_large(bytes_max)
        return body
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await _receive(request, bytes_max)
    except TimeoutError:
        raise RequestError(
            408, "too_slow", f"the body did not arrive within {BODY_TIMEOUT_S:g} s"
        ) from None


async def _receive(request: web.Request, bytes_max: int) -> bytes:
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.content.iter_any():
        length += len(chunk)
        if length > bytes_max:
            raise _too_large(bytes_max)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_command(request: web.Request, known: frozenset[str]) -> dict[str, Any]:
    """Return a person's command: a JSON object with no keys but the known ones.

    Raises:
        RequestError: as `read_body`; 400 when it is no JSON object, 422 for an unknown key.
    """
    value = decode_json(await read_body(request, COMMAND_BYTES_MAX), bytes_max=COMMAND_BYTES_MAX)
    if isinstance(value, Problem):
        raise problem_error(value.code, value.detail)
    if not isinstance(value, dict):
        raise RequestError(422, "not_an_object", "the body must be a JSON object")
    unknown = sorted(set(value) - known)
    if unknown:
        raise RequestError(
            422,
            "unknown_key",
            f"unknown key {unknown[0][:60]!r}; known: {', '.join(sorted(known))}",
        )
    return value


def text_of(
    command: dict[str, Any], name: str, *, is_required: bool = False, length_max: int = 10_000
) -> str | None:
    """Return a text member of a command; raises RequestError 422 for another kind."""
    value = command.get(name)
    if value is None and not is_required:
        return None
    if not isinstance(value, str) or not value.strip():
        raise RequestError(422, "invalid", f"`{name}` must be a text that is not empty")
    if len(value) > length_max:
        raise RequestError(422, "invalid", f"`{name}` is longer than {length_max} characters")
    return value.replace("\0", "\ufffd")


def until_of(command: dict[str, Any], now: Instant) -> Instant | None:
    """Return the time that `for` or `until` gives, if any; raises RequestError 422."""
    duration, until = text_of(command, "for"), text_of(command, "until")
    if duration is not None and until is not None:
        raise RequestError(422, "invalid", "give `for` or `until`, not both")
    try:
        if duration is not None:
            length = literals.parse_duration(duration)
            if isinstance(length, literals.Problem):
                raise RequestError(422, "invalid", length.message)
            return now + length
        return None if until is None else parse_timestamp(until).nanoseconds
    except GuardError as error:
        raise RequestError(422, "invalid", error.message) from error


def raw_json(value: Any) -> bytes:
    """Return the bytes that a value is kept as beside the journal."""
    return msgspec.json.encode(value, order="sorted")


def _check_type(request: web.Request, media_types: frozenset[str]) -> None:
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise RequestError(
            415, "unsupported_encoding", "send the body as it is, without Content-Encoding"
        )
    charset = request.charset or "utf-8"
    if request.content_type not in media_types or charset.lower() not in ("utf-8", "utf8"):
        wanted = JSON if JSON in media_types else " or ".join(sorted(media_types))
        raise RequestError(415, "unsupported_media_type", f"send {wanted}, in UTF-8")


def _too_large(bytes_max: int) -> RequestError:
    return RequestError(413, "too_large", f"the body may hold at most {bytes_max} bytes")
