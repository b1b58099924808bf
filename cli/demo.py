"""The main job on real input, from a lint to a `kill -9`: what `make demo` runs.

Every command shown is run as shown; every request is sent and printed as the curl that repeats it.
The daemon is the real one on a free loopback port with a SQLite file, the remediation service is a
small receiver beside it. Nothing is left behind.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

STARTER_TARGET = "http://127.0.0.1:9180"
WAIT_S = 20.0


class Receiver(ThreadingHTTPServer):
    """A remediation service: it keeps every call, and holds back answers while told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ReceiverRequest)
        self.calls: list[dict[str, Any]] = []
        self.answers = threading.Event()
        self.answers.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _ReceiverRequest(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Note the call, then answer as soon as the receiver answers at all."""
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        key = self.headers.get("Idempotency-Key", "")
        self.server.calls.append({"path": self.path, "key": key, "body": body})
        self.server.answers.wait(WAIT_S)
        answer = json.dumps({"done": True}).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # the caller was killed meanwhile: that is what this demo is about

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet: the demo prints what matters."""


class Daemon:
    """`interlock run` as a process, and what is said to it."""

    def __init__(self, rulebook: Path, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            "run",
            str(rulebook),
            "--listen",
            f"127.0.0.1:{self.port}",
            "--store",
            f"sqlite:///{folder / 'demo.db'}",
            "--allow-cidr",
            "127.0.0.0/8",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        _show_command(self._command)
        log = (self.folder / "daemon.log").open("ab")
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*_interlock(), *self._command], stdout=log, stderr=log, cwd=self.folder
        )
        _wait_for(self._is_ready, f"the daemon at {self.url}")
        print(f"ready at {self.url}, pid {self._process.pid}")

    def _is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise SystemExit((self.folder / "daemon.log").read_text())
        try:
            return bool(self.get("/readyz"))
        except OSError:
            return False

    def kill(self) -> None:
        """Send SIGKILL: no handler runs, nothing is flushed."""
        assert self._process is not None, "it was started"
        print(f"\n$ kill -9 {self._process.pid}")
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Send SIGTERM and return the exit code of the drained daemon."""
        assert self._process is not None, "it was started"
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WAIT_S)

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        with urllib.request.urlopen(self.url + path, timeout=WAIT_S) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Send a request, and print it as curl with its answer."""
        text = json.dumps(body)
        print(f"\n$ curl -X POST {self.url}{path} -H 'Content-Type: application/json' \\")
        print(f"       -d '{text}'")
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + path,
            data=text.encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310 - loopback
            print(f"{answer.status} {answer.read().decode()}")

    def show(self, *command: str) -> None:
        """Run an operating command against this daemon."""
        _run(*command, environment={"INTERLOCK_URL": self.url})


def main() -> int:
    """Run the whole story; 0 when every step held."""
    started = time.monotonic()
    starter = Path(str(resources.files("interlock.policies"))) / "starter"
    with tempfile.TemporaryDirectory(prefix="interlock-demo-") as name:
        folder = Path(name)
        receiver = Receiver()
        rulebook = folder / "rulebook.yaml"
        text = (starter / "rulebook.yaml").read_text(encoding="utf-8")
        rulebook.write_text(text.replace(STARTER_TARGET, receiver.url), encoding="utf-8")
        _author(starter)
        daemon = Daemon(rulebook, folder)
        _operate(daemon, receiver)
        code = daemon.stop()
        _heading(f"Drained on SIGTERM, exit {code}. {time.monotonic() - started:.0f} s in all.")
    return code


def _author(starter: Path) -> None:
    rulebook, recording = str(starter / "rulebook.yaml"), str(starter / "recording.jsonl")
    _heading("1. Write: is the rulebook right?")
    _run("lint", rulebook)
    _heading("2. Look: what may follow what?")
    _run("graph", rulebook)
    _heading("3. Dry-run: what would it have done to an hour of recorded alerts?")
    _run("dry-run", rulebook, recording)


def _operate(daemon: Daemon, receiver: Receiver) -> None:
    _heading("4. Run: the daemon, with the journal in one SQLite file")
    daemon.start()
    _heading("5. A P2 is remediated on its own, a P1 waits for a person")
    daemon.post("/ingest", _alert("alert.triggered", "test-1", "P2"))
    daemon.post("/ingest", _alert("alert.triggered", "test-2", "P1"))
    _wait_for(lambda: _state(daemon, "test-1") == "MITIGATING", "the P2 to be mitigated")
    _wait_for(lambda: len(receiver.calls) >= 1, "the first hook call")
    daemon.show("incidents", "list")
    _heading("6. The P1 is approved; its first step is on the wire when the daemon is killed")
    receiver.answers.clear()
    before = len(receiver.calls)
    daemon.show("approve", "test-2", "--yes", "--reason", "traffic is real")
    _wait_for(lambda: len(receiver.calls) > before, "the hook call of the P1")
    daemon.kill()
    receiver.answers.set()
    _heading(
        "7. Restarted: nothing is lost, and the cut-off call goes out again under the same key"
    )
    daemon.start()
    _wait_for(lambda: _steps_done(daemon, "test-2"), "the runbook of the P1")
    daemon.show("incidents", "list")
    _show_calls(receiver)
    _heading("8. Both are resolved; the timelines say who, what, when and why")
    for incident in ("test-1", "test-2"):
        daemon.post("/ingest", {"type": "alert.resolved", "payload": {"id": incident}})
    for incident in ("test-1", "test-2"):
        daemon.show("incidents", "timeline", incident)


def _alert(kind: str, incident: str, severity: str) -> dict[str, Any]:
    payload = {"id": incident, "severity": severity, "title": "High Latency"}
    return {"type": kind, "payload": payload}


def _state(daemon: Daemon, incident: str) -> str:
    return str(daemon.get(f"/incidents/{incident}")["state"])


def _steps_done(daemon: Daemon, incident: str) -> bool:
    steps = daemon.get(f"/incidents/{incident}")["steps"]
    return bool(steps) and all(step["status"] == "succeeded" for step in steps.values())


def _show_calls(receiver: Receiver) -> None:
    print("\nWhat the remediation service received:")
    seen: dict[str, int] = {}
    for call in receiver.calls:
        seen[call["key"]] = seen.get(call["key"], 0) + 1
        again = "  <- again, same key and body" if seen[call["key"]] > 1 else ""
        print(f"  POST {call['path']:<22} Idempotency-Key: {call['key']}{again}")


def _heading(text: str) -> None:
    bold, plain = ("\x1b[1m", "\x1b[0m") if _has_colour() else ("", "")
    print(f"\n{bold}{text}{plain}\n{'-' * len(text)}", flush=True)


def _has_colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _interlock() -> list[str]:
    return [sys.executable, "-m", "interlock.cli"]


def _show_command(command: tuple[str, ...] | list[str]) -> None:
    print("\n$ interlock " + " ".join(f"'{word}'" if " " in word else word for word in command))
    sys.stdout.flush()


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    _show_command(command)
    done = subprocess.run(  # noqa: S603 - our own command
        [*_interlock(), *command], env={**os.environ, **(environment or {})}, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"`interlock {command[0]}` ended with {done.returncode}")


def _wait_for(is_true: Any, what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if is_true():
            return
        time.sleep(0.02)
    raise SystemExit(f"waited {WAIT_S:.0f} s in vain for {what}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
