"""A daemon seals, exports checkpoints and erases what is old; its journal verifies after."""

from __future__ import annotations

import json
import time

import pytest

from support.daemon import Daemon, wait_for

RULEBOOK = "version: 1\nname: kept\n"


@pytest.fixture
def keys(tmp_path, interlock):
    assert interlock("audit", "keygen", str(tmp_path / "key")).status == 0
    return tmp_path / "key", tmp_path / "key.pub"


def verified(interlock, tmp_path, *options):
    store = f"sqlite:///{tmp_path / 'journal.db'}"
    done = interlock("audit", "verify", "--store", store, "--format", "json", *map(str, options))
    report = json.loads(done.out)
    assert (done.status, report["flaws"]) == (0, [])
    return report


def test_checkpoints_appear_while_it_runs_and_the_journal_holds_what_they_say(
    tmp_path, interlock, keys
):
    file = tmp_path / "checkpoints"
    options = ("--checkpoints", file, "--checkpoint-key", keys[0], "--checkpoint-every", "1s")
    with Daemon(tmp_path, RULEBOOK, *map(str, options)) as daemon:
        daemon.trigger("test-1", "P3")
        wait_for(lambda: file.exists() and file.read_bytes().count(b"\n") == 1)
        daemon.trigger("test-2", "P3")
        wait_for(lambda: file.read_bytes().count(b"\n") > 1)
        known = ("--checkpoint", file, "--public-key", keys[1])
        beside = verified(interlock, tmp_path, *known)
        assert beside["records"] > 1
        assert beside["checkpoints"] > 1
        assert daemon.stop() == 0
    assert verified(interlock, tmp_path, *known)["records"] >= beside["records"]


def test_an_incident_is_shown_as_it_was_by_the_command(tmp_path, interlock, monkeypatch):
    with Daemon(tmp_path, RULEBOOK) as daemon:
        daemon.trigger("test-1", "P3")
        daemon.ask("POST", "/incidents/test-1/events", {"type": "engineer.ack", "payload": {}})
        monkeypatch.setenv("INTERLOCK_URL", daemon.url)
        shown = interlock("incidents", "show", "test-1", "--at", "1", "--format", "json")
        now = interlock("incidents", "show", "test-1", "--format", "json")
        assert json.loads(shown.out)["revision"] == 1
        assert json.loads(shown.out).get("acknowledged_by") is None
        assert json.loads(now.out)["acknowledged_by"] == "anonymous"
        assert interlock("incidents", "show", "test-1", "--at", "1999-01-01T00:00:00Z").status != 0


def test_retention_erases_what_is_closed_and_keeps_what_is_open(tmp_path, interlock):
    with Daemon(tmp_path, RULEBOOK) as daemon:
        daemon.trigger("old", "P3")
        daemon.ask("POST", "/incidents/old/events", {"type": "incident.resolved", "payload": {}})
        daemon.trigger("open", "P3")
        wait_for(lambda: not daemon.ask("GET", "/effects?status=pending")[1].get("effects"))
        assert daemon.incident("old")["state"] == "POST_MORTEM"
        assert daemon.stop() == 0
    before = verified(interlock, tmp_path)
    assert before["erased"] == 0
    time.sleep(1.1)  # a daemon looks at its start, then each hour: what is to go is older by then
    with Daemon(tmp_path, RULEBOOK, "--retain", "1s") as daemon:
        wait_for(lambda: daemon.ask("GET", "/incidents/old")[0] == 404)
        assert daemon.incident("open")["state"] == "MITIGATING"
        assert daemon.stop() == 0
    after = verified(interlock, tmp_path)
    assert after["erased"] > 0
    assert after["records"] > before["records"]
