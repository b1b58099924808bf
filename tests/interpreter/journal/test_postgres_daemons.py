"""Two whole daemons on one PostgreSQL journal, as a person and an Alertmanager meet them."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from interlock.interpreter.journal.locate import open_store
from support.daemon import Daemon, Target, wait_for
from support.journal import assert_journal_is_sound
from support.postgres import clean_journal, connected
from support.rulebooks import REMEDIATING

ESCALATING = REMEDIATING.replace(
    "approval_required: true}",
    "approval_required: true, escalation: [{after: 1s, notify: [ops]}, {after: 3s, notify: [ops]}]"
    "}",
)
# twenty incidents within an hour are what the test of a crowd is about, and over the usual limit
UNLIMITED = ESCALATING.replace('"}', '", limits: {max: 99}}').replace(
    "idempotency_key: correlation_id}", "idempotency_key: correlation_id, limits: {max: 99}}"
)
APPROVAL = {"decision": "approve", "reason": "traffic is real"}


@pytest.fixture
def address():
    return asyncio.run(clean_journal())


@pytest.fixture
def target():
    served = Target()
    yield served
    served.stop()


@pytest.fixture
def daemons(tmp_path, target, address):
    """Two running daemons; afterwards the journal they share must be sound."""
    rulebook = UNLIMITED.replace("https://api.example.test", target.url)
    made = []
    for name in "ab":
        (tmp_path / name).mkdir()
        options = ("--store", address, "--automation-limit", "none")
        made.append(Daemon(tmp_path / name, rulebook, *options))
    with made[0], made[1]:
        yield made
        for daemon in made:
            if daemon.process.poll() is None:
                assert daemon.stop() == 0
    assert asyncio.run(flaws_of(address, target)) == []


async def flaws_of(address, target):
    """Check the journal, and that no key ever went out with two different bodies."""
    store = await open_store(address)
    await assert_journal_is_sound(store)
    await store.close()
    sent = {}
    return [
        f"key {key} was sent with different bytes"
        for path, key, body in target.calls
        if sent.setdefault(key, (path, body)) != (path, body)
    ]


async def alter(address, statement):
    async with connected(address) as connection:
        await connection.execute(statement)


def steps_of(daemon, incident):
    return {path: step["status"] for path, step in daemon.incident(incident)["steps"].items()}


def changes_of(daemon, incident, kind):
    return [
        change
        for record in daemon.timeline(incident)
        for change in record["changes"]
        if change["kind"] == kind
    ]


def test_what_one_daemon_opened_is_approved_and_seen_on_the_other(daemons, address):
    first, second = daemons
    assert "hush" not in first.log
    assert address.partition("@/")[2].partition("?")[0] in first.log
    assert first.trigger("test-1", "P1")[1]["disposition"] == "applied"
    assert second.incident("test-1")["state"] == "TRIAGE"
    status, body = second.ask("POST", "/approvals/test-1", APPROVAL)
    assert (status, [step["to"] for step in body["transitions"]]) == (200, ["MITIGATING"])
    assert first.incident("test-1")["state"] == "MITIGATING"
    wait_for(lambda: set(steps_of(first, "test-1").values()) == {"succeeded"})
    assert first.timeline("test-1") == second.timeline("test-1")


def test_alerts_sent_to_both_at_once_are_each_answered_and_recorded(daemons, target):
    ids = [f"test-{number}" for number in range(20)]

    def send(job):
        daemon, id_ = job
        answers = [daemon.trigger(id_, "P2")]
        while answers[-1][0] == 503:  # both wrote to one incident, time and again: sent again
            answers.append(daemon.trigger(id_, "P2"))
        return answers[-1]

    jobs = [(daemon, id_) for id_ in ids for daemon in (*daemons, *daemons)]
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(send, jobs))
    assert {status for status, _ in answers} <= {200, 202}
    listed = daemons[0].ask("GET", "/incidents?limit=100")[1]["incidents"]
    assert sorted(incident["id"] for incident in listed) == sorted(ids)
    wait_for(lambda: all(set(steps_of(daemons[1], id_).values()) == {"succeeded"} for id_ in ids))
    assert len(target.calls) == len({key for _, key, _ in target.calls}) == 2 * len(ids)
    for id_ in ids:
        alerts = [r for r in daemons[0].timeline(id_) if r["input"]["kind"] == "event"]
        assert len(alerts) == 4, "every copy is recorded, one of them applied"


def call_from(caller, other, target):
    """Have one of two daemons, and not the other, in the middle of a call."""
    assert other.stop() == 0
    target.may_answer.clear()
    caller.trigger("test-1", "P2")
    wait_for(lambda: target.calls)
    other.start()


def test_the_effects_of_a_killed_daemon_go_on_under_their_keys(daemons, address, target):
    dying, other = daemons
    call_from(dying, other, target)
    (cut_off,) = target.calls
    dying.kill()
    target.may_answer.set()
    # a minute from now nobody would have renewed it; a test does not wait for that
    asyncio.run(alter(address, "UPDATE outbox SET claimed_until = 1 WHERE status = 'claimed'"))
    wait_for(lambda: steps_of(other, "test-1").get("slow/restart") == "succeeded")
    assert target.calls[1] == cut_off, "the same key and the same bytes"
    assert len({key for _, key, _ in target.calls}) == 2
    assert other.incident("test-1")["steps"]["slow/scale"]["attempts"] == 2


def test_a_daemon_stopped_past_its_claim_does_no_harm_when_it_goes_on(daemons, address, target):
    stopped, other = daemons
    call_from(stopped, other, target)
    stopped.signal(signal.SIGSTOP)
    asyncio.run(alter(address, "UPDATE outbox SET claimed_until = 1 WHERE status = 'claimed'"))
    wait_for(lambda: len(target.calls) == 2)
    target.may_answer.set()
    wait_for(lambda: steps_of(other, "test-1").get("slow/restart") == "succeeded")
    stopped.signal(signal.SIGCONT)
    assert stopped.trigger("test-2", "P2")[0] == 200
    wait_for(lambda: steps_of(other, "test-2").get("slow/restart") == "succeeded")
    assert target.calls[0] == target.calls[1], "the same key and the same bytes"
    assert len({key for _, key, _ in target.calls}) == 4
    assert set(steps_of(stopped, "test-1").values()) == {"succeeded"}


def test_a_running_call_is_left_alone_by_a_daemon_that_starts(daemons, target):
    first, second = daemons
    assert second.stop() == 0
    target.may_answer.clear()
    first.trigger("test-1", "P2")
    wait_for(lambda: target.calls)
    second.start()
    second.trigger("test-2", "P1")
    assert len(target.calls) == 1
    target.may_answer.set()
    wait_for(lambda: steps_of(second, "test-1").get("slow/restart") == "succeeded")
    assert second.incident("test-1")["steps"]["slow/scale"]["attempts"] == 1


def test_the_timers_of_a_killed_daemon_are_fired_by_the_other(daemons):
    dying, other = daemons
    dying.trigger("test-1", "P1")
    dying.kill()
    wait_for(lambda: len(changes_of(other, "test-1", "timer_fired")) == 2)
    fired = changes_of(other, "test-1", "timer_fired")
    assert [change["name"] for change in fired] == ["escalation/1", "escalation/2"]


def test_a_timer_is_fired_once_by_two_daemons_that_both_see_it(daemons):
    for number in range(5):
        daemons[number % 2].trigger(f"test-{number}", "P1")
    ids = [f"test-{number}" for number in range(5)]
    wait_for(lambda: all(len(changes_of(daemons[0], id_, "timer_fired")) == 2 for id_ in ids))
    for id_ in ids:
        records = [r for r in daemons[1].timeline(id_) if r["input"]["kind"] == "timer"]
        assert len(records) == 2, "the one that came second leaves no record"


def test_automation_set_on_one_daemon_holds_on_the_other(daemons, target):
    first, second = daemons
    status, _ = first.ask("PUT", "/automation", {"mode": "off", "reason": "drill"})
    assert status == 200
    second.trigger("test-1", "P2")
    assert second.ask("GET", "/automation")[1]["mode"] == "off"
    first.trigger("test-2", "P2")
    assert target.calls == []
    second.ask("PUT", "/automation", {"mode": "auto", "reason": "drill is over"})
    first.trigger("test-3", "P2")
    wait_for(lambda: set(steps_of(first, "test-3").values()) == {"succeeded"})


def test_what_one_daemon_silences_the_other_silences_and_lets_go(daemons):
    first, second = daemons
    body = {"match": 'event.labels.env == "staging"', "for": "1h", "reason": "maintenance"}
    (silence,) = first.ask("POST", "/silences", body)[1]["silences"]
    for number, daemon in enumerate((second, first)):
        answer = daemon.trigger(f"s-{number}", "P1", labels={"env": "staging"})[1]
        assert answer["disposition"] == "suppressed"
    assert second.ask("DELETE", f"/silences/{silence['id']}")[0] == 200
    for daemon, name in ((first, "s-0"), (second, "s-1")):
        wait_for(lambda d=daemon, n=name: d.ask("GET", f"/incidents/{n}")[0] == 200)
