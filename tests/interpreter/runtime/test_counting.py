"""Thresholds in a running daemon: what is counted, what opens, and what ends below."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.store import IncidentFilter
from interlock.rulebook import check_rulebook
from interlock.rulebook.source import SourceFile
from support.postgres import clean_journal
from support.runtime import Runtime, event_body
from support.story import START

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
WINDOW = 5 * MINUTE
HEAD = """\
version: 1
name: counting
severity_matrix:
  P1: {notification_channels: [page]}
  P3: {notification_channels: [page]}
notification_channels: {page: {type: log}}
"""
THREE = HEAD + "correlation: [{group_by: [event.labels.service], window: 5m, threshold: 3}]\n"
BY_SEVERITY = HEAD + (
    "correlation: [{group_by: [event.labels.service], threshold: {P1: 1, P2: 2, P3: 3}}]\n"
)


def stamp(instant):
    return instant // SECOND


async def fire(runtime, name, severity="P3", service="web", **payload):
    labels = {"service": service, "name": name}
    body = event_body(name, severity, labels=labels, fingerprint=name, **payload)
    body = body.replace(f'"id": "{name}", '.encode(), b"")
    (answer,) = await runtime.ingest(body)
    return answer


async def resolve(runtime, name, **payload):
    return await fire(runtime, name, type="alert.resolved", **payload)


async def advance(runtime, to):
    while (due := await runtime.timers.next_due()) is not None and due <= to:
        runtime.clock.advance_to(max(due, runtime.clock.now()))
        await runtime.settle()
    runtime.clock.advance_to(to)


async def group(runtime):
    (stream,) = [s for s in await runtime.store.streams() if s.startswith("group/")]
    return [decode_record(stored.data) for stored in await runtime.store.read(stream)]


def changes(records, kind):
    return [c for r in records for c in r.changes if c.__struct_config__.tag == kind]


async def test_the_alert_that_meets_the_threshold_opens_one_incident_with_all_that_count(store):
    async with Runtime(store, THREE) as runtime:
        answers = []
        for name in "abc":
            answers.append(await fire(runtime, name))
            runtime.clock.advance_to(runtime.clock.now() + MINUTE)
        assert [a.disposition for a in answers] == ["below_threshold", "below_threshold", "applied"]
        assert [a.reason for a in answers[:2]] == [
            "below threshold: 1 of 3 within 5m",
            "below threshold: 2 of 3 within 5m",
        ]
        incident = await runtime.incident(answers[2].incident)
        assert sorted(incident.alerts) == ["ingest/a", "ingest/b", "ingest/c"]
        assert incident.first_at == START
        assert incident.created_at == START + 2 * MINUTE
        opening = (await runtime.records(incident.id))[0]
        assert [one.event.fingerprint for one in opening.facts.counted] == ["a", "b"]
        assert opening.changes[0].reason == "alert.triggered from ingest, 3 of 3 within 5m"
        assert await runtime.timers.next_due() != START + WINDOW
        (met,) = changes(await group(runtime), "threshold_met")
        assert met.incident == incident.id


async def test_a_further_alert_joins_and_writes_nothing_to_the_group(store):
    async with Runtime(store, THREE) as runtime:
        for name in "abcd":
            answer = await fire(runtime, name)
        assert answer.disposition == "applied"
        assert len((await runtime.incident(answer.incident)).alerts) == 4
        assert len(await group(runtime)) == 3


async def test_without_a_threshold_an_opened_or_joined_incident_writes_no_group_record(store):
    async with Runtime(store, THREE.replace("threshold: 3", "threshold: 1")) as runtime:
        for name in "ab":
            assert (await fire(runtime, name)).disposition == "applied"
        assert not [s for s in await runtime.store.streams() if s.startswith("group/")]


async def test_at_its_windows_end_an_alert_counts_no_more_and_that_is_recorded(store):
    async with Runtime(store, THREE) as runtime:
        await fire(runtime, "a")
        await advance(runtime, START + MINUTE)
        await fire(runtime, "b")
        await advance(runtime, START + WINDOW - 1)
        assert not changes(await group(runtime), "count_ended")
        await advance(runtime, START + WINDOW)
        records = await group(runtime)
        (ended,) = changes(records, "count_ended")
        assert ended.member == "ingest/a"
        assert ended.reason == "below threshold: 2 of 3 within 5m"
        assert records[-1].disposition == "below_threshold"
        assert (await fire(runtime, "c")).reason == "below threshold: 2 of 3 within 5m"
        await advance(runtime, START + 20 * MINUTE)
        assert len(changes(await group(runtime), "count_ended")) == 3
        assert await runtime.timers.next_due() is None


async def test_a_repeat_of_one_alert_counts_once_and_stays_longer(store):
    async with Runtime(store, THREE) as runtime:
        for _ in range(4):
            answer = await fire(runtime, "a")
            assert answer.reason == "below threshold: 1 of 3 within 5m"
            await advance(runtime, runtime.clock.now() + 2 * MINUTE)
        assert not changes(await group(runtime), "count_ended")


async def test_a_repeat_of_the_same_episode_is_suppressed_and_stays_no_longer(store):
    async with Runtime(store, THREE) as runtime:
        await fire(runtime, "a", startsAt=stamp(START))
        await advance(runtime, START + 2 * MINUTE)
        answer = await fire(runtime, "a", startsAt=stamp(START))
        assert answer.disposition == "suppressed"
        assert answer.reason == "repeats a, firing since the same start"
        earlier = await fire(runtime, "a", startsAt=stamp(START) - 60)
        assert earlier.reason == "belongs to an earlier episode of a"
        await advance(runtime, START + WINDOW)
        assert len(changes(await group(runtime), "count_ended")) == 1


async def test_a_resolved_alert_counts_no_more(store):
    async with Runtime(store, THREE) as runtime:
        await fire(runtime, "a", startsAt=stamp(START))
        await fire(runtime, "b")
        earlier = await resolve(runtime, "a", startsAt=stamp(START) - 60)
        assert earlier.disposition == "unmatched"
        answer = await resolve(runtime, "a", startsAt=stamp(START))
        assert answer.disposition == "suppressed"
        assert answer.reason == "is resolved before enough others came"
        assert (await fire(runtime, "c")).reason == "below threshold: 2 of 3 within 5m"


@pytest.mark.parametrize(("rulebook", "then"), [(HEAD, "applied"), (THREE, "below_threshold")])
async def test_a_firing_that_its_resolve_overtook_opens_and_counts_nothing(store, rulebook, then):
    async with Runtime(store, rulebook) as runtime:
        resolved = await resolve(runtime, "a", startsAt=stamp(START))
        assert resolved.disposition == "unmatched"
        answer = await fire(runtime, "a", startsAt=stamp(START))
        assert answer.disposition == "suppressed"
        assert answer.reason == "the episode of a is over already"
        assert (await fire(runtime, "a", startsAt=stamp(START) + 1)).disposition == then


async def test_the_most_urgent_alert_that_counts_sets_the_threshold(store):
    async with Runtime(store, BY_SEVERITY) as runtime:
        await fire(runtime, "a", "P3")
        answer = await fire(runtime, "b", "P2")
        assert answer.disposition == "applied"
        assert (await runtime.incident(answer.incident)).severity == "P2"
        await fire(runtime, "c", "P2", service="api")
        answer = await fire(runtime, "d", "P3", service="api")
        assert answer.disposition == "applied"
        assert (await runtime.incident(answer.incident)).severity == "P2"
        alone = await fire(runtime, "e", "P1", service="db")
        assert alone.disposition == "applied"


async def test_an_alert_without_the_labels_is_not_kept_waiting_for_others(store):
    rulebook = HEAD + "correlation: [{group_by: [event.labels.cluster], threshold: 3}]\n"
    async with Runtime(store, rulebook) as runtime:
        assert (await fire(runtime, "a")).disposition == "applied"


async def test_guards_read_how_many_there_are_and_since_when(store):
    rulebook = THREE + (
        "workflow_rules:\n"
        "  - transition: DETECTED -> TRIAGE\n"
        "    validator: group.count == 3 && group.last_at - group.first_at == duration('2m')\n"
    )
    async with Runtime(store, rulebook) as runtime:
        for name in "abc":
            answer = await fire(runtime, name)
            runtime.clock.advance_to(runtime.clock.now() + MINUTE)
        assert (await runtime.incident(answer.incident)).state == "TRIAGE"


async def test_a_refire_soon_after_the_resolution_reopens_without_being_counted(store):
    async with Runtime(store, THREE) as runtime:
        for name in "abc":
            answer = await fire(runtime, name)
        for name in "abc":
            await resolve(runtime, name)
        runtime.clock.advance_to(runtime.clock.now() + MINUTE)
        again = await fire(runtime, "a")
        assert (again.disposition, again.incident) == ("applied", answer.incident)
        assert (await runtime.incident(answer.incident)).generation == 2


async def test_a_silenced_alert_does_not_count_and_counts_when_the_silence_ends(store):
    silenced = THREE + (
        "silences: [{match: 'event.labels.name == \"a\"', until: '2026-01-01T12:00:00Z'}]\n"
    )
    noon = START // SECOND // 86400 * 86400 * SECOND + 12 * 60 * MINUTE
    async with Runtime(store, silenced, now=noon - 2 * MINUTE) as runtime:
        assert (await fire(runtime, "a")).disposition == "suppressed"
        for name in "bc":
            assert (await fire(runtime, name)).disposition == "below_threshold"
        await advance(runtime, noon)
        heads, _ = await runtime.store.list_incidents(IncidentFilter(is_open=True))
        (incident,) = [await runtime.incident(head.incident) for head in heads]
        assert len(incident.alerts) == 3


async def test_after_a_restart_in_a_window_counting_goes_on_and_lateness_is_recorded(tmp_path):
    address = f"sqlite:///{tmp_path}/journal.db"
    async with Runtime(locate_store(address), THREE) as before:
        await fire(before, "a")
        await advance(before, START + 4 * MINUTE)
        await fire(before, "b")
    late = START + WINDOW + 30 * SECOND
    async with Runtime(locate_store(address), THREE, now=late) as after:
        # before any timer had its turn: whether a counts is a matter of recorded times
        assert (await fire(after, "c")).reason == "below threshold: 2 of 3 within 5m"
        (ended,) = changes(await group(after), "count_ended")
        assert ended.member == "ingest/a"
        await after.timers.fire_due()
        assert not changes(await group(after), "timer_fired")
    later = START + 60 * MINUTE
    async with Runtime(locate_store(address), THREE, now=later) as at_last:
        await at_last.timers.fire_due()
        records = await group(at_last)
        (fired,) = changes(records, "timer_fired")
        assert fired.late_ns == later - (START + 9 * MINUTE)
        assert [c.reason for c in changes(records[-1:], "count_ended")] == [
            "below threshold: 2 of 3 within 5m",
            "below threshold: 1 of 3 within 5m",
        ]
        assert (await fire(at_last, "d")).reason == "below threshold: 1 of 3 within 5m"


# --- against a naive oracle ---------------------------------------------------------------------


def counts_at(history, now):
    """Whether an alert of that history counts: (time, kind, start) of its events, oldest first."""
    since = start = over = None
    for time, kind, begins in history:
        if since is not None and time >= since + WINDOW:
            since = None
        if kind == "resolve":
            if since is not None and (begins is None or start is None or start <= begins):
                since = None
            over = over if begins is None else max(begins, over or begins)
        elif begins is not None and over is not None and begins <= over:
            continue
        elif since is None or begins is None or start is None or begins > start:
            since, start = time, begins
    return since is not None and now < since + WINDOW


THRESHOLDS = {"P2": 2, "P3": 3}
ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 200),  # seconds since the one before
        st.sampled_from("abcd"),
        st.sampled_from(["fire", "fire", "fire", "resolve"]),
        st.sampled_from([None, 0, 100, 400]),  # start of the episode
        st.booleans(),  # whether timers had their turn before
    ),
    max_size=25,
)
SEVERITIES = dict(zip("abcd", ["P2", "P3", "P3", "P3"], strict=True))


@given(ARRIVALS)
@settings(max_examples=150, deadline=None)
def test_an_incident_opens_exactly_when_a_naive_count_says_so(arrivals):
    asyncio.run(compare(arrivals))


async def compare(arrivals):
    rulebook = HEAD + (
        "correlation: [{group_by: [event.labels.service], threshold: {P2: 2, P3: 3}}]\n"
    )
    histories = {name: [] for name in "abcd"}
    async with Runtime(MemoryJournalStore(), rulebook) as runtime:
        for passed, name, kind, start, is_timely in arrivals:
            now = runtime.clock.now() + passed * SECOND
            if is_timely:
                await advance(runtime, now)
            else:
                runtime.clock.advance_to(now)
            begins = None if start is None else stamp(START) + start
            histories[name].append((now, kind, begins))
            counting = [n for n in "abcd" if counts_at(histories[n], now)]
            opens = kind == "fire" and name in counting
            opens = opens and len(counting) >= min(THRESHOLDS[SEVERITIES[n]] for n in counting)
            payload = {} if begins is None else {"startsAt": begins}
            if kind == "resolve":
                payload["type"] = "alert.resolved"
            answer = await fire(runtime, name, SEVERITIES[name], **payload)
            assert (answer.incident is not None) == opens, (now, name)
            if opens:
                incident = await runtime.incident(answer.incident)
                assert sorted(incident.alerts) == [f"ingest/{n}" for n in counting]
                return
            if answer.disposition == "below_threshold":
                assert answer.reason.startswith(f"below threshold: {len(counting)} of ")


@pytest.mark.parametrize("order", list(itertools.permutations("abcd")), ids="".join)
async def test_the_order_of_arrival_changes_neither_members_nor_severity(order):
    severities = {"a": "P2", "b": "P3", "c": "P3", "d": "P1"}
    rulebook = BY_SEVERITY.replace("P1: 1, P2: 2", "P1: 4, P2: 4")
    async with Runtime(MemoryJournalStore(), rulebook.replace("P3: 3", "P3: 4")) as runtime:
        answers = [await fire(runtime, name, severities[name]) for name in order]
        assert [a.disposition for a in answers] == ["below_threshold"] * 3 + ["applied"]
        incident = await runtime.incident(answers[-1].incident)
        assert incident.severity == "P1"
        assert len(incident.alerts) == 4


# --- several nodes ------------------------------------------------------------------------------


class SharedStore(MemoryJournalStore):
    """A memory store that says others may write to it."""

    @property
    def is_shared(self):
        return True


@pytest.mark.parametrize("kind", ["shared", "postgres"])
async def test_two_nodes_that_count_at_once_open_one_incident_with_every_alert(kind):
    five = THREE.replace("threshold: 3", "threshold: 5")
    if kind == "shared":
        stores = [SharedStore()] * 2
    else:
        address = await clean_journal()
        stores = [locate_store(address), locate_store(address)]
        await stores[1].open()
    other = Runtime(stores[1], five)
    async with Runtime(stores[0], five) as one:
        other._task = asyncio.create_task(other.engine.run())
        answers = await asyncio.gather(
            *(fire(node, f"{n}") for n, node in enumerate([one, other] * 6))
        )
        other.engine.drain()
        await other._task
        assert {answer.disposition for answer in answers} <= {"below_threshold", "applied"}
        assert sum(a.disposition == "below_threshold" for a in answers) == 4
        (name,) = {answer.incident for answer in answers} - {None}
        assert len((await one.incident(name)).alerts) == 12
        if stores[1] is not stores[0]:
            await stores[1].close()


async def test_what_counts_while_there_is_an_incident_joins_it_at_its_windows_end(store):
    """As when the threshold is taken out of the rulebook, or two nodes do not see each other."""
    async with Runtime(store, THREE) as runtime:
        await fire(runtime, "a")
        other = check_rulebook(
            [SourceFile("x.yaml", THREE.replace("threshold: 3", "threshold: 1"))]
        )
        runtime.rulebooks.use(other.graph)
        answer = await fire(runtime, "b")
        assert answer.disposition == "applied"
        await advance(runtime, START + WINDOW)
        assert sorted((await runtime.incident(answer.incident)).alerts) == ["ingest/a", "ingest/b"]
        (ended,) = changes(await group(runtime), "count_ended")
        assert ended.reason == "there is an incident of its key"
        await advance(runtime, START + 2 * WINDOW)
        assert len((await runtime.incident(answer.incident)).alerts) == 2
