"""A client of the Language Server Protocol over standard input and output, from the specification.

It knows nothing of the server's library: messages are JSON with a Content-Length header (LSP 3.17,
"Base Protocol"). Positions are UTF-16 unless another encoding is negotiated.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("interlock")
TIMEOUT_S = 60


class ServerError(Exception):
    """An error response."""


class Client:
    def __init__(self, folder, *, capabilities=None):
        self.folder = folder
        self.notes = []
        self._versions = {}
        self._arrived = queue.Queue()
        self._next_id = 0
        self.process = subprocess.Popen(
            [SCRIPT, "lsp", "--stdio"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.errors = []
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()
        snippets = {"completion": {"completionItem": {"snippetSupport": True}}}
        self.capabilities = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": {"textDocument": snippets} | (capabilities or {}),
            },
        )["capabilities"]
        self.notify("initialized", {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
        self.end()

    def end(self):
        """Wait for the end of the process and return its status."""
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT_S)
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def _read(self):
        stream = self.process.stdout
        while True:
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                return
            self._arrived.put(json.loads(stream.read(length)))

    def _read_errors(self):
        self.errors.extend(self.process.stderr)

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def request(self, method, params):
        self._next_id += 1
        asked = self._next_id
        self.send({"id": asked, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == asked and "method" not in message:
                if "error" in message:
                    raise ServerError(message["error"]["message"])
                return message["result"]

    def _take(self):
        message = self._arrived.get(timeout=TIMEOUT_S)
        if "id" in message and "method" in message:
            self.send({"id": message["id"], "result": None})
        elif "method" in message:
            self.notes.append(message)
        return message

    # the parts of the protocol that tests use

    def uri(self, name):
        return (self.folder / name).as_uri()

    def open(self, text, name="rulebook.yaml"):
        self._versions[name] = 1
        document = {"uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return self.uri(name)

    def close_all(self):
        for name in self._versions:
            self.notify("textDocument/didClose", {"textDocument": {"uri": self.uri(name)}})
        self._versions.clear()

    def change(self, *changes, name="rulebook.yaml"):
        """Send changes: a text for the whole, or `(range, text)`; return the new version."""
        self._versions[name] += 1
        sent = [
            {"text": change} if isinstance(change, str) else {"range": change[0], "text": change[1]}
            for change in changes
        ]
        document = {"uri": self.uri(name), "version": self._versions[name]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": sent})
        return self._versions[name]

    def diagnostics(self, name="rulebook.yaml"):
        """Wait for the findings about the present version of a text."""
        version = self._versions[name]
        while True:
            for note in self.notes:
                params = note["params"]
                if (
                    note["method"] == "textDocument/publishDiagnostics"
                    and params["uri"] == self.uri(name)
                    and params.get("version") == version
                ):
                    return params["diagnostics"]
            self._take()

    def ask(self, method, line, character, name="rulebook.yaml", **more):
        """Ask `textDocument/METHOD` about a place."""
        return self.request(
            f"textDocument/{method}",
            {
                "textDocument": {"uri": self.uri(name)},
                "position": {"line": line, "character": character},
                **more,
            },
        )


def span(line, start, end, last=None):
    """Return a range as the protocol writes it."""
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line if last is None else last, "character": end},
    }
