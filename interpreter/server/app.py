"""The HTTP server of the daemon: routes, limits, and the last line against exceptions.

Rules of this file: `_answer_errors` is the boundary of the server; whatever a handler raises
becomes an error body, and an unexpected exception is logged, never shown.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.server import (
    channels,
    effects,
    erasures,
    explaining,
    incidents,
    ingest,
    operations,
    rulebook,
    silences,
    slack,
    waiting,
)
from interlock.interpreter.server.authorisation import authorise
from interlock.interpreter.server.context import CONTEXT, Context
from interlock.interpreter.server.errors import RequestError, cannot_record, error_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interlock.interpreter.runtime.services import Services
    from interlock.interpreter.runtime.settings import Address

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

IDLE_TIMEOUT_S: Final = 75.0
"""How long a connection may go without a complete request head: idle, or dripping one."""
LINGER_S: Final = 2.0
"""How long the rest of a refused body is read away, so that its sender sees the refusal."""
_SHUTDOWN_TIMEOUT_S: Final = 10.0
_BACKLOG: Final = 1024

_MODULES: Final = (
    ingest,
    incidents,
    explaining,
    effects,
    waiting,
    operations,
    rulebook,
    silences,
    erasures,
    channels,
)

_log = structlog.get_logger("interlock.server")


def make_app(services: Services) -> web.Application:
    """Return the application that answers for a daemon."""
    app = web.Application(middlewares=[_answer_errors, authorise])
    app[CONTEXT] = context = Context(services)
    app.on_cleanup.append(lambda _: context.senders.close())
    for module in _MODULES:
        app.add_routes(module.routes)
    slack.add_to(app)
    return app


class HttpServer:
    """Serves a daemon over HTTP/1.1 on one address."""

    def __init__(self, services: Services) -> None:
        self._address: Address = services.settings.listen
        self._runner = web.AppRunner(
            make_app(services),
            handle_signals=False,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=IDLE_TIMEOUT_S,
            lingering_time=LINGER_S,
            shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
        )

    async def start(self) -> str:
        """Listen; return the URL, with the real port. Raises OSError."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address.host, self._address.port, backlog=_BACKLOG)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Take no more connections, let requests under way be answered, and close."""
        await self._runner.cleanup()


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestError as error:
        return error.response()
    except web.HTTPException as error:
        return _from_aiohttp(request, error)
    except (StoreError, DamagedBytesError) as error:
        _log.error("the store failed a request", path=request.path, error=str(error))
        return cannot_record(str(error)).response()
    except Exception as error:  # noqa: BLE001 - the boundary that the module's text names
        _log.error("request failed", method=request.method, path=request.path, exc_info=error)
        return error_response(500, "internal_error", "an error of Interlock's; its log says more")


def _from_aiohttp(request: web.Request, error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    code = status.phrase.lower().replace(" ", "_")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.path} takes {allowed}, not {request.method}"
        return error_response(405, code, message, None, {"Allow": allowed})
    if isinstance(error, web.HTTPNotFound):
        return error_response(404, code, f"there is nothing at {request.path}")
    return error_response(error.status, code, status.description or status.phrase)
