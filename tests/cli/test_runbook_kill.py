"""A runbook goes on where it was, in whichever phase the daemon is killed.

A real daemon over SQLite and a real HTTP target; each test kills the daemon in another phase and
starts it again over the same journal.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from interlock.interpreter.journal.locate import open_store
from support.daemon import Daemon, Target, wait_for
from support.journal import assert_journal_is_sound

RULEBOOK = """\
severity_matrix: {{P2: {{auto_remediation: true}}}}
notification_channels: {{log: {{type: log}}}}
default_channel: log
workflow_rules:
  - {{transition: DETECTED -> MITIGATING, validator: severity_defined, action: book}}
runbooks:
  book:
    steps:
      - parallel:
          - {{id: a, hook: a, retry: {{attempts: 9, initial: 1s}}, undo: {{hook: back_a}}}}
          - {{id: b, hook: b, undo: {{hook: back_b}}}}
      - {{id: c, hook: c, verify: {{guard: 'false', within: 2s, every: 1s}}, on_failure: undo,
         undo: {{hook: back_c}}}}
remediation_hooks:
  - {{id: a, endpoint: "{url}/a", idempotency_key: key}}
  - {{id: b, endpoint: "{url}/b", idempotency_key: key}}
  - {{id: c, endpoint: "{url}/c", idempotency_key: key}}
  - {{id: back_a, endpoint: "{url}/back/a", idempotency_key: key}}
  - {{id: back_b, endpoint: "{url}/back/b", idempotency_key: key}}
  - {{id: back_c, endpoint: "{url}/back/c", idempotency_key: key}}
"""


@pytest.fixture
def target():
    served = Target()
    yield served
    served.stop()


def paths(target):
    return [path for path, _, _ in target.calls]


def statuses(daemon):
    steps = daemon.incident("i-1")["steps"]
    return {path.removeprefix("book/"): step["status"] for path, step in steps.items()}


def is_taken_back(daemon):
    records = daemon.timeline("i-1")
    changes = [change for record in records for change in record["changes"]]
    return any(c["kind"] == "raised" and c["type"] == "runbook.undone" for c in changes)


def check_end(target, folder):
    """Each call has one key and one body, undos came last first, and the journal is sound."""
    sent = {}
    for path, key, body in target.calls:
        assert sent.setdefault(path, (key, body)) == (key, body), "another key or body"
        assert json.loads(body)["key"] == key
    undos = [path for path in dict.fromkeys(paths(target)) if path.startswith("/back")]
    assert undos == ["/back/c", "/back/b", "/back/a"]

    async def check():
        store = await open_store(f"sqlite:///{folder}/journal.db")
        try:
            await assert_journal_is_sound(store)
        finally:
            await store.close()

    asyncio.run(check())


def reach_group(daemon, target):
    """Both members of the group are on their way and not answered."""
    target.may_answer.clear()
    daemon.trigger("i-1", "P2")
    wait_for(lambda: {"/a", "/b"} <= set(paths(target)))


def reach_verify(daemon, _target):
    """The step after the group was carried out and has yet to help."""
    daemon.trigger("i-1", "P2")
    wait_for(lambda: statuses(daemon).get("c") == "verifying")


def reach_undo(daemon, target):
    """The first undo is on its way."""
    reach_verify(daemon, target)
    target.may_answer.clear()
    wait_for(lambda: "/back/c" in paths(target))


@pytest.mark.parametrize("reach", [reach_group, reach_verify, reach_undo])
def test_a_killed_daemon_goes_on_with_its_runbook(tmp_path, target, reach):
    daemon = Daemon(tmp_path, RULEBOOK.format(url=target.url))
    with daemon:
        reach(daemon, target)
        daemon.kill()
    target.may_answer.set()
    with daemon:
        wait_for(lambda: is_taken_back(daemon))
        assert statuses(daemon) == {
            "a": "undone",
            "b": "undone",
            "c": "undone",
            "a#undo": "succeeded",
            "b#undo": "succeeded",
            "c#undo": "succeeded",
        }
        assert daemon.stop() == 0
    check_end(target, tmp_path)


def hold(daemon, mode):
    for hook in ("a", "b"):
        said = {"mode": mode, "hook": hook, "reason": "a freeze"}
        assert daemon.ask("PUT", "/automation", said)[0] == 200


def test_a_call_nobody_has_claimed_is_withdrawn_when_the_incident_is_resolved(tmp_path, target):
    daemon = Daemon(tmp_path, RULEBOOK.format(url=target.url))
    with daemon:
        hold(daemon, "observe")
        daemon.trigger("i-1", "P2")
        assert statuses(daemon) == {"a": "pending", "b": "pending", "c": "planned"}
        resolved = {"type": "incident.resolved", "payload": {"reason": "gone"}}
        assert daemon.ask("POST", "/incidents/i-1/events", resolved)[0] == 200
        assert set(statuses(daemon).values()) == {"cancelled"}
        hold(daemon, "auto")
        daemon.trigger("i-2", "P2")
        wait_for(lambda: len(target.calls) >= 2)
        assert daemon.stop() == 0
    assert all(json.loads(body)["incident"] == "i-2" for _, _, body in target.calls)
