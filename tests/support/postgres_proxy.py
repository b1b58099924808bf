"""A TCP proxy before PostgreSQL that cuts connections where a test wants them cut."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

from support.postgres import socket_folder

_COMMIT = b"COMMIT;\0"
_PORT = 5432


class Proxy:
    """Forwards everything; each COMMIT that comes by takes the next of `cuts`.

    - `before`: the connection is cut and the server never hears of it;
    - `after`: the server has carried it out, and its answer is dropped with the connection;
    - `during`: the server has been sent it and the connection is cut at once;
    - `None`: nothing happens.
    """

    def __init__(self):
        self.cuts = []
        self.commits = 0
        self.is_refusing = False
        self._port = 0
        self._open = set()

    def address(self, database):
        return f"postgresql://postgres@127.0.0.1:{self._port}/{quote(database)}?sslmode=disable"

    def cut_all(self):
        for writer in list(self._open):
            writer.transport.abort()

    async def serve(self, client_reader, client_writer):
        if self.is_refusing:
            client_writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(
            f"{socket_folder()}/.s.PGSQL.{_PORT}"
        )
        ends = (client_writer, server_writer)
        self._open.update(ends)
        backwards = asyncio.create_task(self._pump(server_reader, client_writer))
        try:
            await self._forward(client_reader, server_writer, server_reader, backwards)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            backwards.cancel()
            for writer in ends:
                self._open.discard(writer)
                writer.transport.abort()

    async def _forward(self, reader, writer, answers, backwards):
        while data := await reader.read(1 << 16):
            cut = None
            if data.endswith(_COMMIT):
                self.commits += 1
                cut = self.cuts.pop(0) if self.cuts else None
            if cut == "before":
                return
            if cut == "after":
                backwards.cancel()
                await asyncio.gather(backwards, return_exceptions=True)
            writer.write(data)
            await writer.drain()
            if cut == "after":
                assert b"COMMIT" in await answers.read(1 << 16), "it was carried out"
            if cut is not None:
                return

    async def _pump(self, reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def proxied():
    """A running proxy."""
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy._port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut_all()
        await server.wait_closed()
