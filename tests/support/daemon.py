"""`interlock run` as a process of its own, and a remediation service beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_S = 30.0


class Target(ThreadingHTTPServer):
    """Keeps every call; answers `status` at once, or only when told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Call)
        self.calls = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.may_answer.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A caller that was killed is what some of the tests are about."""


class _Call(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, self.headers["Idempotency-Key"], body))
        self.server.may_answer.wait(WAIT_S)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args):
        pass


class Daemon:
    """A running daemon; `stop` drains it, `kill` does not."""

    def __init__(self, folder, rulebook, *options):
        self.folder = folder
        self.file = folder / "rulebook.yaml"
        self.file.write_text(rulebook, "utf-8")
        self.options = options
        self.process = None
        self.url = ""

    def start(self):
        command = [
            sys.executable, "-m", "interlock.cli", "run", str(self.file),
            "--listen", "127.0.0.1:0", "--store", f"sqlite:///{self.folder}/journal.db",
            "--allow-cidr", "127.0.0.0/8", "--log-format", "json", *self.options,
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with (self.folder / "daemon.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, cwd=self.folder, env=environment
            )
        line = self.process.stdout.readline().decode()
        if not line:
            self.wait()
        assert line.startswith("listening on "), self.log
        self.url = line.removeprefix("listening on ").strip()
        return self

    @property
    def log(self):
        return (self.folder / "daemon.log").read_text("utf-8")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        if self.process.poll() is None:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT_S)
        self.process.stdout.close()

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        status = self.process.wait(WAIT_S)
        self.process.stdout.close()
        return status

    def stop(self):
        self.signal()
        return self.wait()

    def ask(self, method, path, body=None):
        """Return the status and the JSON of an answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def trigger(self, id_, severity, **payload):
        given = {"id": id_, "severity": severity, "title": "High Latency", **payload}
        return self.ask("POST", "/ingest", {"type": "alert.triggered", "payload": given})

    def incident(self, id_):
        return self.ask("GET", f"/incidents/{id_}")[1]

    def timeline(self, id_):
        return self.ask("GET", f"/incidents/{id_}/timeline")[1]["records"]


def wait_for(is_true, timeout_s=WAIT_S):
    """Wait for something another process brings about; fails when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
