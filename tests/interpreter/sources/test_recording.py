from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.sources import BadLine, TimedDelivery, TimeOrigin, read_recording

SECOND = 10**9


def read(*lines, source=None):
    return list(read_recording(lines, source=source))


def test_an_envelope_states_time_and_source():
    (delivery,) = read('{"at":"1970-01-01T00:00:05Z","source":"am","body":{"alerts":[]}}')
    assert delivery == TimedDelivery(1, 5 * SECOND, TimeOrigin.STATED, "am", {"alerts": []})
    assert not delivery.is_time_inferred


def test_a_bare_event_is_itself_the_body():
    line = '{"type":"alert.triggered","payload":{"startsAt":7,"endsAt":null}}'
    (delivery,) = read(line)
    assert delivery == TimedDelivery(1, 7 * SECOND, TimeOrigin.BODY, "ingest", json.loads(line))


def test_a_bare_event_may_state_its_time():
    (delivery,) = read('{"at":9,"type":"engineer.ack","payload":{"id":"I"}}')
    assert (delivery.at, delivery.time_origin) == (9 * SECOND, TimeOrigin.STATED)


def test_a_raw_body_needs_a_source():
    line = '{"version":"4","alerts":[{"startsAt":"1970-01-01T00:00:03Z"}]}'
    assert read(line) == [BadLine(1, "an Alertmanager notification? say --source alertmanager")]
    (delivery,) = read(line, source="alertmanager")
    assert (delivery.source, delivery.at) == ("alertmanager", 3 * SECOND)


def test_time_in_the_body_is_the_latest_start_or_end():
    body = {"alerts": [{"startsAt": 5, "endsAt": "0001-01-01T00:00:00Z"}, {"starts_at": 2}]}
    (delivery,) = read(json.dumps(body), source="s")
    assert (delivery.at, delivery.time_origin) == (5 * SECOND, TimeOrigin.BODY)


def test_time_never_goes_back():
    deliveries = read(
        '{"type":"a.b"}',
        '{"at":9,"body":{"type":"a.b"}}',
        '{"at":4,"body":{"type":"a.b"}}',
        '{"type":"a.b","payload":{"startsAt":5}}',
        '{"type":"a.b"}',
        '{"at":10,"body":{"type":"a.b"}}',
    )
    assert [delivery.at // SECOND for delivery in deliveries] == [0, 9, 9, 9, 9, 10]
    assert [delivery.time_origin for delivery in deliveries] == [
        "previous", "stated", "previous", "previous", "previous", "stated"
    ]  # fmt: skip
    assert sum(delivery.is_time_inferred for delivery in deliveries) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "cut off"),
        (b'{"type":"\xff"}', "not UTF-8"),
        ('{"type":1,"type":2}', "stands twice"),
        ("7", "this is a number"),
        ('{"hello":1}', "no event"),
        ('{"at":"noon","body":{}}', "\"at\" 'noon' is no time we can hold; write RFC 3339"),
        ('{"source":5,"body":{}}', '"source" is a number'),
        ("[" * 100_000, "deeper"),
        ('{"type":"\ud800"}', "not UTF-8"),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_a_line_that_is_no_event_is_reported_with_its_number(line, words):
    first, bad, last = read('{"type":"a.b"}', line, '{"type":"a.b"}')
    assert isinstance(bad, BadLine)
    assert bad.line == 2
    assert words in bad.detail
    assert (first.line, last.line) == (1, 3)


def test_blank_lines_count_but_say_nothing():
    assert [
        delivery.line for delivery in read("", '{"type":"a.b"}\r\n', b"  \n", '{"type":"c.d"}')
    ] == [2, 4]


def test_the_recorded_notifications_have_their_own_times(shared):
    lines = (shared / "recorded/alertmanager-webhook.jsonl").read_bytes().splitlines()
    deliveries = read(*lines, source="alertmanager")
    assert len(deliveries) == 14
    assert all(isinstance(delivery, TimedDelivery) for delivery in deliveries)
    times = [delivery.at for delivery in deliveries]
    assert times == sorted(times)
    assert times[0] == 1_795_540_883_568_000_000
    assert all(delivery.is_time_inferred for delivery in deliveries)


@given(st.lists(st.binary(max_size=40) | st.text(max_size=40)))
def test_no_lines_raise(lines):
    for read_line in read_recording(lines):
        assert 1 <= read_line.line <= len(lines)
