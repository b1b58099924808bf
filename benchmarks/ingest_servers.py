"""What the daemon is measured against: aiohttp servers that do as little as can be.

`bare` decodes the body and answers: what aiohttp, msgspec and uvloop cost by themselves. `journal`
answers once the body is in SQLite, WAL and synchronous=FULL, all that are waiting in one commit:
the least that an answer of "recorded" can cost. Usage: ingest_servers.py bare|journal [FILE].
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import time
from queue import Empty, SimpleQueue

import msgspec
import uvloop
from aiohttp import web

BATCH_LENGTH_MAX = 512
ANSWER = b'{"status":"accepted"}'


class GroupWriter:
    """One connection and one thread: takes what is queued, writes it in one transaction."""

    def __init__(self, file: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[bytes, asyncio.Future[None]]] = SimpleQueue()
        self._file = file
        threading.Thread(target=self._serve, daemon=True).start()

    def write(self, body: bytes) -> asyncio.Future[None]:
        """Write a row; the future is done once it is durable."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((body, future))
        return future

    def _serve(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, at REAL, body BLOB)")
        while True:
            batch = [self._queue.get()]
            try:
                while len(batch) < BATCH_LENGTH_MAX:
                    batch.append(self._queue.get_nowait())
            except Empty:
                pass
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO journal (at, body) VALUES (?, ?)",
                [(time.time(), body) for body, _ in batch],
            )
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._answer, batch)

    @staticmethod
    def _answer(batch: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        for _, future in batch:
            if not future.done():
                future.set_result(None)


async def serve(file: str | None) -> None:
    """Serve on a port of the system's choice, and say which."""
    writer = None if file is None else GroupWriter(file)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        msgspec.json.decode(body)
        if writer is not None:
            await writer.write(body)
        return web.Response(body=ANSWER, status=202, content_type="application/json")

    app = web.Application()
    app.router.add_post("/ingest", take)
    app.router.add_post("/ingest/{source}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[2] if sys.argv[1] == "journal" else None))
