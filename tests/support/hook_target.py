"""A raw HTTP target and the calls that tests make to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks import EgressPolicy, HttpHooks, SecretReader, parse_cidr

LOCAL = EgressPolicy((parse_cidr("127.0.0.0/8"), parse_cidr("::1")))


class RawServer:
    """A server that reads each request whole, keeps it, and answers with given bytes."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.answer = answer(200)
        self.port = 0

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
            body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
            self.requests.append(head + body)
            await self.reply(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def reply(self, writer):
        writer.write(self.answer)
        await writer.drain()

    def url(self, path="/scale"):
        return f"http://127.0.0.1:{self.port}{path}"

    def headers(self, index=0):
        head = self.requests[index].split(b"\r\n\r\n")[0].decode()
        return {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])
        }

    def body(self, index=0):
        return self.requests[index].split(b"\r\n\r\n", 1)[1]


def answer(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def call_hook(url, **changes):
    given = {"key": "k" * 32, "path": "scale", "hook": "scale_up", "body": '{"replicas": 4}'}
    return CallHook(**{**given, "url": url, "timeout_ns": 5_000_000_000, **changes})


@asynccontextmanager
async def http_hooks(policy=LOCAL, environ=None, folder=None, **options):
    async with HttpHooks(policy, SecretReader(environ or {}, folder), **options) as hooks:
        yield hooks
