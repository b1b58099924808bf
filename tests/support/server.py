"""The HTTP application over a runtime in memory."""

from __future__ import annotations

import io
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp.test_utils import TestClient, TestServer

from interlock.interpreter.hooks import SecretReader
from interlock.interpreter.runtime.services import Services
from interlock.interpreter.runtime.settings import Settings
from interlock.interpreter.server.app import make_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from interlock.interpreter.hooks import HttpHooks
    from support.runtime import Runtime


class Api:
    """A client of the application, and the runtime behind it."""

    def __init__(self, client: TestClient, runtime: Runtime) -> None:
        self.client = client
        self.runtime = runtime

    async def ask(self, method, path, body=None, **options):
        """Return the status and the JSON of an answer."""
        if body is not None:
            options["data"] = json.dumps(body).encode()
            given = options.get("headers", {})
            options["headers"] = {"Content-Type": "application/json", **given}
        if isinstance(options.get("data"), bytes):
            options["data"] = io.BytesIO(options["data"])  # aiohttp's way for what may be large
        async with self.client.request(method, path, **options) as answer:
            return answer.status, await answer.json()

    async def get(self, path, **options):
        return await self.ask("GET", path, **options)

    async def post(self, path, body=None, **options):
        return await self.ask("POST", path, body, **options)

    async def send(self, data, path="/ingest", **headers):
        """Post bytes as they are, as JSON unless a header says otherwise."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask(
            "POST", path, data=data, headers={"Content-Type": "application/json", **headers}
        )

    async def trigger(self, id_="test-1", severity="P1", **payload):
        given = {"id": id_, "severity": severity, "title": "Slow", **payload}
        return await self.post("/ingest", {"type": "alert.triggered", "payload": given})


@asynccontextmanager
async def serve(
    runtime: Runtime,
    *,
    environ: dict[str, str] | None = None,
    settings: Settings | None = None,
    http: HttpHooks | None = None,
) -> AsyncIterator[Api]:
    async with runtime:
        services = Services(
            store=runtime.store,
            engine=runtime.engine,
            rulebooks=runtime.rulebooks,
            reloader=runtime.reloader,
            repinner=runtime.repinner,
            clock=runtime.clock,
            settings=settings or Settings(),
            secrets=SecretReader(environ or {}),
            is_ready=lambda: True,
            directory=runtime.people,
            http=http,
        )
        server = TestServer(make_app(services), auto_decompress=False)
        async with TestClient(server) as client:
            yield Api(client, runtime)
