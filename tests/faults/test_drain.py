"""A daemon that is told to stop, at each stage of its work, by one signal, two, or SIGKILL.

Promise: it exits 0 within 25 s, nothing that was answered is lost, no call is needlessly in doubt;
and however it ended, the next start finds a sound journal that agrees with the target's ledger.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from http.client import HTTPException

import pytest

from interlock.interpreter.journal.locate import open_store
from support.daemon import Daemon, Target, wait_for
from support.journal import assert_journal_is_sound

DRAINED_WITHIN_S = 25.0
RULEBOOK = """\
severity_matrix:
  P2: {{auto_remediation: true, escalation: [{{after: 1s, notify: [log]}}]}}
notification_channels: {{log: {{type: log}}}}
default_channel: log
workflow_rules:
  - {{transition: DETECTED -> MITIGATING, validator: severity_defined,
     action: execute_remediation_steps}}
runbooks:
  with_key:
    match: incident.labels.kind == "keyed"
    steps: [{{id: call, hook: keyed, timeout: 60s, retry: {{attempts: 9, initial: 2s}}}}]
  without_key:
    match: incident.labels.kind == "plain"
    steps: [{{id: call, hook: plain, timeout: 60s}}]
remediation_hooks:
  - {{id: keyed, endpoint: "{url}/keyed", idempotency_key: key, limits: {{max: 999}}}}
  - {{id: plain, endpoint: "{url}/plain", limits: {{max: 999}}}}
"""
ENDINGS = ("drain", "second signal", "kill")


class Scene:
    """A daemon, its target, and what was answered; `end` is how the daemon goes."""

    def __init__(self, folder, target):
        self.target = target
        self.daemon = Daemon(
            folder, RULEBOOK.format(url=target.url), "--drain", "1s", "--automation-limit", "none"
        )
        self.accepted = []

    def trigger(self, id_, kind):
        status, _ = self.daemon.trigger(id_, "P2", labels={"kind": kind})
        assert status == 200
        self.accepted.append(id_)

    def send_until_gone(self, prefix):
        number = 0
        while True:
            id_ = f"{prefix}-{number}"
            try:
                status, _ = self.daemon.trigger(id_, "P2", labels={"kind": "keyed"})
            except (OSError, HTTPException):
                return
            if status == 503:
                return
            assert status == 200
            self.accepted.append(id_)
            number += 1

    def begin_to_drain(self):
        self.daemon.signal(signal.SIGTERM)
        wait_for(lambda: '"draining"' in self.daemon.log or self.daemon.process.poll() is not None)

    def end(self, how):
        if how == "kill":
            self.daemon.signal(signal.SIGKILL)
        elif how == "second signal":
            self.daemon.signal(signal.SIGTERM)
        status = self.daemon.process.wait(DRAINED_WITHIN_S)
        self.daemon.process.stdout.close()
        # one that comes last of all finds the loop closed: the process ends by the signal itself
        ended = {"drain": {0}, "second signal": {0, 130, -signal.SIGTERM}, "kill": {0, -9}}
        assert status in ended[how]

    def steps(self):
        found = [self.daemon.incident(id_)["steps"] for id_ in self.accepted]
        return [step for steps in found for step in steps.values()]

    def start_again(self):
        """Start on the same journal, and wait until every call was made, or is in doubt."""
        self.target.status = 200
        self.target.may_answer.set()
        self.daemon.start()
        over = {"succeeded", "in_doubt"}
        wait_for(lambda: {step["status"] for step in self.steps()} <= over)

    def check(self, how):
        """Compare journal and ledger, which share nothing but the key."""
        ledger = {}
        for path, key, body in self.target.calls:
            assert ledger.setdefault(key, (path, body)) == (path, body)
        keys = [key for path, key, _ in self.target.calls if path == "/plain"]
        assert len(keys) == len(set(keys)), "without a key a target is called once"
        for step in self.steps():
            if step["status"] == "succeeded":
                assert step["key"] in ledger
            else:
                assert step["hook"] == "plain"
                assert step["key"] in ledger or how != "drain", "a needless doubt"
        assert len(self.steps()) == len(self.accepted)
        for id_ in self.accepted:
            fired = [r for r in self.daemon.timeline(id_) if r["input"]["kind"] == "timer"]
            assert len(fired) <= 1


@pytest.fixture
def scene(tmp_path):
    target = Target()
    made = Scene(tmp_path, target)
    with made.daemon:
        yield made
        if made.daemon.process.poll() is None:
            assert made.daemon.stop() == 0
    target.stop()
    asyncio.run(check_journal(tmp_path))


async def check_journal(folder):
    store = await open_store(f"sqlite:///{folder}/journal.db")
    await assert_journal_is_sound(store)
    await store.close()


def be_idle(_scene):
    pass


def be_in_a_call(scene, kind):
    scene.target.may_answer.clear()
    scene.trigger("i-1", kind)
    wait_for(lambda: scene.target.calls)


def wait_for_a_retry(scene):
    scene.target.status = 503
    scene.trigger("i-1", "keyed")
    wait_for(lambda: "is tried again" in scene.daemon.log)


def have_a_claim_just_made(scene):
    for number in range(6):
        scene.trigger(f"i-{number}", ("keyed", "plain")[number % 2])


STAGES = {
    "idle": be_idle,
    "in a call with a key": lambda scene: be_in_a_call(scene, "keyed"),
    "in a call without": lambda scene: be_in_a_call(scene, "plain"),
    "a retry waits": wait_for_a_retry,
    "a claim was just made": have_a_claim_just_made,
}


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_daemon_that_stops_leaves_a_journal_that_agrees_with_the_ledger(scene, stage, how):
    STAGES[stage](scene)
    scene.begin_to_drain()
    scene.end(how)
    scene.start_again()
    scene.check(how)


@pytest.mark.parametrize("how", ENDINGS)
def test_what_was_answered_while_it_stops_is_there_after(scene, how):
    names = [f"s{number}" for number in range(4)]
    senders = [threading.Thread(target=scene.send_until_gone, args=(name,)) for name in names]
    for sender in senders:
        sender.start()
    wait_for(lambda: len(scene.accepted) > 40)
    scene.begin_to_drain()
    scene.end(how)
    for sender in senders:
        sender.join()
    scene.start_again()
    scene.check(how)


def test_a_call_that_ends_while_draining_is_recorded_and_not_made_again(scene):
    be_in_a_call(scene, "plain")
    scene.begin_to_drain()
    scene.target.may_answer.set()
    scene.end("drain")
    scene.start_again()
    (step,) = scene.steps()
    assert (step["status"], step["attempts"], len(scene.target.calls)) == ("succeeded", 1, 1)


def test_a_call_that_does_not_end_is_made_again_under_its_key_and_is_no_doubt(scene):
    be_in_a_call(scene, "keyed")
    scene.begin_to_drain()
    scene.end("drain")
    scene.start_again()
    (step,) = scene.steps()
    assert step["status"] == "succeeded"
    assert len(scene.target.calls) == 2
    assert scene.target.calls[0] == scene.target.calls[1]


def test_a_call_that_does_not_end_at_a_target_without_a_key_is_left_to_a_person(scene):
    be_in_a_call(scene, "plain")
    scene.begin_to_drain()
    scene.end("drain")
    scene.start_again()
    (step,) = scene.steps()
    assert step["status"] == "in_doubt"
    assert len(scene.target.calls) == 1


@pytest.mark.parametrize("how", ENDINGS)
def test_a_timer_that_comes_due_while_it_is_stopped_is_fired_once_after(scene, how):
    scene.trigger("i-1", "plain")
    scene.begin_to_drain()
    scene.end(how)
    scene.start_again()

    def fired():
        records = scene.daemon.timeline("i-1")
        return [r for r in records if r["input"]["kind"] == "timer"]

    wait_for(fired)
    scene.trigger("i-2", "keyed")
    assert len(fired()) == 1
