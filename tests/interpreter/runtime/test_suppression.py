"""Silences and inhibitions in a running daemon: what opens, who is told, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.core.record import Notify
from interlock.interpreter.journal.store import IncidentFilter
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.view import View
from support.runtime import Runtime, event_body

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

HEAD = """\
version: 1
name: suppressing
severity_matrix:
  P1: {sla_minutes: 600, notification_channels: [page], escalation: [{after: 30m, notify: [boss]}]}
  P2: {notification_channels: [page], auto_remediation: true}
notification_channels: {page: {type: log}, boss: {type: log}, db_page: {type: log}}
correlation: [{group_by: [event.labels.service]}]
"""
STAGING = """\
silences:
  - {match: 'event.labels.env == "staging"', reason: no cover, until: "2026-03-02T12:00:00Z"}
"""
ZONES = """\
inhibitions:
  - {source: 'event.labels.alertname == "ZoneDown"', target: 'event.labels.alertname == "Slow"',
     equal: [zone]}
"""


def at(text):
    """An instant of 2026-03-02, from its time of day."""
    moment = datetime.fromisoformat(text if "T" in text else f"2026-03-02T{text}")
    return int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def told(runtime, since=0):
    """What was told from a time on, as (about, channel)."""
    return [
        (effect.about, effect.channel)
        for record in runtime.observed
        if record.at >= since
        for effect in record.effects
        if isinstance(effect, Notify)
    ]


def reasons(records, kind):
    return [
        change.reason
        for record in records
        for change in record.changes
        if change.__struct_config__.tag == kind
    ]


async def advance(runtime, until):
    """Let time pass, firing what comes due at its own time."""
    until = at(until) if isinstance(until, str) else until
    while (due := await runtime.timers.next_due()) is not None and due <= until:
        runtime.clock.advance_to(max(due, runtime.clock.now()))
        await runtime.settle()
    runtime.clock.advance_to(until)
    await runtime.settle()


async def group(runtime, key):
    streams = [s for s in await runtime.store.streams() if s.startswith("group/")]
    (stream,) = [s for s in streams if key in s]
    stored = await runtime.store.read(stream)
    return [decode_record(record.data) for record in stored]


async def fire(runtime, service="web", severity="P1", **labels):
    name = "-".join((service, *labels.values()))
    return await runtime.alert(name, severity, labels={"service": service, **labels})


async def resolve(runtime, service="web", severity="P1", **labels):
    name, labels = "-".join((service, *labels.values())), {"service": service, **labels}
    return await runtime.alert(name, severity, labels=labels, type="alert.resolved")


async def open_ids(runtime):
    heads, _ = await runtime.store.list_incidents(IncidentFilter(is_open=True))
    return [head.incident for head in heads]


async def silence(runtime, until, actor="ada", **data):
    event = Event(
        type="silence.add",
        origin=Origin.HUMAN,
        source="api",
        reason="maintenance",
        data={"until": at(until), **data},
    )
    arrival = Arrival(input=EventInput(event), actor=actor, stream="control")
    (answer,) = await runtime.engine.submit([arrival])
    assert answer.disposition == "applied", answer.reason
    (name,) = (await View(runtime.store).control()).silences
    return name


async def end(runtime, name):
    event = Event(type="silence.end", origin=Origin.HUMAN, source="api", data={"id": name})
    arrival = Arrival(input=EventInput(event), actor="ada", stream="control")
    (answer,) = await runtime.engine.submit([arrival])
    await runtime.settle()
    return answer


async def test_a_silenced_alert_opens_nothing_and_is_recorded_with_the_reason(store):
    async with Runtime(store, HEAD + STAGING, now=at("10:00:00")) as runtime:
        answer = await fire(runtime, env="staging")
        assert answer.disposition == "suppressed"
        assert answer.incident is None
        assert answer.reason == ("suppressed by silence 1 (no cover), ends 2026-03-02T12:00:00Z")
        (record,) = await group(runtime, "web")
        assert record.facts.suppressed_by.name == "silence 1"
        assert await open_ids(runtime) == []
        assert told(runtime) == []
        assert (await fire(runtime, service="api", env="prod")).disposition == "applied"


async def test_at_its_end_what_still_fires_opens_an_incident(store):
    async with Runtime(store, HEAD + STAGING, now=at("10:00:00")) as runtime:
        await fire(runtime, env="staging")
        await fire(runtime, env="staging", host="b")
        await advance(runtime, "11:59:59")
        assert await open_ids(runtime) == []
        await advance(runtime, "12:00:00")
        (name,) = await open_ids(runtime)
        incident = await runtime.incident(name)
        assert len(incident.alerts) == 2
        assert ("opened", "page") in told(runtime)
        records = await group(runtime, "web")
        assert "routed again: silence 1 has ended" in reasons(records, "released")
        assert reasons(records, "raised") == ["silence 1 has ended"] * 2
        assert "routed again: silence 1 has ended" in reasons(await runtime.records(name), "note")


async def test_what_is_resolved_during_the_silence_never_opens(store):
    async with Runtime(store, HEAD + STAGING, now=at("10:00:00")) as runtime:
        await fire(runtime, env="staging")
        answer = await resolve(runtime, env="staging")
        assert answer.disposition == "suppressed"
        assert "is resolved; it was suppressed by silence 1" in answer.reason
        await advance(runtime, "13:00:00")
        assert await open_ids(runtime) == []


async def test_an_open_incident_of_a_silenced_alert_is_muted_and_told_at_the_end(store):
    late = STAGING.replace("until:", 'from: "2026-03-02T11:00:00Z", until:')
    async with Runtime(store, HEAD + late, now=at("10:45:00")) as runtime:
        answer = await fire(runtime, env="staging")
        assert ("opened", "page") in told(runtime)
        await advance(runtime, "11:30:00")
        assert told(runtime, at("11:00:00")) == []
        incident = await runtime.incident(answer.incident)
        assert [notice.about for notice in incident.muted] == ["escalation"]
        await advance(runtime, "12:00:00")
        assert told(runtime, at("11:00:00")) == [("escalation", "boss")]
        records = await runtime.records(answer.incident)
        assert reasons(records, "raised") == ["nothing mutes the incident any more"]
        assert (await runtime.incident(answer.incident)).muted == ()


async def test_an_escalation_of_what_was_acknowledged_meanwhile_is_not_told_late(store):
    late = STAGING.replace("until:", 'from: "2026-03-02T11:00:00Z", until:')
    async with Runtime(store, HEAD + late, now=at("10:45:00")) as runtime:
        answer = await fire(runtime, env="staging")
        await advance(runtime, "11:30:00")
        await runtime.say("engineer.ack", answer.incident)
        await advance(runtime, "12:00:00")
        assert told(runtime, at("11:00:00")) == []


async def test_a_resolved_alert_passes_a_silence_and_its_end_is_told(store):
    late = STAGING.replace("until:", 'from: "2026-03-02T11:00:00Z", until:')
    async with Runtime(store, HEAD + late, now=at("10:45:00")) as runtime:
        answer = await fire(runtime, env="staging")
        await advance(runtime, "11:30:00")
        resolved = await resolve(runtime, env="staging")
        assert resolved.transitions[0].to == "RESOLVED"
        assert told(runtime, at("11:30:00")) == [("resolved", "page")]
        incident = await runtime.incident(answer.incident)
        assert incident.muted == ()
        assert "mute" not in incident.timers
        await advance(runtime, "12:30:00")
        assert ("escalation", "boss") not in told(runtime)


async def test_an_incident_with_an_alert_that_is_not_silenced_is_not_muted(store):
    late = STAGING.replace("until:", 'from: "2026-03-02T11:00:00Z", until:')
    async with Runtime(store, HEAD + late, now=at("10:45:00")) as runtime:
        await fire(runtime, env="staging")
        await fire(runtime, env="prod")
        await advance(runtime, "11:20:00")
        assert told(runtime, at("11:00:00")) == [("escalation", "boss")]


REMEDIATING = """\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, trigger: [alert.worse], action: execute_remediation_steps}
runbooks: {slow: {match: "true", steps: [{id: scale, hook: scale}]}}
remediation_hooks: [{id: scale, endpoint: "https://api.example.test/scale"}]
"""


async def test_new_remediation_is_held_and_its_waiting_is_told_at_the_end(store):
    late = STAGING.replace("until:", 'from: "2026-03-02T11:00:00Z", until:')
    async with Runtime(store, HEAD + late + REMEDIATING, now=at("10:45:00")) as runtime:
        answer = await fire(runtime, severity="P2", env="staging")
        runtime.clock.advance_to(at("11:10:00"))
        await runtime.alert(
            "web-staging", "P2", labels={"service": "web", "env": "staging"}, type="alert.worse"
        )
        await runtime.settle()
        incident = await runtime.incident(answer.incident)
        assert incident.state == "MITIGATING"
        assert [step.status for step in incident.steps.values()] == [StepStatus.WAITING]
        assert runtime.executor.calls == []
        await advance(runtime, "12:00:00")
        assert ("approval_needed", "page") in told(runtime, at("12:00:00"))
        await runtime.say("runbook.start", answer.incident)
        await runtime.settle()
        assert len(runtime.executor.calls) == 1


OVERLAPPING = """\
silences:
  - {match: 'event.labels.env == "staging"', reason: short, until: "2026-03-02T11:00:00Z"}
  - {match: 'event.labels.service == "web"', reason: long, until: "2026-03-02T12:00:00Z"}
"""


async def test_of_overlapping_silences_the_one_that_ends_last_holds(store):
    async with Runtime(store, HEAD + OVERLAPPING, now=at("10:00:00")) as runtime:
        answer = await fire(runtime, env="staging")
        assert "silence 2 (long), ends 2026-03-02T12:00:00Z" in answer.reason
        await advance(runtime, "11:30:00")
        assert await open_ids(runtime) == []
        await advance(runtime, "12:00:00")
        assert len(await open_ids(runtime)) == 1


async def test_an_operators_silence_takes_over_from_the_rulebooks(store):
    async with Runtime(store, HEAD + STAGING, now=at("10:00:00")) as runtime:
        await fire(runtime, env="staging")
        await silence(runtime, "13:00:00", match='event.labels.env == "staging"')
        await advance(runtime, "12:00:00")
        assert await open_ids(runtime) == []
        _, second = await group(runtime, "web")
        assert "maintenance" in reasons([second], "note")[0]
        await advance(runtime, "13:00:00")
        assert len(await open_ids(runtime)) == 1


async def test_an_end_that_passed_while_the_daemon_was_down_is_recorded_with_its_lateness(store):
    async with Runtime(store, HEAD + STAGING, now=at("10:00:00")) as runtime:
        await fire(runtime, env="staging")
        runtime.clock.advance_to(at("12:10:00"))
        await runtime.settle()
        records = await group(runtime, "web")
        (fired,) = [
            change
            for record in records
            for change in record.changes
            if change.__struct_config__.tag == "timer_fired"
        ]
        assert fired.late_ns == 10 * MINUTE
        assert len(await open_ids(runtime)) == 1


async def test_a_guard_that_is_an_error_silences_nothing_and_is_told(store):
    wrong = "silences: [{match: 'event.labels.team == \"db\"', reason: theirs}]\n"
    async with Runtime(store, HEAD + wrong, now=at("10:00:00")) as runtime:
        answer = await fire(runtime)
        assert answer.disposition == "applied"
        assert ("guard_error", "page") in told(runtime)
        incident = await runtime.incident(answer.incident)
        assert "does not suppress, its guard is an error: silence 1" in " ".join(
            incident.needs_attention
        )
        await fire(runtime)
        assert told(runtime).count(("guard_error", "page")) == 1


async def test_an_operators_silence_that_is_ended_lets_go_at_once(store):
    async with Runtime(store, HEAD, now=at("10:00:00")) as runtime:
        name = await silence(runtime, "14:00:00", match='event.labels.env == "staging"')
        for host in "abc":
            assert (await fire(runtime, env="staging", host=host)).disposition == "suppressed"
        assert await open_ids(runtime) == []
        assert (await end(runtime, name)).disposition == "applied"
        (opened,) = await open_ids(runtime)
        assert len((await runtime.incident(opened)).alerts) == 3
        assert (await View(runtime.store).control()).silences == {}
        assert (await end(runtime, name)).disposition == "rejected"


async def test_an_operators_silence_ends_by_itself(store):
    async with Runtime(store, HEAD, now=at("10:00:00")) as runtime:
        await silence(runtime, "11:00:00", match="true")
        await fire(runtime)
        await advance(runtime, "11:00:00")
        assert len(await open_ids(runtime)) == 1
        assert (await View(runtime.store).control()).silences == {}


async def test_a_silence_of_one_incident_mutes_it_until_it_is_ended(store):
    async with Runtime(store, HEAD, now=at("10:00:00")) as runtime:
        answer = await fire(runtime)
        name = await silence(runtime, "14:00:00", incident=answer.incident)
        await advance(runtime, "10:31:00")
        assert told(runtime, at("10:01:00")) == []
        await end(runtime, name)
        assert told(runtime, at("10:01:00")) == [("escalation", "boss")]


async def test_an_alert_is_inhibited_while_another_of_equal_labels_fires(store):
    async with Runtime(store, HEAD + ZONES, now=at("10:00:00")) as runtime:
        down = await fire(runtime, service="zone", alertname="ZoneDown", zone="a")
        assert down.disposition == "applied"
        slow = await fire(runtime, alertname="Slow", zone="a")
        assert slow.disposition == "suppressed"
        assert slow.reason == (
            f"inhibited by ingest/zone-ZoneDown-a of {down.incident} (inhibition 1)"
        )
        assert (await fire(runtime, service="b", alertname="Slow", zone="b")).incident is not None
        await resolve(runtime, service="zone", alertname="ZoneDown", zone="a")
        await runtime.settle()
        assert "web-Slow-a" in await open_ids(runtime)
        notes = reasons(await runtime.records("web-Slow-a"), "note")
        assert "routed again: inhibition 1 has ended" in notes


async def test_an_inhibitor_of_the_same_delivery_counts_when_it_comes_first(store):
    async with Runtime(store, HEAD + ZONES, now=at("10:00:00")) as runtime:
        zone = {"service": "zone", "alertname": "ZoneDown", "zone": "a"}
        slow = {"service": "web", "alertname": "Slow", "zone": "a"}
        answers = await runtime.ingest(
            event_body("z", "P1", labels=zone), event_body("s", "P1", labels=slow)
        )
        assert [answer.disposition for answer in answers] == ["applied", "suppressed"]


SELF = "inhibitions: [{source: 'true', target: 'true', equal: [zone]}]\n"


async def test_no_alert_inhibits_itself(store):
    async with Runtime(store, HEAD + SELF, now=at("10:00:00")) as runtime:
        assert (await fire(runtime, zone="a")).disposition == "applied"
        assert (await fire(runtime, zone="a")).disposition == "applied"
        other = await fire(runtime, service="api", zone="a")
        assert other.disposition == "suppressed"
        await resolve(runtime, zone="a")
        await runtime.settle()
        assert await open_ids(runtime) == ["api-a"]
        third = await fire(runtime, service="db", zone="a")
        assert "inhibited by ingest/api-a of api-a" in third.reason


CHAIN = """\
inhibitions:
  - {source: 'event.labels.alertname == "A"', target: 'event.labels.alertname == "B"'}
  - {source: 'event.labels.alertname == "B"', target: 'event.labels.alertname == "C"'}
"""


async def test_an_inhibited_alert_inhibits_nothing_until_it_is_routed_again(store):
    async with Runtime(store, HEAD + CHAIN, now=at("10:00:00")) as runtime:
        await fire(runtime, service="a", alertname="A")
        assert (await fire(runtime, service="b", alertname="B")).disposition == "suppressed"
        assert (await fire(runtime, service="c", alertname="C")).disposition == "applied"
        await resolve(runtime, service="a", alertname="A")
        await runtime.settle()
        assert (await fire(runtime, service="d", alertname="C")).disposition == "suppressed"


async def test_an_inhibitor_whose_incident_a_person_closes_inhibits_no_more(store):
    async with Runtime(store, HEAD + ZONES, now=at("10:00:00")) as runtime:
        down = await fire(runtime, service="zone", alertname="ZoneDown", zone="a")
        await fire(runtime, alertname="Slow", zone="a")
        await runtime.say("incident.resolved", down.incident)
        await runtime.settle()
        assert "web-Slow-a" in await open_ids(runtime)


async def test_an_open_incident_is_muted_while_its_alert_is_inhibited(store):
    async with Runtime(store, HEAD + ZONES, now=at("10:00:00")) as runtime:
        slow = await fire(runtime, alertname="Slow", zone="a")
        down = await fire(runtime, service="zone", alertname="ZoneDown", zone="a")
        await runtime.say("engineer.ack", down.incident)
        await advance(runtime, "10:31:00")
        assert told(runtime, at("10:01:00")) == []
        assert (await runtime.incident(slow.incident)).muted != ()
        await resolve(runtime, service="zone", alertname="ZoneDown", zone="a")
        await runtime.settle()
        assert ("escalation", "boss") in told(runtime, at("10:31:00"))


async def test_what_is_suppressed_twice_waits_for_both(store):
    async with Runtime(store, HEAD + ZONES + STAGING, now=at("10:00:00")) as runtime:
        zone = {"service": "zone", "alertname": "ZoneDown", "zone": "a", "env": "prod"}
        await fire(runtime, **zone)
        await fire(runtime, alertname="Slow", zone="a", env="staging")
        await advance(runtime, "12:00:00")
        assert await open_ids(runtime) == ["zone-ZoneDown-a-prod"]
        await resolve(runtime, **zone)
        await runtime.settle()
        assert await open_ids(runtime) == ["web-Slow-a-staging"]


async def test_nothing_is_written_for_suppression_where_nothing_suppresses(store):
    async with Runtime(store, HEAD, now=at("10:00:00")) as runtime:
        await fire(runtime)
        await resolve(runtime)
        assert await runtime.store.streams() == ["incident/web"]


TEAMS = """\
owner: event.labels.team
teams: {db: {channels: {page: db_page}, on_call: dba, automation: observe}}
on_call: {schedules: {sre: {people: [ada]}, dba: {people: [lin]}}, default: sre}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, action: execute_remediation_steps}
runbooks: {slow: {match: "true", steps: [{id: scale, hook: scale}]}}
remediation_hooks: [{id: scale, endpoint: "https://api.example.test/scale"}]
"""


@pytest.mark.parametrize(
    ("team", "channel", "engineer", "calls"),
    [("db", "db_page", "lin", 0), ("web", "page", "ada", 1), ("", "page", "ada", 1)],
)
async def test_the_team_chooses_channels_on_call_and_automation(
    store, team, channel, engineer, calls
):
    async with Runtime(store, HEAD + TEAMS, now=at("10:00:00")) as runtime:
        answer = await fire(runtime, severity="P2", team=team)
        await runtime.settle()
        incident = await runtime.incident(answer.incident)
        assert ("opened", channel) in told(runtime)
        assert incident.assigned_engineer == engineer
        assert len(runtime.executor.calls) == calls
