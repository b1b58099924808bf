from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.core.event import RESERVED_TYPES, Origin
from interlock.interpreter.sources import (
    Normalised,
    Problem,
    ProblemCode,
    ingest_profile,
    normalise_event,
    read_event,
)

PROFILE = ingest_profile(["P1", "P2", "P3"])

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=15,
)


def event_of(type_, **payload):
    member = normalise_event({"type": type_, "payload": payload}, PROFILE)
    assert isinstance(member, Normalised)
    return member.event


def test_an_alert_is_read_in_full():
    event = event_of(
        "alert.triggered",
        id="INC-7",
        severity="critical",
        title="Checkout fails",
        source="probe",
        labels={"service": "checkout", "shard": 3, "canary": True, "gone": None},
        annotations={"runbook": "https://r.example.test"},
        metrics={"error_rate": 0.25, "users": 800},
        tags=["pay", "eu", "pay"],
        metadata={"region": {"name": "eu"}},
        startsAt="2026-01-01T00:00:00Z",
        endsAt="0001-01-01T00:00:00Z",
        extra=[1],
    )
    assert event.origin is Origin.ALERT
    assert event.is_firing
    assert event.source == "ingest"
    assert (event.id, event.fingerprint) == ("INC-7", "INC-7")
    assert event.severity == "P1"
    assert event.title == "Checkout fails"
    assert event.reported_by == "probe"
    assert event.labels == {"service": "checkout", "shard": "3", "canary": "true"}
    assert event.metrics == {"error_rate": 0.25, "users": 800.0}
    assert event.tags == ("pay", "eu")
    assert event.metadata == {"region": {"name": "eu"}}
    assert event.starts_at == 1_767_225_600 * 10**9
    assert event.ends_at is None
    assert event.data == {"severity": "critical", "extra": [1]}
    assert event.remarks == ()


def test_snake_case_says_the_same_as_camel_case():
    camel = event_of("alert.triggered", startsAt=5, endsAt=6, title="x")
    snake = event_of("alert.triggered", starts_at=5, ends_at=6, title="x")
    assert (
        (camel.starts_at, camel.ends_at)
        == (snake.starts_at, snake.ends_at)
        == (5 * 10**9, 6 * 10**9)
    )


def test_snake_case_wins_over_camel_case_and_says_so():
    event = event_of("alert.triggered", startsAt=5, starts_at=7)
    assert event.starts_at == 7 * 10**9
    assert event.remarks == ("'startsAt' left out: 'starts_at' says the same",)


def test_a_human_signal_keeps_what_it_carries():
    event = event_of("engineer.ack", id="INC-7", by="ada", assignedTo="lin", note="mine")
    assert event.origin is Origin.HUMAN
    assert event.status is None
    assert event.data == {"by": "ada", "assigned_to": "lin", "note": "mine"}


def test_a_gate_decision_names_gate_digest_and_reason():
    event = event_of("gate.denied", id="I", gate="mitigate", digest="sha256:00", reason="too early")
    assert (event.gate, event.digest, event.reason) == ("mitigate", "sha256:00", "too early")
    assert event.origin is Origin.HUMAN


@pytest.mark.parametrize("type_", sorted(RESERVED_TYPES))
def test_what_the_engine_raises_no_sender_may(type_):
    problem = normalise_event({"type": type_, "payload": {"id": "I"}}, PROFILE)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.RESERVED_TYPE
    assert problem.raw is not None


@pytest.mark.parametrize(
    ("payload", "fingerprint"),
    [
        ({"fingerprint": "f", "id": "i", "labels": {"a": "b"}, "title": "t"}, "f"),
        ({"id": "i", "labels": {"a": "b"}, "title": "t"}, "i"),
        ({"id": 42}, "42"),
        ({"labels": {"b": "c", "a": "b"}, "title": "t"}, "1cab6f2ecf2d4fb1"),
        ({"labels": {"a": "b", "b": "c"}, "title": "u"}, "1cab6f2ecf2d4fb1"),
        ({"title": "t"}, "eda8a34d07d3127d"),
    ],
)
def test_the_fingerprint_is_the_senders_else_the_id_else_a_hash(payload, fingerprint):
    if len(fingerprint) == 16:
        names = payload.get("labels") or payload["title"]
        text = '{"a":"b","b":"c"}' if isinstance(names, dict) else '"t"'
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert event_of("alert.triggered", **payload).fingerprint == fingerprint


def test_two_alerts_that_say_nothing_alike_are_not_one_alert():
    one, other = event_of("alert.triggered", x=1), event_of("alert.triggered", x=2)
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ({"title": "t", "summary": "s", "description": "d"}, "t"),
        ({"summary": "s", "description": "d"}, "s"),
        ({"annotations": {"summary": "s"}, "labels": {"alertname": "A"}}, "s"),
        ({"labels": {"alertname": "A"}, "description": "d"}, "A"),
        ({"description": "first\nsecond"}, "first"),
        ({"title": 404}, "404"),
        ({}, None),
    ],
)
def test_the_title_is_the_first_thing_that_names_it(payload, title):
    assert event_of("alert.triggered", **payload).title == title


def test_a_bare_description_is_kept_as_an_annotation():
    assert event_of("alert.triggered", description="d").annotations == {"description": "d"}


@pytest.mark.parametrize(
    ("type_", "given", "status", "remarks"),
    [
        ("alert.triggered", None, "firing", 0),
        ("alert.resolved", None, "resolved", 0),
        ("alert.triggered", "resolved", "firing", 1),
        ("alert.updated", None, "firing", 0),
        ("alert.updated", "RESOLVED", "resolved", 0),
        ("alert.updated", ["resolved"], "firing", 0),
        ("alert.triggered", ["resolved"], "firing", 0),
    ],
)
def test_the_type_says_whether_it_fires(type_, given, status, remarks):
    event = event_of(type_, status=given, title="t")
    assert event.status == status
    assert len(event.remarks) == remarks


@pytest.mark.parametrize(
    ("payload", "remark"),
    [
        ({"labels": ["a"]}, "labels is a list"),
        ({"annotations": "a"}, "annotations is text"),
        ({"metrics": {"a": "1"}}, "metric 'a' is text"),
        ({"metrics": [1]}, "metrics is a list"),
        ({"tags": 7}, "tags is a number"),
        ({"metadata": []}, "metadata is a list"),
        ({"id": {"a": 1}}, "id is an object"),
        ({"id": "x" * 257}, "id has 257 characters"),
        ({"id": True}, "id is a boolean"),
        ({"title": "x" * 1_001}, "title cut"),
        ({"startsAt": "soon"}, "starts_at 'soon'"),
        ({"severity": "purple"}, "unknown severity"),
    ],
)
def test_what_cannot_be_mapped_is_said(payload, remark):
    event = event_of("alert.triggered", **payload)
    assert any(said.startswith(remark) for said in event.remarks), event.remarks


def test_tags_may_be_text_with_commas():
    assert event_of("alert.triggered", tags="pay, eu,,pay").tags == ("pay", "eu")


def test_nul_is_replaced_where_a_column_would_refuse_it():
    event = event_of("alert.triggered", id="a\0b", labels={"k\0": "\0"}, title="\0", tags=["\0"])
    assert (event.id, event.labels, event.title, event.tags) == (
        "a\ufffdb", {"k\ufffd": "\ufffd"}, "\ufffd", ("\ufffd",)
    )  # fmt: skip


def test_the_raw_payload_is_named_by_its_hash():
    member = normalise_event({"type": "x.y", "payload": {"b": 1, "a": "\0"}}, PROFILE)
    assert isinstance(member, Normalised)
    assert member.raw == b'{"a":"\\u0000","b":1}'
    assert member.event.raw == hashlib.sha256(member.raw).hexdigest()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"type":7}',
        b'{"type":""}',
        b'{"payload":{}}',
        b'{"type":"' + b"x" * 129 + b'"}',
        b'[{"type":"alert.triggered"}]',
    ],
)
def test_a_body_that_is_no_event_is_a_problem(body):
    problem = read_event(body, PROFILE)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.NOT_AN_EVENT


def test_a_bare_event_is_at_most_a_mebibyte():
    body = b'{"type":"a.b","payload":{"x":"%s"}}' % (b"x" * 2**20)
    problem = read_event(body, PROFILE)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize("payload", [None, 7, "text", [1]])
def test_a_payload_of_any_kind_makes_an_event(payload):
    member = normalise_event({"type": "alert.triggered", "payload": payload}, PROFILE)
    assert isinstance(member, Normalised)


fields = st.sampled_from(
    [
        *("id", "fingerprint", "title", "summary", "description", "labels", "annotations", "gate"),
        *("tags", "metadata", "startsAt", "ends_at", "source", "status", "severity", "metrics"),
    ]
)


@given(
    st.sampled_from(["alert.triggered", "alert.resolved", "alert.x", "engineer.ack"]),
    st.dictionaries(fields | st.text(max_size=3), json_values, max_size=8) | json_values,
)
def test_any_payload_makes_an_event_that_can_be_stored(type_, payload):
    member = normalise_event({"type": type_, "payload": payload}, PROFILE)
    assert isinstance(member, Normalised)
    event = member.event
    assert all(isinstance(text, str) for text in (*event.labels, *event.labels.values()))
    assert all(isinstance(number, float) for number in event.metrics.values())
    assert "\0" not in (event.id or "") + (event.fingerprint or "") + (event.title or "")
    assert event.severity is None or event.severity.startswith("P")


@given(json_values)
def test_any_body_is_an_event_or_a_problem(body):
    assert isinstance(normalise_event(body, PROFILE), Normalised | Problem)


def test_a_hostile_payload_does_not_earn_a_remark_for_each_of_its_members():
    event = event_of("alert.triggered", metrics={str(n): "x" for n in range(10_000)})
    assert len(event.remarks) == 21
    assert event.remarks[-1] == "and 9980 more remarks"
