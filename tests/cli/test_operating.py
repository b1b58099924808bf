"""The operating commands, against a running daemon and against none."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ConfigurationError
from support.daemon import Daemon
from support.rulebooks import REFERENCE


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("daemon"), REFERENCE) as running:
        running.trigger("web-1", "P2")
        running.trigger("db-1", "P1", title="db\u001b[31m is slow")
        yield running


@pytest.fixture
def operate(daemon, interlock, monkeypatch):
    monkeypatch.setenv("INTERLOCK_URL", daemon.url)
    monkeypatch.delenv("INTERLOCK_BY", raising=False)
    return interlock


@pytest.fixture
def fresh(daemon, request):
    """The id of a P1 of its own for each test."""
    name = request.node.name
    daemon.trigger(name, "P1")
    return name


def test_incidents_are_listed(operate):
    shown = operate("incidents", "list", "--severity", "P2")
    assert shown.status == 0
    head, row = shown.out.splitlines()
    assert head.split() == ["ID", "SEVERITY", "STATE", "OPENED", "TITLE"]
    assert row.split()[:3] == ["web-1", "P2", "MITIGATING"]
    listed = json.loads(operate("incidents", "list", "--format", "json", "--open").out)
    assert {"web-1", "db-1"} <= {incident["id"] for incident in listed["incidents"]}


def test_nothing_listed_is_nothing_printed(operate):
    listed = operate("incidents", "list", "--state", "NOWHERE")
    assert (listed.status, listed.out, listed.err) == (0, "", "")


def test_alert_text_cannot_drive_the_terminal(operate):
    for command in ("list", "show", "timeline"):
        arguments = ("incidents", command) if command == "list" else ("incidents", command, "db-1")
        assert "\u001b" not in operate(*arguments).out


def test_one_incident_is_shown(operate, fresh):
    shown = operate("incidents", "show", fresh)
    assert "gate TRIAGE->MITIGATING: open, 0 of 1 approvals" in shown.out
    assert json.loads(operate("incidents", "show", fresh, "--format", "json").out)["id"] == fresh


def test_an_approval_is_recorded_with_who_says_so(operate, fresh):
    approved = operate("approve", fresh, "--yes", "--reason", "real", "--by", "ada")
    assert (approved.status, approved.out) == (
        0,
        f"{fresh}: applied, TRIAGE -> MITIGATING\n",
    )
    timeline = operate("incidents", "timeline", fresh).out
    assert "gate.approved  by anonymous (claimed: ada)" in timeline
    again = operate("approve", fresh, "--yes")
    assert again.status == 1
    assert "no gate is open: gate TRIAGE->MITIGATING is satisfied" in again.err


def test_a_denial_is_recorded(operate, fresh):
    assert operate("deny", fresh, "--yes", "--reason", "false alarm").status == 0
    assert "is denied: " in operate("incidents", "timeline", fresh).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ack",), "acknowledged by"),
        (("assign", "grace"), "assigned to"),
        (("note", "it is the cache"), "it is the cache"),
        (("severity", "P3", "--reason", "one shop only"), "severity P1 -> P3"),
        (("resolve", "--reason", "fixed"), "TRIAGE -> RESOLVED"),
        (("signal", "engineer.ack", "--payload", '{"by": "lin"}'), "claimed: lin"),
    ],
)
def test_signals_are_sent(operate, daemon, arguments, words):
    incident = f"signal-{arguments[0]}"
    daemon.trigger(incident, "P1")
    command, *rest = arguments
    sent = operate("incidents", command, incident, *rest)
    assert sent.status == 0, sent.err
    assert words in operate("incidents", "timeline", incident).out


def test_what_a_rulebook_rejects_is_a_finding(operate, fresh):
    rejected = operate("incidents", "start", fresh)
    assert (rejected.status, rejected.err) == (1, "Error: no step waits for a start\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("incidents", "show", "nobody"),
        ("incidents", "ack", "nobody"),
        ("approve", "nobody"),
        ("incidents", "signal", "db-1", "engineer.ack", "--payload", "{"),
        ("incidents", "signal", "db-1", "engineer.ack", "--payload", "[]"),
        ("automation", "set", "off", "--hook", "nope", "--reason", "x"),
        ("automation", "set", "off", "--for", "soon", "--reason", "x"),
        ("automation", "set", "off"),
    ],
)
def test_what_names_nothing_or_is_malformed_is_a_usage_error(operate, arguments):
    refused = operate(*arguments)
    assert refused.status == 2
    assert "Error: " in refused.err


def test_the_ladder_is_set_and_shown(operate):
    options = ("--hook", "restart_container", "--for", "2h", "--reason", "drill")
    set_ = operate("automation", "set", "observe", *options)
    assert set_.status == 0
    assert "hook restart_container: observe until " in set_.out
    shown = operate("automation", "show").out
    assert shown.startswith("in force: auto (the daemon was started with auto)\n")
    assert "set by anonymous: drill" in shown


def test_effects_are_listed(operate):
    listed = operate("effects", "list")
    assert "tell slack_ops (opened)" in listed.out
    shown = json.loads(operate("effects", "list", "--format", "json").out)
    assert {effect["status"] for effect in shown["effects"]} <= {"done", "pending", "claimed"}


@pytest.mark.parametrize("command", [("incidents", "list"), ("approve", "x"), ("effects", "list")])
def test_no_daemon_is_unavailable(interlock, monkeypatch, command):
    monkeypatch.setenv("INTERLOCK_URL", "http://127.0.0.1:9")
    refused = interlock(*command)
    assert refused.status == 4
    assert "no daemon answers at http://127.0.0.1:9" in refused.err


@pytest.mark.parametrize("url", ["ftp://x", "localhost:3000", "http://", "file:///etc/passwd"])
def test_a_url_that_is_none_is_a_usage_error(interlock, monkeypatch, url):
    monkeypatch.setenv("INTERLOCK_URL", url)
    assert interlock("incidents", "list").status == 2


class _Scripted(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        status, headers, body = self.server.script
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def stranger():
    """Something that is no daemon, and answers from a script."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Scripted)
    server.seen = []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ((200, {}, b"<html>"), 4),
        ((502, {}, b"bad gateway"), 4),
        ((503, {}, b'{"error": {"message": "locked"}}'), 4),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), 2),
        ((401, {}, b"[]"), 2),
    ],
)
def test_answers_of_strangers_are_said_not_shown(interlock, monkeypatch, stranger, script, status):
    stranger.script = script
    monkeypatch.setenv("INTERLOCK_URL", stranger.url)
    refused = interlock("automation", "show")
    assert refused.status == status
    assert "Traceback" not in refused.err


def test_the_token_is_sent_and_a_proxy_is_not_asked(monkeypatch, stranger):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("INTERLOCK_TOKEN", "t0ken")
    stranger.script = (200, {}, b"{}")
    ApiClient(stranger.url).get("/")
    assert stranger.seen[0]["Authorization"] == "Bearer t0ken"


def test_ids_are_escaped_in_paths():
    assert path_of("incidents", "a/b c?%") == "/incidents/a%2Fb%20c%3F%25"
    with pytest.raises(ConfigurationError):
        ApiClient("nonsense")
