"""What goes wrong with a request, as one JSON shape.

Rules of this file: every error body is `{"error": {"code", "message", "detail"}}`; none holds a
traceback, a path of this machine or anything that the caller did not send.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from interlock.interpreter.sources import ProblemCode

RETRY_AFTER_S: Final = "1"

_PROBLEMS: Final = {
    ProblemCode.TOO_LARGE: 413,
    ProblemCode.MALFORMED: 400,
    ProblemCode.NOT_AN_EVENT: 422,
    ProblemCode.RESERVED_TYPE: 422,
}


class RequestError(Exception):
    """A request that cannot be answered as asked; becomes its status and error body."""

    def __init__(
        self, status: int, code: str, message: str, detail: Any = None, **headers: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self) -> web.Response:
        """Return the response that says so."""
        return error_response(self.status, self.code, str(self), self.detail, self.headers)


def error_response(
    status: int,
    code: str,
    message: str,
    detail: Any = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return an error as JSON."""
    body = {"error": {"code": code, "message": message, "detail": detail}}
    return json_response(body, status=status, headers=headers)


def json_response(
    body: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a value as JSON."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def problem_error(code: ProblemCode, detail: str) -> RequestError:
    """Return the error for a body that is no event."""
    return RequestError(_PROBLEMS[code], code.value, detail)


def cannot_record(why: str) -> RequestError:
    """Return the refusal of what could not be recorded: the sender keeps it and sends it again."""
    return RequestError(503, "cannot_record", why, Retry_After=RETRY_AFTER_S)


def not_found(what: str) -> RequestError:
    """Return the error for something that does not exist."""
    return RequestError(404, "not_found", what)
