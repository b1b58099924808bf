"""Slow, garbled and cut-off connections, on a real socket."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from interlock.interpreter.hooks import SecretReader
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.runtime.services import Services
from interlock.interpreter.runtime.settings import Address, Settings
from interlock.interpreter.server import app, bodies
from support.rulebooks import REFERENCE
from support.runtime import Runtime, event_body, wait_until

ALERT = event_body("test-1", "P2")


@pytest.fixture
async def listening(monkeypatch):
    """A runtime and the port its server listens on; its time limits are short."""
    monkeypatch.setattr(app, "IDLE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(app, "LINGER_S", 0.1)
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.2)
    async with Runtime(locate_store("memory:"), REFERENCE) as runtime:
        services = Services(
            store=runtime.store,
            engine=runtime.engine,
            rulebooks=runtime.rulebooks,
            reloader=runtime.reloader,
            repinner=runtime.repinner,
            clock=runtime.clock,
            settings=Settings(listen=Address("127.0.0.1", 0)),
            secrets=SecretReader({}),
            is_ready=lambda: True,
        )
        server = app.HttpServer(services)
        url = await server.start()
        yield runtime, int(url.rpartition(":")[2])
        await server.stop()


async def exchange(port, *parts):
    """Send parts and return all that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


def head(length, *lines):
    given = ["POST /ingest HTTP/1.1", "Host: x", "Content-Type: application/json", *lines]
    if length is not None:
        given.append(f"Content-Length: {length}")
    return "\r\n".join(given).encode() + b"\r\n\r\n"


async def test_a_head_that_does_not_come_is_not_waited_for(listening):
    _, port = listening
    assert await exchange(port, b"POST /ingest HTTP/1.1\r\nHost: x\r\nX-Drip: ") == b""


async def test_a_connection_that_says_nothing_is_closed(listening):
    _, port = listening
    assert await exchange(port) == b""


async def test_a_body_that_does_not_come_is_answered_408(listening):
    _, port = listening
    answer = await exchange(port, head(100, "Connection: close"), b'{"type"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"too_slow"' in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no request line"),
        pytest.param(head(5, "Transfer-Encoding: chunked") + b"0\r\n\r\n", id="CL and TE"),
        pytest.param(head(5, "Content-Length: 6") + b"{}   ", id="two lengths"),
        pytest.param(head("-1") + b"{}", id="negative length"),
        pytest.param(head("0x2") + b"{}", id="hexadecimal length"),
        pytest.param(head(2, "X: " + "y" * 100_000) + b"{}", id="huge header"),
        pytest.param(b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n", id="huge path"),
        pytest.param(head(None, "Transfer-Encoding: chunked") + b"zz\r\n", id="bad chunk"),
        pytest.param(head(2, "X\x00Y: 1") + b"{}", id="NUL in a header"),
    ],
)
async def test_garbled_requests_are_refused_and_record_nothing(listening, request_bytes):
    runtime, port = listening
    answer = await exchange(port, request_bytes)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")) or answer == b""
    assert b"Traceback" not in answer
    assert await runtime.store.streams() == []


async def test_a_sender_that_hangs_up_before_the_answer_has_still_been_heard(listening):
    runtime, port = listening
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head(len(ALERT)) + ALERT)
    await writer.drain()
    writer.close()

    async def is_recorded():
        return await runtime.store.streams() == ["incident/test-1"]

    await wait_until(is_recorded)


async def test_pipelined_requests_are_answered_in_order(listening):
    _, port = listening
    other = event_body("test-2", "P1")
    answer = await exchange(
        port, head(len(ALERT)) + ALERT + head(len(other), "Connection: close") + other
    )
    assert answer.index(b'"test-1"') < answer.index(b'"test-2"')
    assert answer.count(b"HTTP/1.1 200 ") == 2
