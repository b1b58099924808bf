from __future__ import annotations

import copy
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.core.event import Origin
from interlock.interpreter.sources import (
    Normalised,
    Problem,
    SourceProfile,
    normalise,
    read_delivery,
    source_profile,
)
from interlock.rulebook.graph.state_graph import Source

PROFILE = SourceProfile(name="am", type="alertmanager")


def notification(*alerts, **members):
    return {
        "version": "4",
        "status": "firing",
        "receiver": "hook",
        "groupKey": '{}:{alertname="DiskFull"}',
        "externalURL": "http://am.example.test:9093",
        "truncatedAlerts": 0,
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": {"alertname": "DiskFull"},
        "commonAnnotations": {},
        "alerts": list(alerts),
        **members,
    }


def alert(**members):
    return {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "host": "db-1", "severity": "critical"},
        "annotations": {"summary": "Disk 97% full"},
        "startsAt": "2026-11-24T17:22:02Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://p.example.test/g",
        "fingerprint": "2e9fa37b4a575e39",
        **members,
    }


def the_event(*alerts, **members):
    (member,) = normalise(notification(*alerts, **members), PROFILE)
    assert isinstance(member, Normalised)
    return member.event


def test_an_alert_becomes_an_event():
    event = the_event(alert())
    assert event.type == "alert.triggered"
    assert event.origin is Origin.ALERT
    assert event.source == "am"
    assert event.is_firing
    assert event.id is None
    assert event.fingerprint == "2e9fa37b4a575e39"
    assert event.severity == "P1"
    assert event.title == "Disk 97% full"
    assert event.labels["host"] == "db-1"
    assert event.metadata == {
        "external_url": "http://am.example.test:9093",
        "group_key": '{}:{alertname="DiskFull"}',
        "receiver": "hook",
        "generator_url": "http://p.example.test/g",
    }
    assert event.ends_at is None
    assert event.remarks == ()


def test_recorded_notifications_are_read_whole(shared):
    counts = []
    for line in (shared / "recorded/alertmanager-webhook.jsonl").read_bytes().splitlines():
        members = read_delivery(line, PROFILE)
        assert not isinstance(members, Problem)
        body = json.loads(line)
        for index, (member, sent) in enumerate(zip(members, body["alerts"], strict=True)):
            assert isinstance(member, Normalised)
            event = member.event
            assert event.index == index
            assert event.status == sent["status"]
            assert event.fingerprint == sent["fingerprint"]
            assert event.labels == sent["labels"]
            assert event.starts_at is not None
            assert (event.ends_at is None) == sent["endsAt"].startswith("0001")
            assert bool(event.remarks) == bool(body["truncatedAlerts"])
            assert json.loads(member.raw) == sent
            assert event.raw == hashlib.sha256(member.raw).hexdigest()
        counts.append(len(members))
    assert counts == [1, 2, 1, 1, 3, 1, 3, 2, 1, 2, 2, 1, 3, 2]


def test_alerts_left_out_by_the_sender_are_said():
    assert the_event(alert(), truncatedAlerts=2).remarks == (
        "the sender left 2 more alerts of this group out (max_alerts)",
    )


def test_a_resolved_alert_is_a_resolve():
    event = the_event(alert(status="resolved", endsAt="2026-11-24T17:23:02Z"))
    assert event.type == "alert.resolved"
    assert event.is_resolved_alert
    assert event.ends_at is not None


def test_without_a_fingerprint_the_labels_name_it():
    one = the_event(alert(fingerprint=None, labels={"a": "1", "b": "2"}))
    other = the_event(alert(fingerprint="", labels={"b": "2", "a": "1"}))
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 16


def test_without_a_summary_the_alertname_is_the_title():
    assert the_event(alert(annotations={})).title == "DiskFull"


def test_the_sources_own_severity_words_count():
    profile = source_profile(
        Source(name="am", type="alertmanager", severity={"critical": "P2"}), ["P1", "P2"]
    )
    (member,) = normalise(notification(alert()), profile)
    assert member.event.severity == "P2"


def test_without_a_severity_label_there_is_no_severity():
    assert the_event(alert(labels={"alertname": "A"})).severity is None


@pytest.mark.parametrize("status", [None, "suppressed", 7, ["firing"]])
def test_an_unknown_status_counts_as_firing(status):
    event = the_event(alert(status=status))
    assert event.is_firing
    assert "taken as firing" in event.remarks[0]


@pytest.mark.parametrize("bad", [None, 7, "alert", [], {}, {"labels": {}}, {"labels": [1]}])
def test_a_bad_member_does_not_lose_the_others(bad):
    first, middle, last = normalise(notification(alert(), bad, alert()), PROFILE)
    assert isinstance(first, Normalised)
    assert isinstance(last, Normalised)
    assert isinstance(middle, Problem)
    assert middle.index == 1
    assert middle.raw is not None
    assert last.event.index == 2


def test_one_bad_member_among_ten_thousand():
    members = normalise(notification(*[alert()] * 5_000, 7, *[alert()] * 4_999), PROFILE)
    assert [type(member) for member in members].count(Problem) == 1
    assert len(members) == 10_000


@pytest.mark.parametrize("body", [None, [], 7, {}, {"alerts": {}}, {"alerts": None}])
def test_a_body_without_alerts_is_a_problem(body):
    assert isinstance(normalise(body, PROFILE), Problem)


def test_no_alerts_are_no_events():
    assert normalise(notification(), PROFILE) == ()


def test_another_version_is_read_and_said():
    assert "not of version 4" in the_event(alert(), version="5").remarks[0]


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            yield from places(member, (*path, key))


BODY = notification(alert(), alert(status="resolved"), truncatedAlerts=1)


@given(st.lists(st.tuples(st.sampled_from(list(places(BODY))[1:]), junk), min_size=1, max_size=4))
def test_a_mutated_notification_never_raises(mutations):
    body = copy.deepcopy(BODY)
    for path, value in mutations:
        parent = body
        try:
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier mutation took this place away
    members = normalise(body, PROFILE)
    if not isinstance(members, Problem):
        assert len(members) == len(body["alerts"])
        assert all(isinstance(member, Normalised | Problem) for member in members)
