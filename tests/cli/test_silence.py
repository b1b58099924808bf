"""`interlock silence` and the daemon behind it, also across a restart."""

from __future__ import annotations

import pytest

from support.daemon import Daemon, wait_for

RULEBOOK = """\
version: 1
severity_matrix: {P1: {notification_channels: [page]}}
notification_channels: {page: {type: log}}
inhibitions:
  - {source: 'event.labels.alertname == "ZoneDown"', target: 'event.labels.alertname == "Slow"',
     equal: [zone]}
"""


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path, RULEBOOK) as running:
        yield running


@pytest.fixture
def operate(daemon, interlock, monkeypatch):
    monkeypatch.setenv("INTERLOCK_URL", daemon.url)
    return interlock


def opened(daemon):
    return {incident["id"] for incident in daemon.ask("GET", "/incidents")[1]["incidents"]}


def test_a_silence_is_added_listed_and_ended(operate, daemon):
    match = 'event.labels.env == "staging"'
    added = operate("silence", "add", match, "--for", "2h", "--reason", "maintenance")
    assert added.status == 0
    assert f"{match} until " in added.out
    assert "added by anonymous: maintenance" in added.out
    assert operate("silence", "list").out == added.out
    assert daemon.trigger("s-1", "P1", labels={"env": "staging"})[1]["disposition"] == "suppressed"
    name = added.out.partition(":")[0]
    ended = operate("silence", "end", name, "--reason", "done early")
    assert (ended.status, ended.out) == (0, "no silence is left\n")
    wait_for(lambda: opened(daemon) == {"s-1"})
    assert operate("silence", "end", name).status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "--for", "1h", "--reason", "x"),
        ("add", "true", "--incident", "a", "--for", "1h", "--reason", "x"),
        ("add", "true", "--reason", "x"),
        ("add", "true", "--for", "1h"),
        ("add", "no such guard", "--for", "1h", "--reason", "x"),
        ("add", "--incident", "nobody", "--for", "1h", "--reason", "x"),
    ],
)
def test_a_silence_that_says_too_little_is_a_usage_error(operate, arguments):
    refused = operate("silence", *arguments)
    assert (refused.status, refused.out) == (2, "")


def test_a_silence_outlives_a_crash_and_ends_after_it(daemon):
    body = {"match": 'event.labels.env == "staging"', "for": "6s", "reason": "maintenance"}
    assert daemon.ask("POST", "/silences", body)[0] == 200
    assert daemon.trigger("s-1", "P1", labels={"env": "staging"})[1]["disposition"] == "suppressed"
    daemon.kill()
    daemon.start()
    assert daemon.trigger("s-2", "P1", labels={"env": "staging"})[1]["disposition"] == "suppressed"
    assert opened(daemon) == set()
    wait_for(lambda: opened(daemon) == {"s-1", "s-2"})
    timeline = daemon.timeline("s-1")
    notes = [c["reason"] for r in timeline for c in r["changes"] if c["kind"] == "note"]
    assert any(note.startswith("routed again: silence s-") for note in notes)
    assert daemon.ask("GET", "/silences")[1]["silences"] == []


def test_what_is_inhibited_across_a_crash_is_routed_again(daemon):
    down, slow = {"alertname": "ZoneDown", "zone": "a"}, {"alertname": "Slow", "zone": "a"}
    daemon.trigger("z", "P1", labels=down)
    assert daemon.trigger("s", "P1", labels=slow)[1]["disposition"] == "suppressed"
    daemon.kill()
    daemon.start()
    resolved = {"type": "alert.resolved", "payload": {"id": "z", "labels": down}}
    assert daemon.ask("POST", "/ingest", resolved)[0] == 200
    wait_for(lambda: "s" in opened(daemon))
