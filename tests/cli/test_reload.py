"""A running daemon gets another rulebook: by signal, by watching, by the API; or keeps its own."""

from __future__ import annotations

import signal
import subprocess

import pytest

from support.daemon import Daemon, wait_for
from support.rulebooks import REFERENCE

OTHER = REFERENCE.replace("sla_minutes: 15", "sla_minutes: 20")
BROKEN = "version: 1\nworkflow_rules: 7\n"


def live(daemon):
    return daemon.ask("GET", "/rulebook")[1]


def test_a_signal_brings_the_new_rulebook_and_a_broken_one_leaves_it(tmp_path):
    with Daemon(tmp_path, REFERENCE) as daemon:
        first = live(daemon)
        assert first["by"] == "engine"
        daemon.file.write_text(OTHER, "utf-8")
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: live(daemon)["digest"] != first["digest"])
        second = live(daemon)
        assert (second["by"], second["reason"]) == ("signal", "asked for by SIGHUP")
        daemon.file.write_text(BROKEN, "utf-8")
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: "reload refused" in daemon.log)
        assert live(daemon) == second
        assert daemon.trigger("test-1", "P2")[0] == 200
        assert daemon.stop() == 0


def test_watched_files_are_reloaded_when_they_change(tmp_path):
    with Daemon(tmp_path, REFERENCE, "--watch") as daemon:
        first = live(daemon)["digest"]
        daemon.file.write_text(OTHER, "utf-8")
        wait_for(lambda: live(daemon)["digest"] != first)
        assert live(daemon)["by"] == "watch"


def test_the_api_says_what_is_wrong_and_where(tmp_path, monkeypatch, interlock):
    with Daemon(tmp_path, REFERENCE) as daemon:
        monkeypatch.setenv("INTERLOCK_URL", daemon.url)
        daemon.file.write_text(BROKEN, "utf-8")
        status, body = daemon.ask("POST", "/rulebook/reload", {"reason": "try"})
        assert (status, body["error"]["code"]) == (422, "reload_refused")
        (found,) = body["error"]["detail"]
        assert found["place"].endswith("rulebook.yaml:2:17")
        daemon.file.write_text(OTHER, "utf-8")
        done = interlock("rulebook", "reload", "--reason", "longer SLA", "--commit", "c0ffee")
        assert (done.status, done.err) == (0, "")
        assert "at commit c0ffee\nbrought by anonymous: longer SLA" in done.out
        assert interlock("rulebook", "reload").out.startswith("nothing has changed\n")
        assert interlock("rulebook", "show").out.splitlines()[0].endswith(live(daemon)["digest"])


@pytest.mark.parametrize("is_dirty", [False, True])
def test_the_commit_of_a_repository_is_recorded(tmp_path, is_dirty):
    def git(*arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.test")
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    daemon = Daemon(tmp_path, REFERENCE)
    git("init", "-q")
    git("add", "rulebook.yaml")
    git("commit", "-qm", "first")
    if is_dirty:
        daemon.file.write_text(OTHER, "utf-8")
    with daemon:
        expected = git("rev-parse", "HEAD") + ("-dirty" if is_dirty else "")
        assert live(daemon)["commit"] == expected


def test_running_incidents_are_moved_to_the_live_rulebook(tmp_path, monkeypatch, interlock):
    with Daemon(tmp_path, REFERENCE) as daemon:
        monkeypatch.setenv("INTERLOCK_URL", daemon.url)
        daemon.trigger("test-1", "P2")
        old = live(daemon)["digest"]
        assert "nothing to move" in interlock("incidents", "repin", "--reason", "r").out
        daemon.file.write_text(OTHER, "utf-8")
        interlock("rulebook", "reload")
        arguments = ("incidents", "repin", "--reason", "new SLA", "--map", f"{old[:20]}=live")
        said = interlock(*arguments, "--dry-run")
        assert (said.status, daemon.incident("test-1")["rulebook"]) == (0, old)
        assert said.out.splitlines()[1].split() == ["test-1", old[:19], "MITIGATING", "moves"]
        assert interlock(*arguments).out == said.out
        assert daemon.incident("test-1")["rulebook"] == live(daemon)["digest"]
        assert interlock(*arguments[:4], "--map", "A").status == 2
        signal_ = {"type": "incident.repin", "payload": {"to": old}}
        status, body = daemon.ask("POST", "/incidents/test-1/events", signal_)
        assert (status, body["error"]["code"]) == (422, "reserved_type")
