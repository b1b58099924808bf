"""Ingest, end to end: the daemon as a process, against aiohttp servers that do next to nothing.

`interlock` is `interlock run policies/starter/rulebook.yaml` with its journal in SQLite on disk;
`bare` and `journal` are those of `ingest_servers.py`. All take the same bodies from the same client
over 64 connections, in turns, so that a busy machine is busy for all. The cases:

- new: each request is an alert of its own that opens an incident, and tells a channel of it;
- repeats: alerts of open incidents, without a start, so that each one updates its incident;
- duplicates: the same with a start: recorded as saying nothing new;
- batches: notifications of Alertmanager, ten new alerts each.

Printed are answers a second (the median of the rounds) and the median of the ratios within a round.
`settled` counts the time until the daemon is idle again, with all notifications sent. `BENCH_DIR`
chooses the disk, `BENCH_ROUNDS` and `BENCH_SECONDS` how long it takes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RULEBOOK = HERE.parent / "policies" / "starter" / "rulebook.yaml"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
CONNECTIONS = 64
KNOWN = 1_000
BATCH_LENGTH = 10
IDLE_SHARE = 0.05
NEW_PER_SECOND = 12_000
"""More bodies than any server here answers in a second."""


class Case(NamedTuple):
    """What is posted where: alerts never seen before, or again and again the same `KNOWN` ones."""

    name: str
    path: str
    is_new: bool
    has_start: bool = False


CASES = (
    Case("new", "/ingest", is_new=True),
    Case("repeats", "/ingest", is_new=False),
    Case("duplicates", "/ingest", is_new=False, has_start=True),
    Case("batches", "/ingest/alertmanager", is_new=True, has_start=True),
)


def make_alert(name: str) -> dict[str, Any]:
    """Return labels and annotations of an alert of one service; about 900 bytes of JSON."""
    return {
        "labels": {
            "alertname": "QueueBacklog",
            "severity": "warning",
            "env": "prod",
            "team": "checkout-core",
            "service": name,
            "region": "us-east-1",
            "cluster": "prod-us-1",
            "namespace": "checkout",
            "pod": f"{name}-6f7c9d8b5-q8x2z",
        },
        "annotations": {
            "summary": f"messages of {name} wait longer than 30 s",
            "description": "The oldest message has waited more than 30 seconds for over ten "
            "minutes; consumers are up but acknowledge slowly. The error budget of the month is "
            "spent at twelve times the sustainable rate.",
            "runbook": "https://runbooks.example.test/checkout/queue-backlog",
        },
    }


def make_event(name: str, *, has_start: bool) -> dict[str, Any]:
    """Return the body of `POST /ingest` for an alert; about 1.2 KB."""
    alert = make_alert(name)
    payload = {
        "severity": "P2",
        "title": alert["annotations"]["summary"],
        "source": "prometheus",
        **alert,
        "metrics": {"error_rate": 0.031, "oldest_s": 31.25, "rps": 820, "burn": 12.1},
        "tags": ["tier:1", "pci", "queue:checkout"],
    }
    if has_start:
        payload["startsAt"] = "2026-03-01T10:00:00.123Z"
    return {"type": "alert.triggered", "payload": payload}


def make_notification(names: list[str]) -> dict[str, Any]:
    """Return Alertmanager's body for alerts of these services."""
    more = {"status": "firing", "startsAt": "2026-03-01T10:00:00.123Z"}
    more |= {"endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.test/graph"}
    return {
        "version": "4",
        "groupKey": '{}:{alertname="QueueBacklog"}',
        "receiver": "interlock",
        "status": "firing",
        "externalURL": "http://alertmanager.test",
        "alerts": [
            {**make_alert(name), **more, "fingerprint": f"{hash(name) & (1 << 64) - 1:016x}"}
            for name in names
        ],
    }


def write_bodies(file: Path, case: Case, turn: str) -> int:
    """Write a case's bodies, new ones with names of this turn; return how long the first is."""
    known = f"known-{case.name}"
    bodies: list[dict[str, Any]]
    if case.name == "batches":
        count = int(NEW_PER_SECOND * SECONDS / BATCH_LENGTH)
        bodies = [
            make_notification([f"svc-{turn}-{n}-{i}" for i in range(BATCH_LENGTH)])
            for n in range(count)
        ]
    elif case.is_new:
        count = int(NEW_PER_SECOND * SECONDS)
        bodies = [make_event(f"svc-{turn}-{n}", has_start=False) for n in range(count)]
    else:
        bodies = [make_event(f"{known}-{n}", has_start=case.has_start) for n in range(KNOWN)]
    lines = [json.dumps(body).encode() for body in bodies]
    file.write_bytes(b"\n".join(lines))
    return len(lines[0])


class Server:
    """A server as a process of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        commands = {
            "interlock": [
                *("-m", "interlock.cli", "run", str(RULEBOOK), "--listen", "127.0.0.1:0"),
                *("--store", f"sqlite:///{folder}/interlock.db"),
            ],
            "journal": [str(HERE / "ingest_servers.py"), "journal", str(folder / "journal.db")],
            "bare": [str(HERE / "ingest_servers.py"), "bare"],
        }
        with (folder / f"{name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *commands[name]],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        self.port = int(line.rsplit(":", 1)[1])

    def post(self, case: Case, bodies: Path, seconds: float, *, once: bool) -> dict[str, Any]:
        """Have the client post; return what it counted, with the time until all is done."""
        job = {
            "port": self.port,
            "path": case.path,
            "connections": CONNECTIONS,
            "seconds": seconds,
            "bodies": str(bodies),
            "repeats": not once,
        }
        counted: dict[str, Any] = json.loads(
            subprocess.run(
                [sys.executable, str(HERE / "ingest_client.py")],
                input=json.dumps(job).encode(),
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
        ended = time.perf_counter()
        self.wait_until_idle()
        counted["settled_s"] = counted["seconds"] + time.perf_counter() - ended
        return counted

    def wait_until_idle(self) -> None:
        """Wait until the process has next to nothing to do."""
        used = self._cpu_s()
        while True:
            time.sleep(0.1)
            before, used = used, self._cpu_s()
            if used - before < 0.1 * IDLE_SHARE:
                return

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def measure(case: Case, servers: list[Server], folder: Path) -> None:
    """Measure a case in rounds and print its line."""
    bodies = folder / "bodies.jsonl"
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    settled, last = [], {}
    for turn in range(ROUNDS):
        length = write_bodies(bodies, case, f"{case.name}-{turn}")
        for server in servers[turn % len(servers) :] + servers[: turn % len(servers)]:
            if turn == 0 and not case.is_new:
                server.post(case, bodies, 60.0, once=True)
            counted = server.post(case, bodies, SECONDS, once=case.is_new)
            rates[server.name].append(counted["answers"] / counted["seconds"])
            if server.name == "interlock":
                settled.append(counted["answers"] / counted["settled_s"])
                last = counted
    ours = rates["interlock"]
    line = f"{case.name:11}{length:6} B"
    line += "".join(f"{median(rates[name]):9,.0f}" for name in ("interlock", "journal", "bare"))
    for name in ("journal", "bare"):
        ratios = [own / other for own, other in zip(ours, rates[name], strict=True)]
        line += f"{median(ratios):11.2f}"
    line += f"{median(settled):9,.0f}{last['p50_ms']:8.1f}{last['p99_ms']:8.1f}"
    print(line, " ".join(f"{n}x{s}" for s, n in last["statuses"].items()), flush=True)


def main() -> None:
    wanted = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH_DIR")))
    servers = []
    try:
        servers = [Server(name, folder) for name in ("bare", "interlock", "journal")]
        print(
            f"{'answers a second':19}{'interlock':>9}{'journal':>9}{'bare':>9}"
            f"{'x journal':>11}{'x bare':>11}{'settled':>9}{'p50 ms':>8}{'p99 ms':>8}"
        )
        for case in CASES:
            if not wanted or case.name in wanted:
                measure(case, servers, folder)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
