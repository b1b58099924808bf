"""Channels of a real daemon: alert, page, thread, an approval by button, a test."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest

from interlock.cli.main import main
from support.daemon import Daemon, wait_for
from support.people import People

KEY = "slack-signing-secret"
TOKEN = "xoxb-canary-token"
ROUTING = "R0UTING" * 4 + "KEY1"
IDENTITY = """\
version: 1
principals:
  ada: {roles: [approver, operator], aliases: {slack: [{team: T1, user: U1}]}}
tokens:
"""


class Service(ThreadingHTTPServer):
    """Slack's Web API and PagerDuty's Events API, as far as they are used."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Request)
        self.calls = []
        self.refusing = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def of(self, path):
        return [body for called, body in list(self.calls) if called == path]


class _Request(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, body))
        is_slack = self.path.startswith("/api/")
        answer = {"ok": True, "ts": "17.1", "channel": "C1"} if is_slack else {"status": "success"}
        if is_slack and self.server.refusing:
            answer = {"ok": False, "error": "channel_not_found"}
        data = json.dumps(answer).encode()
        self.send_response(200 if is_slack else 202)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        pass


@pytest.fixture
def service():
    made = Service()
    yield made
    made.shutdown()
    made.server_close()


RULEBOOK = """\
severity_matrix: {{P1: {{approval_required: true, notification_channels: [page, chat]}}}}
notification_channels:
  page: {{type: pagerduty, routing_key: "${{env:PD}}", url: "{url}/v2/enqueue"}}
  chat: {{type: slack, token: "${{env:SLACK}}", channel: "#inc", url: "{url}/api",
         signing_secret: "${{env:SIGN}}"}}
default_channel: page
workflow_rules:
  - {{transition: DETECTED -> TRIAGE, validator: severity_defined}}
  - id: fix
    transition: TRIAGE -> MITIGATING
    trigger: [fix.asked]
    gate: {{approvals: 1, expires: 30m}}
"""


@pytest.fixture
def daemon(tmp_path, service, monkeypatch):
    for name, value in {"PD": ROUTING, "SLACK": TOKEN, "SIGN": KEY}.items():
        monkeypatch.setenv(name, value)
    people = People(IDENTITY.replace("tokens:\n", ""), now=time.time_ns())
    token = next(iter(people.current.tokens.values()))
    identity = tmp_path / "identity.yaml"
    expires = "expires: '2100-01-01T00:00:00Z'"
    entry = f"  - {{id: {token.id}, principal: ada, sha256: {token.sha256}, {expires}}}\n"
    identity.write_text(IDENTITY + entry, "utf-8")
    made = Daemon(
        tmp_path,
        RULEBOOK.format(url=service.url),
        "--identity", str(identity), "--external-url", "https://interlock.test",
    )  # fmt: skip
    with made:
        monkeypatch.setenv("INTERLOCK_URL", made.url)
        monkeypatch.setenv("INTERLOCK_TOKEN", people.tokens["ada"])
        made.token = people.tokens["ada"]
        yield made


def ask(daemon, method, path, body=None):
    request = urllib.request.Request(
        daemon.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {daemon.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def press(daemon, button):
    payload = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "team": {"id": "T1"},
        "actions": [{"action_id": button["action_id"], "value": button["value"]}],
        "response_url": "http://169.254.169.254/",
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(time.time()))
    made = hmac.new(KEY.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={made.hexdigest()}",
    }
    request = urllib.request.Request(daemon.url + "/slack/interactions", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def buttons(service):
    for body in service.of("/api/chat.postMessage"):
        for block in body["blocks"]:
            if block["type"] == "actions":
                return block["elements"]
    return None


def test_from_alert_to_page_to_a_button_to_the_transition(daemon, service):
    ask(daemon, "POST", "/ingest", {
        "type": "alert.triggered",
        "payload": {"id": "INC-1", "severity": "P1", "title": "<!channel> High Latency"},
    })  # fmt: skip
    wait_for(lambda: service.of("/v2/enqueue") and service.of("/api/chat.postMessage"))
    page = service.of("/v2/enqueue")[0]
    assert (page["event_action"], page["dedup_key"]) == ("trigger", "INC-1/1")
    assert page["routing_key"] == ROUTING
    assert page["client_url"] == "https://interlock.test/incidents/INC-1"
    wait_for(lambda: ask(daemon, "GET", "/incidents/INC-1")["threads"])

    daemon.kill()
    daemon.start()  # what the thread is must be found again
    ask(daemon, "POST", "/incidents/INC-1/events", {"type": "fix.asked", "payload": {}})
    wait_for(lambda: buttons(service))
    assert service.of("/api/chat.postMessage")[-1]["thread_ts"] == "17.1"
    assert press(daemon, buttons(service)[0]) == 200
    wait_for(lambda: ask(daemon, "GET", "/incidents/INC-1")["state"] == "MITIGATING")
    gate = ask(daemon, "GET", "/incidents/INC-1")["gates"]["fix"]
    assert gate["approvals"][0]["principal"] == "ada"

    ask(daemon, "POST", "/incidents/INC-1/events", {"type": "engineer.ack", "payload": {}})
    alert = {"id": "INC-1", "severity": "P1"}
    ask(daemon, "POST", "/ingest", {"type": "alert.resolved", "payload": alert})
    wait_for(lambda: service.of("/v2/enqueue")[-1]["event_action"] == "resolve")
    actions = [event["event_action"] for event in service.of("/v2/enqueue")]
    assert "acknowledge" in actions
    assert {event["dedup_key"] for event in service.of("/v2/enqueue")} == {"INC-1/1"}
    assert "<!channel>" not in json.dumps(service.of("/api/chat.postMessage"))
    kept = daemon.log.encode() + b"".join(
        file.read_bytes() for file in daemon.folder.glob("journal.db*")
    )
    for secret in (KEY, TOKEN, ROUTING):
        assert secret.encode() not in kept


@pytest.mark.usefixtures("daemon")
def test_a_test_message_says_how_it_went(service, capsys):
    assert main(["channels", "test", "chat"]) == 0
    assert "chat: sent; answered 200 OK" in capsys.readouterr().out
    assert "This is a test" in service.of("/api/chat.postMessage")[0]["text"]
    service.refusing = True
    assert main(["channels", "test", "chat", "--reason", "moved"]) == 1
    assert "chat: failed: Slack refused it: channel_not_found" in capsys.readouterr().out
    assert main(["channels", "list"]) == 0
    assert "pagerduty" in capsys.readouterr().out
    assert main(["channels", "test", "nowhere"]) != 0


def test_a_channel_that_refuses_for_good_is_told_of_elsewhere(daemon, service):
    service.refusing = True
    ask(daemon, "POST", "/ingest", {
        "type": "alert.triggered",
        "payload": {"id": "INC-2", "severity": "P1", "title": "High Latency"},
    })  # fmt: skip
    wait_for(lambda: any("channel_not_found" in json.dumps(e) for e in service.of("/v2/enqueue")))
    assert any(
        "notify/opened/chat failed" in why
        for why in ask(daemon, "GET", "/incidents/INC-2")["needs_attention"]
    )
