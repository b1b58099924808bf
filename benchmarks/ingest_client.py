"""A client that posts prepared bodies as fast as a server answers; a process of its own.

Reads one job, as JSON, from standard input: `{"port", "path", "connections", "seconds", "bodies"}`,
where `bodies` is a file with one body a line. Each connection has one request under way. Writes
`{"answers", "seconds", "statuses", "p50_ms", "p99_ms"}`. Raw sockets and epoll, because a client
with a library would be slower than the servers it measures.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_LENGTH = 1 << 16
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


def prepare(job: dict[str, Any]) -> list[bytes]:
    """Return the job's requests, ready to send."""
    head = f"POST {job['path']} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    lines = Path(job["bodies"]).read_bytes().splitlines()
    return [b"%sContent-Length: %d\r\n\r\n%s" % (head.encode(), len(body), body) for body in lines]


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer is complete."""
    head, end, body = answer.partition(HEAD_END)
    if not end:
        return False
    _, _, rest = head.lower().partition(LENGTH)
    return len(body) >= int(rest.partition(b"\r\n")[0])


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Post until the time is over, or until the bodies are used up where they are to be new."""
    prepared = prepare(job)
    requests: Iterator[bytes] = cycle(prepared) if job["repeats"] else iter(prepared)
    poll = select.epoll()
    begun: dict[int, float] = {}
    received: dict[int, bytes] = {}
    connections = {}
    for _ in range(job["connections"]):
        connection = socket.create_connection(("127.0.0.1", job["port"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
    statuses: Counter[str] = Counter()
    took: list[float] = []
    start = now = time.perf_counter()
    for number, request in zip(connections, requests, strict=False):
        begun[number] = now
        received[number] = b""
        connections[number].sendall(request)
    while begun:
        for number, _ in poll.poll():
            data = connections[number].recv(READ_LENGTH)
            if not data:
                raise ConnectionError("the server closed a connection")
            answer = received[number] + data
            if not is_whole(answer):
                received[number] = answer
                continue
            now = time.perf_counter()
            took.append(now - begun.pop(number))
            statuses[answer[9:12].decode()] += 1
            request = next(requests, b"") if now - start < job["seconds"] else b""
            if request:
                begun[number] = now
                received[number] = b""
                connections[number].sendall(request)
    seconds = time.perf_counter() - start
    took.sort()
    return {
        "answers": len(took),
        "seconds": seconds,
        "statuses": statuses,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
