"""Approving from the command line, against a daemon that knows who speaks."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interlock.cli.identity import load_identity
from interlock.interpreter.identity.tokens import ENTROPY_BYTES, make_token
from support.daemon import Daemon, wait_for

POLICY = Path(__file__).parents[2] / "policies" / "two-person-rule"
YEAR_NS = 365 * 86_400_000_000_000


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """The identity file of the shipped policy with a token for each of its people."""
    text = (POLICY / "identity.yaml").read_text("utf-8").replace("tokens: []\n", "tokens:\n")
    tokens = {}
    for name in load_identity(str(POLICY / "identity.yaml")).principals:
        until = time.time_ns() + YEAR_NS
        tokens[name], kept = make_token(name, until, entropy=os.urandom(ENTROPY_BYTES))
        text += (
            f'  - {{id: "{kept.id}", principal: {name}, sha256: "{kept.sha256}", '
            'expires: "2099-01-01T00:00:00Z"}\n'
        )
    file = tmp_path_factory.mktemp("people") / "identity.yaml"
    file.write_text(text, "utf-8")
    return file, tokens


@pytest.fixture(scope="module")
def daemon(people, tmp_path_factory):
    file, _ = people
    running = Daemon(
        tmp_path_factory.mktemp("daemon"),
        (POLICY / "rulebook.yaml").read_text("utf-8"),
        "--identity",
        str(file),
    )
    with running:
        yield running


@pytest.fixture
def run(daemon, people):
    def run(who, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "interlock.cli", *arguments],
            env={**os.environ, "INTERLOCK_URL": daemon.url, "INTERLOCK_TOKEN": people[1][who]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def open_gate(daemon, run, id_):
    daemon.trigger(id_, "P1", labels={"service": id_, "team": "db"})
    asked = run("ada", "incidents", "signal", id_, "engineer.fails_over")
    assert asked.returncode == 0, asked.stderr


def test_two_people_approve_what_they_are_shown_and_the_requester_does_not(daemon, run):
    open_gate(daemon, run, "db-1")
    assert "may not" in run("ada", "approve", "db-1", "--yes").stderr
    unasked = run("grace", "approve", "db-1")
    assert (unasked.returncode, "--digest, or --yes" in unasked.stderr) == (2, True)
    for words in (
        "step promote: promote_replica -> POST http://127.0.0.1:9180/database/promote",
        'with {"service": "db-1"}',
        "not from: requester (ada)",
        "approvals from: dba-leads, sre-leads",
    ):
        assert words in unasked.stderr
    digest = unasked.stderr.partition("digest ")[2].split()[0]
    other = run("grace", "approve", "db-1", "--digest", "sha256:0")
    assert (other.returncode, "look again" in other.stderr) == (1, True)
    assert run("grace", "approve", "db-1", "--digest", digest).returncode == 0
    assert "approved by grace" in run("lin", "incidents", "show", "db-1").stdout
    assert run("grace", "approve", "db-1", "--revoke").returncode == 0
    assert run("grace", "approve", "db-1", "--yes").returncode == 0
    assert "TRIAGE -> FAILING_OVER" in run("lin", "approve", "db-1", "--yes").stdout


def test_broken_glass_is_reviewed_by_somebody_else(daemon, run):
    open_gate(daemon, run, "db-2")
    assert run("mary", "approve", "db-2", "--break-glass", "--yes").returncode == 2
    broken = run("mary", "approve", "db-2", "--break-glass", "--yes", "--reason", "all is down")
    assert "TRIAGE -> FAILING_OVER" in broken.stdout, broken.stderr
    assert "broke the glass" in run("ada", "incidents", "show", "db-2").stdout
    assert run("mary", "incidents", "review", "db-2", "--reason", "fine").returncode == 1
    assert run("grace", "incidents", "review", "db-2", "--reason", "was right").returncode == 0
    assert "reviewed by grace" in run("ada", "incidents", "timeline", "db-2").stdout


@pytest.mark.parametrize(("typed", "status"), [("yes", 0), ("y", 1), ("", 1)])
def test_a_terminal_is_asked(daemon, people, run, typed, status):
    id_ = f"db-{typed or 'none'}"
    open_gate(daemon, run, id_)
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "interlock.cli", *shlex.split(f"approve {id_}")],
        env={**os.environ, "INTERLOCK_URL": daemon.url, "INTERLOCK_TOKEN": people[1]["grace"]},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(mine, f"{typed}\n".encode())
    process.communicate(timeout=30)
    os.close(mine)
    assert process.returncode == status


def test_who_has_no_token_or_no_right_is_told(daemon, people, run):
    open_gate(daemon, run, "db-3")
    people[1]["stranger"] = "ilk_00000000_" + "x" * 43
    assert "unknown or has expired" in run("stranger", "incidents", "list").stderr
    assert "ada may not" in run("ada", "automation", "set", "off", "--reason", "x").stderr


def test_approvals_outlive_a_kill(daemon, run):
    open_gate(daemon, run, "db-4")
    assert run("grace", "approve", "db-4", "--yes").returncode == 0
    daemon.kill()
    daemon.start()
    assert run("grace", "approve", "db-4", "--yes").returncode == 0
    assert "1 of 2 approvals" in run("lin", "incidents", "show", "db-4").stdout
    assert "TRIAGE -> FAILING_OVER" in run("lin", "approve", "db-4", "--yes").stdout


def test_a_role_taken_away_by_a_reload_takes_its_approval_along(daemon, people, run):
    open_gate(daemon, run, "db-5")
    assert run("grace", "approve", "db-5", "--yes").returncode == 0
    file, _ = people
    before = file.read_text("utf-8")
    file.write_text(before.replace("name: Grace, roles: [sre-leads]", "name: Grace, roles: []"))
    daemon.signal(signal.SIGHUP)
    wait_for(lambda: "may not" in run("grace", "incidents", "list").stderr)
    assert "TRIAGE" not in run("lin", "approve", "db-5", "--yes").stdout
    shown = run("lin", "incidents", "show", "db-5").stdout
    assert "1 of 2 approvals" in shown
    assert "approved by grace" not in shown
    file.write_text(before)
    daemon.signal(signal.SIGHUP)
    wait_for(lambda: run("grace", "incidents", "list").returncode == 0)
