from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from support.hook_target import RawServer


@pytest.fixture
async def server():
    raw = RawServer()
    listening = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    raw.port = listening.sockets[0].getsockname()[1]
    yield raw
    listening.close()


@pytest.fixture
async def tls_server():
    """A server whose certificate is its own, for another name, and has expired."""
    seen = []

    async def serve(reader, writer):
        seen.append(await reader.read(1))
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    over = datetime(2020, 1, 1, tzinfo=UTC)
    issued = trustme.CA().issue_cert("other.test", not_before=over - timedelta(1), not_after=over)
    issued.configure_cert(context)
    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield listening.sockets[0].getsockname()[1], seen
    listening.close()
