"""What every sender's normaliser does: one contract, held against each of them."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.sources import (
    NORMALISERS,
    Normalised,
    Problem,
    normalise,
    source_profile,
)
from interlock.interpreter.sources.cloudevents import structured
from interlock.rulebook import load_rulebook
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import Timestamp
from interlock.schemas import source_maps
from support.senders import SAMPLES, cloudwatch_alarm, sns

BY_TYPE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.type)
BATCHES = [sample for sample in SAMPLES if sample.batch is not None]
ENDING = [sample for sample in SAMPLES if sample.resolved is not None]


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    """The profile of a source of each type, as a rulebook with nothing else gives it."""
    text = "version: 1\nname: all\nsources:\n" + "".join(
        f"  {sample.type}: {{type: {sample.type}, auth: none}}\n" for sample in SAMPLES
    )
    path = tmp_path_factory.mktemp("senders") / "rulebook.yaml"
    path.write_text(text)
    graph = load_rulebook(path)
    return {name: source_profile(source, ["P1", "P2"]) for name, source in graph.sources.items()}


def when(instant):
    return None if instant is None else format_timestamp(Timestamp(instant))


def test_there_is_a_sample_of_every_sender():
    assert {sample.type for sample in SAMPLES} == {*NORMALISERS, *source_maps()} - {
        "json",
        "ingest",
    }


@BY_TYPE
def test_what_fires_becomes_an_alert_in_our_words(sample, profiles):
    (member,) = normalise(sample.firing, profiles[sample.type])
    assert isinstance(member, Normalised), member
    event = member.event
    assert (event.type, event.status, event.source) == ("alert.triggered", "firing", sample.type)
    assert (event.severity, event.title) == (sample.severity, sample.title)
    assert sample.labels.items() <= event.labels.items()
    assert sample.links.items() <= event.metadata.items()
    assert when(event.starts_at) == sample.starts_at
    assert event.fingerprint
    if sample.severity is not None:
        assert not any("unknown severity" in remark for remark in event.remarks)


@pytest.mark.parametrize("sample", ENDING, ids=lambda sample: sample.type)
def test_what_ends_is_the_same_alert_resolved(sample, profiles):
    (fired,) = normalise(sample.firing, profiles[sample.type])
    (ended,) = normalise(sample.resolved, profiles[sample.type])
    assert (ended.event.type, ended.event.status) == ("alert.resolved", "resolved")
    assert ended.event.fingerprint == fired.event.fingerprint
    assert when(ended.event.ends_at) == sample.ends_at
    # The key of deduplication: a start that is said again must be the same, or not be said.
    assert ended.event.starts_at in (None, fired.event.starts_at)


@BY_TYPE
def test_what_was_sent_is_kept_whole_and_named_by_its_hash(sample, profiles):
    body = copy.deepcopy(sample.firing)
    innermost = body
    if sample.batch == "alerts":
        innermost = body["alerts"][0]
    elif sample.batch == "resourceLogs":
        innermost = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    innermost["not_in_any_manual"] = {"deep": [1, None, "ä"]}
    (member,) = normalise(body, profiles[sample.type])
    assert member.event.raw == hashlib.sha256(member.raw).hexdigest()
    assert json.loads(member.raw)["not_in_any_manual"] == {"deep": [1, None, "ä"]}
    assert encode(json.loads(member.raw)) == member.raw


@pytest.mark.parametrize("sample", BATCHES, ids=lambda sample: sample.type)
def test_one_bad_member_of_a_batch_takes_nobody_along(sample, profiles):
    bodies = [copy.deepcopy(sample.firing), sample.firing]
    match sample.batch:
        case "list":
            batch = [bodies[0], 7, bodies[1]]
        case "items":
            batch = {"kind": "EventList", "items": [bodies[0], 7, bodies[1]]}
        case "resourceLogs":
            batch = bodies[0]
            batch["resourceLogs"][0]["scopeLogs"][0]["logRecords"] *= 2
            batch["resourceLogs"][0]["scopeLogs"][0]["logRecords"].insert(1, 7)
        case key:
            batch = bodies[0]
            batch[key] = [*batch[key], 7, *bodies[1][key]]
    first, bad, last = normalise(batch, profiles[sample.type])
    assert isinstance(bad, Problem)
    assert (bad.raw, bad.index) == (b"7", 1)
    assert isinstance(first, Normalised)
    assert isinstance(last, Normalised)
    assert last.event.index == 2
    assert first.raw == last.raw


@BY_TYPE
@pytest.mark.parametrize("body", [None, 7, "x", True, [], {}, [[]], [None], {"alerts": None}])
def test_what_is_nothing_of_the_sender_s_is_said_and_never_raises(sample, body, profiles):
    found = normalise(body, profiles[sample.type])
    members = (found,) if isinstance(found, Problem) else found
    for member in members:
        assert member.detail if isinstance(member, Problem) else member.event.fingerprint


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["", "\0", "x" * 5_000, "ünïcödé ☃ 🔥", "2026-13-45T99:99:99Z", "P0", "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value, path=()):
    """Every place within a value, its own included."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from paths(value[key], (*path, key))


def changed(value, path, new):
    """The value with another at a place; `...` takes the place away."""
    if not path:
        return None if new is ... else new
    copied = copy.copy(value)
    if len(path) == 1 and new is ...:
        del copied[path[0]]
    else:
        copied[path[0]] = changed(value[path[0]], path[1:], new)
    return copied


@BY_TYPE
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_body_raises(sample, data, profiles):
    """Missing members, wrong types and hostile values anywhere: never a raise."""
    body = data.draw(st.sampled_from([sample.firing, sample.resolved or sample.firing]))
    if sample.type == "cloudwatch":  # what matters is inside the message
        body = json.loads(body["Message"])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(sorted(paths(body), key=str)))
        body = changed(body, place, data.draw(st.just(...) | VALUES))
    found = normalise(body, profiles[sample.type])
    for member in (found,) if isinstance(found, Problem) else found:
        if isinstance(member, Normalised):
            event = member.event
            assert event.fingerprint
            assert event.severity is None or event.severity in {"P1", "P2", "P3", "P4"}
            assert event.status in {"firing", "resolved", None}
            assert "\0" not in json.dumps([event.title, event.fingerprint, dict(event.labels)])
            assert len(event.remarks) <= 21
            encode(json.loads(member.raw))
        else:
            assert member.detail


def test_a_sender_s_map_adds_to_what_we_read(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(
        "version: 1\nname: r\nsources:\n"
        "  grafana:\n    type: grafana\n    auth: none\n"
        '    map: {severity: \'alert.labels.team == "blue" ? "P4" : "P1"\'}\n'
        "    labels: {org: string(delivery.orgId)}\n"
        "    links: {runbook_url: alert.annotations.runbook}\n"
        "  zabbix: {type: zabbix, auth: none, severity: {'4': P1}, map: {title: alert.host}}\n"
    )
    graph = load_rulebook(path)
    samples = {sample.type: sample for sample in SAMPLES}
    (member,) = normalise(samples["grafana"].firing, source_profile(graph.sources["grafana"]))
    assert member.event.severity == "P4"
    assert member.event.labels["org"] == "1"
    assert member.event.labels["team"] == "blue"
    assert member.event.fingerprint == "c6eadffa33fcdf37"
    (member,) = normalise(samples["zabbix"].firing, source_profile(graph.sources["zabbix"]))
    assert (member.event.severity, member.event.title) == ("P1", "db-1")
    assert member.event.labels["host_group"] == "Databases"


def read(profiles, type_, body):
    (member,) = normalise(body, profiles[type_])
    assert isinstance(member, Normalised), member
    return member.event


def test_every_resource_of_sentry_speaks_of_one_issue(profiles):
    event = {"event_id": "e1", "issue_id": "1117", "level": "fatal", "title": "Boom"}
    event |= {"tags": [["browser", "Chrome"], ["bad"], 7], "datetime": "2026-08-19T21:06:17.403Z"}
    issue = {"id": "1117", "level": "error", "title": "Boom", "firstSeen": "2026-08-19T21:06:17Z"}
    told = [
        {"action": "triggered", "data": {"event": event, "triggered_rule": "Very bad"}},
        {"action": "created", "data": {"error": event}},
        {"action": "created", "data": {"issue": issue}},
        {"action": "assigned", "data": {"issue": issue}},
        {"action": "unresolved", "data": {"issue": issue}},
        {"action": "resolved", "data": {"issue": issue}},
    ]
    events = [read(profiles, "sentry", body) for body in told]
    assert {event.fingerprint for event in events} == {"issue/1117"}
    assert [event.type.removeprefix("alert.") for event in events] == [
        "triggered", "triggered", "triggered", "updated", "triggered", "resolved",
    ]  # fmt: skip
    assert events[0].severity == "P1"
    assert events[0].labels == {"browser": "Chrome", "alertname": "Very bad"}
    # An issue that came back has the first-seen time of its first episode: that is not its start.
    assert events[4].starts_at is None


def test_a_reopened_incident_of_pagerduty_is_a_new_episode(profiles):
    (sample,) = (sample for sample in SAMPLES if sample.type == "pagerduty")
    body = copy.deepcopy(sample.firing)
    body["event"] |= {"event_type": "incident.reopened", "occurred_at": "2026-10-03T00:00:00Z"}
    assert when(read(profiles, "pagerduty", body).starts_at) == "2026-10-03T00:00:00Z"
    body["event"]["event_type"] = "incident.acknowledged"
    assert read(profiles, "pagerduty", body).type == "alert.updated"
    (ping,) = normalise({"event": {"event_type": "pagey.ping", "data": {}}}, profiles["pagerduty"])
    assert isinstance(ping, Problem)


def test_a_routing_key_is_in_nothing_that_is_kept(profiles):
    (sample,) = (sample for sample in SAMPLES if sample.type == "pagerduty-events")
    (member,) = normalise(sample.firing, profiles["pagerduty-events"])
    assert b"R0UT1NGKEY" not in member.raw
    (bad,) = normalise({**sample.firing, "event_action": "x"}, profiles["pagerduty-events"])
    assert b"R0UT1NGKEY" not in bad.raw


def test_an_alarm_is_read_in_all_its_wrappings(profiles):
    alarm = cloudwatch_alarm("ALARM")
    wrapped = read(profiles, "cloudwatch", sns(alarm))
    bare = read(profiles, "cloudwatch", alarm)
    bridged = {
        "detail-type": "CloudWatch Alarm State Change",
        "account": "123456789012",
        "region": "us-west-2",
        "time": "2026-05-02T00:54:06Z",
        "resources": [alarm["AlarmArn"]],
        "detail": {"alarmName": "HighCPU", "state": {"value": "ALARM", "reason": "hot"}},
    }
    events = [wrapped, bare, read(profiles, "cloudwatch", sns(bridged))]
    assert {(e.fingerprint, e.title, e.status) for e in events} == {
        (alarm["AlarmArn"], "HighCPU", "firing")
    }
    unsure = read(profiles, "cloudwatch", sns(cloudwatch_alarm("INSUFFICIENT_DATA")))
    assert unsure.type == "alert.updated"
    text = read(profiles, "cloudwatch", sns("just words"))
    assert (text.title, text.annotations["description"]) == ("ALARM", "just words")
    assert "no CloudWatch alarm" in text.remarks[0]


def test_what_is_well_is_no_alert_of_otlp(profiles):
    log = {"severityNumber": 9, "body": {"stringValue": "fine"}}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}
    assert normalise(body, profiles["otlp"]) == ()
    span = {"name": "GET /", "traceId": "ab", "status": {"code": 2, "message": "refused"}}
    spans = [span, {**span, "status": {}}, {**span, "status": {"code": "STATUS_CODE_ERROR"}}]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    first, second = normalise(body, profiles["otlp"])
    assert (first.event.title, first.event.severity) == ("GET /: refused", "P2")
    assert second.event.index == 1


def test_datadog_s_own_body_is_told_by_its_title(profiles):
    fired = {"id": "1", "title": "[Triggered on {host:a}] Load", "date": 1790000000000}
    ended = {"id": "2", "title": "[Recovered on {host:a}] Load", "date": 1790000060000}
    first, second = (read(profiles, "datadog", body) for body in (fired, ended))
    assert (first.status, second.status) == ("firing", "resolved")
    assert first.fingerprint == second.fingerprint


def test_a_binary_cloudevent_is_the_structured_one():
    headers = [("Ce-SpecVersion", "1.0"), ("ce-id", "1"), ("ce-subject", "caf%C3%A9"), ("X", "y")]
    assert structured(headers, {"a": 1}) == {
        "specversion": "1.0", "id": "1", "subject": "café", "data": {"a": 1},
    }  # fmt: skip
    assert structured([("X", "y")], {"a": 1}) == {"a": 1}
