"""Erasing over HTTP: who may, what is refused, and what the journal says of it."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.change_control import StreamErased
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.locate import locate_store
from support.people import People
from support.rulebooks import REFERENCE
from support.runtime import FaultyStore, Runtime
from support.server import serve

ASKED = {"incident": "test-1", "reason": "Art. 17"}


@pytest.fixture
async def api():
    people = People()
    runtime = Runtime(FaultyStore(locate_store("memory:")), REFERENCE, people=people)
    async with serve(runtime) as served:
        served.people = people
        await runtime.alert("test-1", "P3")
        await runtime.alert("test-1", "P3", type="alert.resolved", status="resolved")
        await runtime.settle()
        yield served


async def erase(api, role, body):
    return await api.post("/erasures", body, headers=api.people.headers(role))


@pytest.mark.parametrize("role", ["viewer", "responder", "approver", "breaker", "nobody"])
async def test_who_may_not_erases_nothing(api, role):
    before = await api.runtime.store.read("incident/test-1")
    status, answer = await erase(api, role, ASKED)
    assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert await api.runtime.store.read("incident/test-1") == before


@pytest.mark.parametrize("role", ["operator", "admin"])
async def test_who_may_erases_a_closed_incident_and_the_journal_says_who(api, role):
    count = len(await api.runtime.records())
    status, answer = await erase(api, role, ASKED | {"by": "Ada"})
    assert (status, answer["records"]) == (200, count)
    records = await api.runtime.store.read(CONTROL_STREAM)
    record = decode_record(records[-1].data)
    (said,) = [change for change in record.changes if isinstance(change, StreamErased)]
    assert record.actor == role
    assert (said.stream, said.records) == ("incident/test-1", count)
    assert said.reason == "Art. 17 (claimed by Ada)"
    for path in ("", "?at=1", "/timeline", "/post-mortem"):
        asked = await api.get(f"/incidents/test-1{path}", headers=api.people.headers("admin"))
        assert asked[0] == 404
        assert "was erased" in asked[1]["error"]["message"]


async def test_a_payload_is_erased_by_its_digest(api):
    digest = (await api.runtime.records())[0].input.event.raw
    assert await api.runtime.store.payload(digest) is not None
    status, answer = await erase(api, "admin", {"payload": digest, "reason": "asked"})
    assert (status, answer) == (200, {"records": 0, "payloads": 1})
    assert await api.runtime.store.payload(digest) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"incident": "none", "reason": "asked"}, 409),
        ({"incident": "open", "reason": "asked"}, 409),
        ({"payload": "00" * 32, "reason": "asked"}, 409),
        ({"payload": "no digest", "reason": "asked"}, 409),
        ({"reason": "asked"}, 422),
        ({"incident": "test-1", "payload": "00" * 32, "reason": "asked"}, 422),
        ({"incident": "test-1"}, 422),
        ({"incident": "test-1", "reason": "asked", "more": 1}, 422),
    ],
)
async def test_what_cannot_be_erased_is_refused_in_words(api, body, status):
    await api.runtime.alert("open")
    found, answer = await erase(api, "admin", body)
    assert found == status, answer
    assert answer["error"]["message"]


async def test_an_incident_is_shown_as_it_was(api):
    async def shown(at):
        headers = api.people.headers("viewer")
        return await api.get(f"/incidents/test-1?at={at}", headers=headers)

    status, first = await shown(1)
    assert (status, first["revision"]) == (200, 1)
    _, last = await shown(99)
    assert last["revision"] == len(await api.runtime.records())
    assert first["state"] != last["state"]
    assert (await shown("1999-01-01T00:00:00Z"))[0] == 404
    assert (await shown("yesterday"))[0] == 400
