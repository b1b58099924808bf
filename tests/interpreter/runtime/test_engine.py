"""What enters the engine is recorded before it is answered, shares commits, and is never lost."""

from __future__ import annotations

import asyncio
import json

import pytest
from msgspec.structs import replace

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.journal.store import (
    MalformedCommitError,
    StaleRevisionError,
    StoreDamagedError,
    StoreUnavailableError,
)
from interlock.interpreter.runtime import decider, engine
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.delivery import DrainingError, OverloadedError, PutAside
from interlock.interpreter.runtime.intake import make_items
from interlock.interpreter.sources import read_event
from support.runtime import FaultyStore, Runtime, event_body, yield_often


async def test_a_p2_is_opened_triaged_and_mitigated_by_one_alert(store):
    async with Runtime(store) as runtime:
        answer = await runtime.alert("test-1", "P2")
        assert answer.incident == "test-1"
        assert answer.disposition == "applied"
        assert [(t.from_, t.to) for t in answer.transitions] == [
            ("DETECTED", "TRIAGE"),
            ("TRIAGE", "MITIGATING"),
        ]
        assert (await runtime.incident()).state == "MITIGATING"


async def test_a_p1_waits_at_its_gate_and_goes_on_when_approved(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
        assert (await runtime.incident()).state == "TRIAGE"
        answer = await runtime.say("gate.approved", "test-1")
        assert [(t.from_, t.to) for t in answer.transitions] == [("TRIAGE", "MITIGATING")]
        (approved,) = answer.transitions[0].approvals
        assert approved.principal == "ada"


async def test_inputs_that_arrive_together_share_a_commit(store):
    faulty = FaultyStore(store)
    async with Runtime(faulty) as runtime:
        bodies = [event_body(f"test-{n}") for n in range(50)]
        answers = await runtime.ingest(*bodies)
        assert [answer.incident for answer in answers] == [f"test-{n}" for n in range(50)]
        assert len(faulty.commits) == 1


async def test_a_batch_is_bounded(memory, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_LENGTH_MAX", 8)
    faulty = FaultyStore(memory)
    async with Runtime(faulty) as runtime:
        await runtime.ingest(*[event_body(f"test-{n}") for n in range(20)])
        assert [len(commit.appends) for commit in faulty.commits] == [8, 8, 4]


async def test_a_later_input_is_decided_on_the_uncommitted_result_of_the_earlier(store):
    async with Runtime(store) as runtime:
        answers = await runtime.ingest(
            event_body("test-1", "P1"), event_body("test-1", type="alert.resolved")
        )
        assert [answer.revision for answer in answers] == [1, 2]
        assert (await runtime.incident()).resolved_at is not None


async def test_arrivals_during_a_commit_are_decided_on_it_and_share_the_next(store):
    faulty = FaultyStore(store)
    faulty.may_commit.clear()
    async with Runtime(faulty) as runtime:
        first = asyncio.create_task(runtime.alert("test-1", "P1"))
        await faulty.begun.wait()
        later = [
            asyncio.create_task(runtime.say("incident.noted", "test-1", reason=str(n)))
            for n in range(3)
        ]
        await yield_often()
        assert not first.done(), "nothing is answered before its commit returned"
        faulty.may_commit.set()
        answers = await asyncio.gather(first, *later)
        assert [answer.revision for answer in answers] == [1, 2, 3, 4]
        assert len(faulty.commits) == 2


async def test_nothing_is_visible_or_observed_before_the_commit_returned(store):
    faulty = FaultyStore(store)
    faulty.may_commit.clear()
    async with Runtime(faulty) as runtime:
        waiting = asyncio.create_task(runtime.alert("test-1", "P1"))
        await faulty.begun.wait()
        assert await store.heads((incident_stream("test-1"),)) == {}
        assert runtime.observed == []
        faulty.may_commit.set()
        await waiting
        assert len(runtime.observed) == 1


async def test_a_failed_commit_is_discarded_whole_and_refused(store):
    faulty = FaultyStore(store)
    async with Runtime(faulty) as runtime:
        faulty.failures.append(StoreUnavailableError("the disk is full"))
        with pytest.raises(StoreUnavailableError, match="disk is full"):
            await runtime.ingest(event_body("test-1"), event_body("test-2"))
        assert await store.streams() == []
        assert runtime.observed == []
        assert (await runtime.alert("test-1")).revision == 1


async def test_what_was_decided_on_a_failed_commit_is_decided_again(store):
    faulty = FaultyStore(store)
    faulty.may_commit.clear()
    async with Runtime(faulty) as runtime:
        faulty.failures.append(StoreUnavailableError("the disk is full"))
        first = asyncio.create_task(runtime.alert("test-1", "P1"))
        await faulty.begun.wait()
        second = asyncio.create_task(runtime.alert("test-1", "P2", title="again"))
        await yield_often()
        faulty.may_commit.set()
        with pytest.raises(StoreUnavailableError):
            await first
        answer = await second
        assert answer.revision == 1, "it opened the incident that the first one did not"
        assert (await runtime.incident()).severity == "P2"


async def test_a_stale_commit_is_decided_again_and_then_goes_through(store):
    faulty = FaultyStore(store)
    async with Runtime(faulty) as runtime:
        faulty.failures += [StaleRevisionError(incident_stream("test-1"))] * 2
        assert (await runtime.alert("test-1")).disposition == "applied"
        assert len(faulty.commits) == 3


async def test_a_stream_contended_for_ever_is_given_up_without_its_batch_mates(store):
    faulty = FaultyStore(store)
    async with Runtime(faulty) as runtime:
        faulty.failures += [StaleRevisionError(incident_stream("test-1"))] * engine.TRIES_MAX
        one, two = await asyncio.gather(
            runtime.alert("test-1"), runtime.alert("test-2"), return_exceptions=True
        )
        assert isinstance(one, StoreUnavailableError)
        assert two.disposition == "applied"


async def test_another_node_that_was_first_is_noticed(memory):
    """Two engines on one store: the slower decides again on what the faster wrote."""
    async with Runtime(memory) as one:
        other = Runtime(memory)
        other._task = asyncio.create_task(other.engine.run())
        answers = await asyncio.gather(
            *(
                runtime.alert("test-1", "P1", title=f"{n}")
                for n in range(5)
                for runtime in (one, other)
            )
        )
        assert sorted(answer.revision for answer in answers) == list(range(1, 11))
        other.engine.drain()
        await other._task


async def test_an_input_whose_decision_raises_goes_to_quarantine_alone(store, monkeypatch):
    decide = decider.decide

    def failing(graph, incident, input_, *args, **kwargs):
        if getattr(input_, "event", None) is not None and input_.event.id == "poison":
            raise ZeroDivisionError("planted")
        return decide(graph, incident, input_, *args, **kwargs)

    monkeypatch.setattr(decider, "decide", failing)
    async with Runtime(store) as runtime:
        answers = await runtime.ingest(
            event_body("test-1"), event_body("poison"), event_body("test-2")
        )
        assert [a.disposition for a in answers] == ["applied", "quarantined", "applied"]
        (aside,) = await store.quarantined()
        assert aside.reason == "ZeroDivisionError: planted"
        assert aside.source == "source:ingest"
        assert b'"poison"' in aside.data


async def test_a_decision_that_does_not_fold_to_its_incident_is_put_aside(store, monkeypatch):
    decide = decider.decide

    def lying(*args, **kwargs):
        decision = decide(*args, **kwargs)
        return replace(decision, incident=replace(decision.incident, title="another"))

    monkeypatch.setattr(decider, "decide", lying)
    async with Runtime(store) as runtime:
        answer = await runtime.alert("test-1")
        assert answer.disposition == "quarantined"
        assert "FoldDivergenceError" in answer.reason


async def test_a_commit_that_no_store_accepts_costs_only_the_input_at_fault(store):
    faulty = FaultyStore(store)

    async def refuse(commit):
        if any(append.stream == incident_stream("bad") for append in commit.appends):
            raise MalformedCommitError("planted")

    faulty.before_commit = refuse
    async with Runtime(faulty) as runtime:
        answers = await runtime.ingest(
            event_body("test-1"), event_body("bad"), event_body("test-2")
        )
        assert [a.disposition for a in answers] == ["applied", "quarantined", "applied"]
        assert [a.stream for a in answers] == ["incident/test-1", None, "incident/test-2"]
        assert len(await store.quarantined()) == 1


async def test_a_damaged_store_stops_the_engine_and_answers_nobody(store):
    faulty = FaultyStore(store)
    runtime = Runtime(faulty)
    await store.open()
    task = asyncio.create_task(runtime.engine.run())
    faulty.failures.append(StoreDamagedError("a record is not what was written"))
    with pytest.raises(StoreDamagedError):
        await runtime.alert("test-1")
    with pytest.raises(StoreDamagedError):
        await task
    with pytest.raises(StoreUnavailableError, match="has stopped"):
        await runtime.alert("test-2")
    await store.close()


async def test_a_defect_of_a_store_leaves_no_one_waiting(store):
    faulty = FaultyStore(store)
    runtime = Runtime(faulty)
    await store.open()
    task = asyncio.create_task(runtime.engine.run())
    faulty.failures.append(RuntimeError("planted"))
    with pytest.raises(StoreUnavailableError):
        await runtime.alert("test-1")
    with pytest.raises(RuntimeError, match="planted"):
        await task
    await store.close()


async def test_a_full_queue_refuses_and_keeps_nothing(memory, monkeypatch):
    monkeypatch.setattr(engine, "QUEUE_LENGTH_MAX", 2)
    faulty = FaultyStore(memory)
    faulty.may_commit.clear()
    monkeypatch.setattr(engine, "BATCH_LENGTH_MAX", 1)
    async with Runtime(faulty) as runtime:
        waiting = []
        for number in range(4):  # one is being committed, one decided, two wait
            waiting.append(asyncio.create_task(runtime.alert(f"test-{number}")))
            await yield_often()
        with pytest.raises(OverloadedError):
            await runtime.alert("test-9")
        faulty.may_commit.set()
        assert {answer.disposition for answer in await asyncio.gather(*waiting)} == {"applied"}
        assert incident_stream("test-9") not in await memory.streams()


async def test_a_drained_engine_takes_no_more_and_answers_what_it_took(memory):
    faulty = FaultyStore(memory)
    faulty.may_commit.clear()
    async with Runtime(faulty) as runtime:
        waiting = asyncio.create_task(runtime.alert("test-1"))
        await faulty.begun.wait()
        runtime.engine.drain()
        with pytest.raises(DrainingError):
            await runtime.alert("test-2")
        faulty.may_commit.set()
        assert (await waiting).disposition == "applied"


async def test_a_sender_that_left_does_not_stop_its_event_from_being_recorded(store):
    faulty = FaultyStore(store)
    faulty.may_commit.clear()
    async with Runtime(faulty) as runtime:
        waiting = asyncio.create_task(runtime.alert("test-1"))
        await faulty.begun.wait()
        waiting.cancel()
        faulty.may_commit.set()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await runtime.alert("test-2")).disposition == "applied"
        assert (await runtime.incident("test-1")).state == "MITIGATING"


async def test_an_event_of_no_incident_is_recorded_with_its_group(store):
    async with Runtime(store) as runtime:
        answer = await runtime.alert("nobody", type="alert.resolved")
        assert answer.disposition == "unmatched"
        assert answer.incident is None
        assert answer.stream == "group/ingest/nobody"
        assert (await runtime.alert("nobody", type="alert.resolved")).revision == 2


async def test_a_signal_of_no_incident_is_recorded_in_control(store):
    async with Runtime(store) as runtime:
        answer = await runtime.alert("nobody", type="engineer.ack")
        assert (answer.disposition, answer.stream) == ("unmatched", "control")
        assert "nobody" in answer.reason


async def test_an_id_taken_by_another_source_gets_a_number(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1")
        members = read_event(event_body("test-1"), replace(runtime.intake.bare, name="other"))
        (answer,) = await runtime.engine.submit(make_items(members, "other"))
        assert answer.incident == "test-1~2"
        (answer,) = await runtime.engine.submit(make_items(members, "other"))
        assert answer.incident == "test-1~2"


async def test_raw_payloads_lie_beside_the_journal_under_their_hash(store):
    async with Runtime(store) as runtime:
        answer = await runtime.alert("test-1", "P2", extra="kept")
        (stored,) = await store.read(answer.stream)
        digest = decode_record(stored.data).input.event.raw
        assert b'"extra":"kept"' in await store.payload(digest)


async def test_what_is_no_event_is_kept_with_the_reason(store):
    async with Runtime(store) as runtime:
        answers = await runtime.engine.submit(
            [
                PutAside("source:x", "no labels", b"{}", 0),
                PutAside("source:x", "no labels", b"{}", 1),
            ]
        )
        assert [answer.disposition for answer in answers] == ["quarantined"] * 2
        assert [item.reason for item in await store.quarantined()] == ["no labels"] * 2


async def test_a_reopened_journal_goes_on_where_it_was(store):
    async with Runtime(store) as runtime:
        await runtime.alert("test-1", "P1")
    async with Runtime(store) as runtime:
        answer = await runtime.say("gate.approved", "test-1")
        assert answer.revision == 2


def _member(name, status, starts_at):
    kind = "alert.triggered" if status == "firing" else "alert.resolved"
    payload = {"fingerprint": name, "labels": {"service": "web"}, "startsAt": starts_at}
    return json.dumps({"type": kind, "payload": payload}).encode()


@pytest.mark.parametrize("status", ["firing", "resolved"])
async def test_a_late_repetition_goes_to_the_incident_of_its_episode(store, status):
    text = "correlation: [{group_by: [event.labels.service], reopen_within: 1m}]\n"
    early, later = "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"
    async with Runtime(store, text) as runtime:
        (first,) = await runtime.ingest(_member("a", "firing", early))
        await runtime.ingest(_member("a", "resolved", early))
        runtime.clock.advance_to(runtime.clock.now() + 3600 * SECOND_NS)
        (second,) = await runtime.ingest(_member("b", "firing", later))
        assert second.incident != first.incident
        (again,) = await runtime.ingest(_member("a", status, early))
        assert (again.incident, again.disposition) == (first.incident, "suppressed")
        assert set((await runtime.incident(second.incident)).alerts) == {"ingest/b"}
        (anew,) = await runtime.ingest(_member("a", status, later))
        assert anew.incident == second.incident
