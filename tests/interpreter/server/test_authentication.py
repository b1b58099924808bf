"""A source that declares `auth` is only heard with it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from interlock.interpreter.journal.locate import locate_store
from support.runtime import Runtime
from support.server import serve

SOURCES = """\
sources:
  plain: {type: json}
  token: {type: json, auth: {bearer: "${env:TOKEN}"}}
  basic: {type: json, auth: {username: am, password: "${env:TOKEN}"}}
  named: {type: json, auth: {header: X-Key, value: "${env:TOKEN}"}}
  signed: {type: json, auth: {hmac: "${env:TOKEN}", header: X-Signature}}
"""
BODY = b'{"title": "Slow", "id": "test-1"}'
BASIC = base64.b64encode(b"am:s3cret").decode()
SIGNATURE = hmac.new(b"s3cret", BODY, hashlib.sha256).hexdigest()


@pytest.fixture
async def api():
    runtime = Runtime(locate_store("memory:"), SOURCES)
    async with serve(runtime, environ={"TOKEN": "s3cret"}) as served:
        yield served


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        ("plain", {}),
        ("token", {"Authorization": "Bearer s3cret"}),
        ("basic", {"Authorization": f"Basic {BASIC}"}),
        ("named", {"X-Key": "s3cret"}),
        ("signed", {"X-Signature": SIGNATURE}),
    ],
)
async def test_the_right_credentials_are_taken(api, source, headers):
    status, body = await api.send(BODY, f"/ingest/{source}", **headers)
    assert status == 200
    assert body["results"]


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        ("token", {}),
        ("token", {"Authorization": ""}),
        ("token", {"Authorization": "Bearer S3CRET"}),
        ("token", {"Authorization": "Bearer s3cre"}),
        ("token", {"Authorization": "s3cret"}),
        ("token", {"Authorization": f"Basic {BASIC}"}),
        ("basic", {"Authorization": "Basic YW06d3Jvbmc="}),
        ("named", {"X-Key": "sécret"}),
        ("signed", {}),
        ("signed", {"X-Signature": SIGNATURE.upper()}),
        ("signed", {"X-Signature": SIGNATURE[:-1]}),
        ("signed", {"X-Signature": hmac.new(b"s3cret", b"{}", hashlib.sha256).hexdigest()}),
    ],
)
async def test_anything_else_is_refused_and_not_recorded(api, source, headers):
    async with api.client.post(
        f"/ingest/{source}", data=BODY, headers={"Content-Type": "application/json", **headers}
    ) as answer:
        assert answer.status == 401
        assert "WWW-Authenticate" in answer.headers
        text = await answer.text()
    assert "s3cret" not in text
    assert await api.runtime.store.streams() == []


async def test_the_credentials_given_twice_are_none(api):
    headers = [
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer s3cret"),
        ("Authorization", "Bearer other"),
    ]
    async with api.client.post("/ingest/token", data=BODY, headers=headers) as answer:
        assert answer.status in (400, 401)


async def test_a_secret_that_cannot_be_read_refuses_for_now():
    runtime = Runtime(locate_store("memory:"), SOURCES)
    async with serve(runtime, environ={}) as api:
        status, body = await api.send(BODY, "/ingest/token", Authorization="Bearer s3cret")
        assert (status, body["error"]["code"]) == (503, "cannot_record")
