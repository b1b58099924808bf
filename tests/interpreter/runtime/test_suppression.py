"""Silences and inhibitions in a running daemon: what opens, who is told, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.record import Notify
from interlock.interpreter.journal.store import IncidentFilter
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.view import View
from support.runtime import Runtime

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


async def fire(runtime, service="web", severity="P1", id_=None, **labels):
    labels = {"service": service, **labels}
    return await runtime.alert(
        id_ or f"{service}-{'-'.join(labels.values())}", severity, labels=labels
    )


async def resolve(runtime, service="web", severity="P1", id_=None, **labels):
    labels = {"service": service, **labels}
    name = id_ or f"{service}-{'-'.join(labels.values())}"
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
