"""The hostile inputs of `/ingest/SOURCE` (75-85, 99-101), each with its promised outcome."""

from __future__ import annotations

import gzip
import json

import pytest

from interlock.interpreter.journal.locate import locate_store
from support.runtime import Runtime
from support.senders import SAMPLES
from support.server import serve

SOURCES = """\
sources:
  grafana: {type: grafana, auth: none}
  zabbix: {type: zabbix, auth: none}
  cloudwatch: {type: cloudwatch, auth: none}
"""
BY_TYPE = {sample.type: sample for sample in SAMPLES}


@pytest.fixture
async def api():
    async with serve(Runtime(locate_store("memory:"), SOURCES)) as served:
        yield served


def alert(**more):
    body = {"alerts": [{"labels": {"alertname": "a"}, "fingerprint": "f", **more}]}
    return json.dumps(body).encode()


@pytest.mark.parametrize("path", ["/ingest/grafana", "/ingest/zabbix", "/ingest/cloudwatch"])
@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        pytest.param(b"[" * 100_000, 400, "malformed", id="75 depth"),
        pytest.param(b" " * (2**24 + 1), 413, "too_large", id="76 over the limit"),
        pytest.param(b'{"a": NaN}', 400, "malformed", id="78 NaN"),
        pytest.param(b'{"a": 1e400}', 400, "malformed", id="78 1e400"),
        pytest.param(b'{"a": ' + b"9" * 10**6 + b"}", 400, "malformed", id="79 digits"),
        pytest.param(b'{"a": 9223372036854775808}', 400, "malformed", id="80 2**63"),
        pytest.param(b'{"a": 1, "a": 2}', 400, "malformed", id="81 duplicate key"),
        pytest.param(b'{"a": "\\ud800"}', 400, "malformed", id="82 lone surrogate"),
        pytest.param(b'{"a": "\xc0\xaf"}', 400, "malformed", id="82 overlong"),
        pytest.param(b"\xef\xbb\xbf{}", 400, "malformed", id="82 byte order mark"),
        pytest.param(b"[" + b"[]," * 500_001 + b"[]]", 413, "too_large", id="85 containers"),
    ],
)
async def test_what_is_not_the_json_we_read_is_refused_whole(api, path, data, status, code):
    answered, body = await api.send(data, path)
    assert (answered, body["error"]["code"]) == (status, code)
    assert await api.runtime.store.streams() == []


async def test_a_bomb_is_refused_before_it_is_unpacked(api):
    """77"""
    bomb = gzip.compress(gzip.compress(b"0" * 10_000_000))
    status, body = await api.send(bomb, "/ingest/grafana", Content_Encoding="gzip")
    assert (status, body["error"]["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"values": {"x": 2**53 + 1}}, id="80 2**53+1"),
        pytest.param({"annotations": {"summary": "a\0b"}}, id="83 NUL"),
        pytest.param({"labels": {"__proto__": "x", "a.b": "y", "": "z"}}, id="84 odd keys"),
        pytest.param({"labels": {f"k{n}": "v" for n in range(100_000)}}, id="85 100 k keys"),
        pytest.param({"startsAt": "1970-01-01T00:00:00Z"}, id="101 1970"),
        pytest.param({"startsAt": "2100-01-01T00:00:00Z"}, id="101 2100"),
    ],
)
async def test_what_is_odd_but_right_is_taken(api, more):
    status, body = await api.send(alert(**more), "/ingest/grafana")
    assert (status, len(body["results"])) == (200, 1)
    assert body["results"][0]["incident"]


@pytest.mark.parametrize("type_", ["grafana", "zabbix", "cloudwatch"])
async def test_an_end_before_its_beginning_opens_nothing(api, type_):
    """99"""
    body = json.dumps(BY_TYPE[type_].resolved).encode()
    status, answer = await api.send(body, f"/ingest/{type_}")
    assert status == 200
    assert [result["disposition"] for result in answer["results"]] == ["unmatched"]
    _, listed = await api.get("/incidents")
    assert listed["incidents"] == []


async def test_one_bad_alert_of_a_thousand_takes_nobody_along(api):
    """100, smaller: the rest is recorded, and the bad one is put aside with the reason."""
    (first,) = BY_TYPE["grafana"].firing["alerts"]
    alerts = [{**first, "fingerprint": str(n)} for n in range(1_000)]
    alerts[500] = "no alert"
    body = json.dumps({"alerts": alerts}).encode()
    status, answer = await api.send(body, "/ingest/grafana")
    assert status == 200
    found = [result["disposition"] for result in answer["results"]]
    assert found.count("applied") == 999
    assert found[500] == "quarantined"
