"""What monitoring posts: recorded before it is answered, refused when it cannot be, never lost."""

from __future__ import annotations

import gzip
import json

import pytest

from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.runtime import decider
from interlock.interpreter.runtime.delivery import OverloadedError
from support.runtime import event_body

ALERT = event_body("test-1", "P2")


async def test_a_p2_is_mitigated_by_the_request_that_reports_it(api):
    status, body = await api.send(ALERT)
    assert status == 200
    assert body == {
        "incident": "test-1",
        "disposition": "applied",
        "transitions": [
            {"from": "DETECTED", "to": "TRIAGE", "rule": "DETECTED->TRIAGE"},
            {"from": "TRIAGE", "to": "MITIGATING", "rule": "TRIAGE->MITIGATING"},
        ],
    }


async def test_what_is_recorded_without_effect_is_answered_202(api):
    starts = {"starts_at": "2026-01-01T00:00:00Z"}
    assert (await api.trigger("test-1", "P2", **starts))[0] == 200
    status, body = await api.trigger("test-1", "P2", **starts)
    assert (status, body["disposition"]) == (202, "suppressed")
    status, body = await api.post("/ingest", {"type": "alert.resolved", "payload": {"id": "x"}})
    assert (status, body["disposition"], body["incident"]) == (202, "unmatched", None)
    status, body = await api.post("/ingest", {"type": "mitigation.approved", "payload": {}})
    assert (status, body["disposition"]) == (202, "unmatched")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        pytest.param(b"", 400, "malformed", id="empty"),
        pytest.param(b"{", 400, "malformed", id="cut off"),
        pytest.param(b"\xff\xfe", 400, "malformed", id="no utf-8"),
        pytest.param(b"\xef\xbb\xbf{}", 400, "malformed", id="byte order mark"),
        pytest.param(b"[" * 100_000, 400, "malformed", id="depth 100 k"),
        pytest.param(b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, "malformed", id="deep objects"),
        pytest.param(b'{"type":"a","type":"b"}', 400, "malformed", id="duplicate key"),
        pytest.param(b'{"type":"a","payload":{"x":NaN}}', 400, "malformed", id="NaN"),
        pytest.param(b'{"type":"a","payload":{"x":Infinity}}', 400, "malformed", id="infinity"),
        pytest.param(b'{"type":"a","payload":{"x":1e400}}', 400, "malformed", id="1e400"),
        pytest.param(
            b'{"type":"a","payload":{"x":9223372036854775808}}', 400, "malformed", id="2**63"
        ),
        pytest.param(
            b'{"type":"a","payload":{"x":' + b"9" * 10_000 + b"}}", 400, "malformed", id="digits"
        ),
        pytest.param(b'{"type":"a","payload":"\\ud800"}', 400, "malformed", id="lone surrogate"),
        pytest.param(b"[]", 422, "not_an_event", id="a list"),
        pytest.param(b'"text"', 422, "not_an_event", id="a text"),
        pytest.param(b"null", 422, "not_an_event", id="null"),
        pytest.param(b"{}", 422, "not_an_event", id="no type"),
        pytest.param(b'{"type":7}', 422, "not_an_event", id="type is a number"),
        pytest.param(b'{"type":"gate.opened"}', 422, "reserved_type", id="reserved type"),
        pytest.param(b" " * (2**20 + 1), 413, "too_large", id="over 1 MiB"),
    ],
)
async def test_what_is_no_event_is_refused_with_its_reason(api, data, status, code):
    answered, body = await api.send(data)
    assert (answered, body["error"]["code"]) == (status, code)
    assert body["error"]["message"]
    assert "Traceback" not in json.dumps(body)
    assert await api.runtime.store.streams() == []


async def test_odd_but_valid_events_are_taken(api):
    payloads = [
        {"id": "nul\u0000inside", "title": "a\u0000b"},
        {"__proto__": {"x": 1}, "a.b": 1, "": 2, "title": "keys"},
        {f"key{n}": n for n in range(20_000)} | {"title": "many keys"},
        {"title": "times", "starts_at": "0001-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"},
        {"title": "early", "startsAt": "1970-01-01T00:00:00Z"},
        {"severity": ["P1"], "labels": "none", "tags": 7, "title": {"x": 1}},
        None,
    ]
    for payload in payloads:
        status, body = await api.post("/ingest", {"type": "alert.triggered", "payload": payload})
        assert (status, body["disposition"]) == (200, "applied"), payload


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "*/*"],
)
async def test_another_content_type_is_refused(api, kind):
    status, body = await api.send(ALERT, Content_Type=kind)
    assert (status, body["error"]["code"]) == (415, "unsupported_media_type")


async def test_a_charset_of_utf_8_is_fine(api):
    assert (await api.send(ALERT, Content_Type="application/json; charset=UTF-8"))[0] == 200


async def test_compressed_bodies_are_refused_and_never_inflated(api):
    bomb = gzip.compress(b"0" * 10_000_000)
    status, body = await api.send(bomb, Content_Encoding="gzip")
    assert (status, body["error"]["code"]) == (415, "unsupported_encoding")


async def test_a_chunked_body_is_cut_off_at_the_limit(api):
    async def endless():
        for _ in range(64):
            yield b" " * 65_536

    status, body = await api.send(endless())
    assert (status, body["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "error", [StoreUnavailableError("the disk is full"), OverloadedError("10000 inputs wait")]
)
async def test_what_cannot_be_recorded_is_refused_so_that_it_comes_again(api, monkeypatch, error):
    if isinstance(error, OverloadedError):

        async def refuse(_items):
            raise error

        monkeypatch.setattr(api.runtime.engine, "submit", refuse)
    else:
        api.runtime.store.failures.append(error)
    async with api.client.post(
        "/ingest", data=ALERT, headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        assert (await answer.json())["error"]["code"] == "cannot_record"
    assert await api.runtime.store.streams() == []


async def test_a_defect_in_a_decision_is_answered_202_quarantined(api, monkeypatch):
    def failing(*_args, **_kwargs):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(decider, "decide", failing)
    status, body = await api.send(ALERT)
    assert (status, body["disposition"]) == (202, "quarantined")
    status, body = await api.get("/quarantine")
    (item,) = body["quarantined"]
    assert item["data"]["id"] == "test-1"


def notification(*alerts):
    return {"version": "4", "status": "firing", "groupKey": "g", "alerts": list(alerts)}


def alert(name, status="firing", **labels):
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "warning", **labels},
        "annotations": {"summary": name},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"fp-{name}",
    }


async def test_a_notification_is_answered_for_each_of_its_alerts(api):
    body = notification(alert("one"), alert("two"), alert("one"))
    status, answer = await api.post("/ingest/alertmanager", body)
    assert status == 200
    assert [r["disposition"] for r in answer["results"]] == ["applied", "applied", "suppressed"]


async def test_ten_thousand_alerts_with_one_bad_lose_only_the_bad_one(api):
    members = [alert(f"a{number}") for number in range(2_000)]
    members[1_234] = "nonsense"
    status, answer = await api.post("/ingest/alertmanager", notification(*members))
    assert status == 200
    dispositions = [result["disposition"] for result in answer["results"]]
    assert dispositions.pop(1_234) == "quarantined"
    assert set(dispositions) == {"applied"}
    assert len((await api.get("/quarantine"))[1]["quarantined"]) == 1


async def test_a_body_that_is_no_notification_is_refused(api):
    status, body = await api.post("/ingest/alertmanager", {"hello": "world"})
    assert (status, body["error"]["code"]) == (422, "not_an_event")


async def test_an_unknown_source_is_named_with_those_there_are(api):
    status, body = await api.post("/ingest/prometheus", {})
    assert status == 404
    assert "alertmanager, ingest" in body["error"]["message"]


async def test_a_sender_may_be_larger_than_a_single_event_but_not_without_bound(api):
    padding = notification({**alert("one"), "annotations": {"x": "y" * 2**20}})
    assert (await api.post("/ingest/alertmanager", padding))[0] == 200
    status, body = await api.send(b" " * (2**24 + 1), "/ingest/alertmanager")
    assert (status, body["error"]["code"]) == (413, "too_large")


async def test_a_resolve_that_comes_first_is_kept_and_opens_nothing(api):
    body = notification(alert("one", "resolved"))
    _, answer = await api.post("/ingest/alertmanager", body)
    assert [r["disposition"] for r in answer["results"]] == ["unmatched"]
