"""Silences through the API."""

from __future__ import annotations

import pytest

STAGING = {"match": 'event.labels.env == "staging"', "for": "2h", "reason": "maintenance"}


async def test_a_silence_is_added_listed_and_ended(api):
    assert (await api.get("/silences"))[1] == {"silences": [], "rulebook": []}
    status, body = await api.post("/silences", STAGING)
    assert status == 200
    (silence,) = body["silences"]
    assert silence["match"] == STAGING["match"]
    assert (silence["by"], silence["reason"]) == ("anonymous", "maintenance")
    assert silence["until"] == "2026-01-01T02:00:00Z"
    status, answer = await api.trigger("s-1", labels={"env": "staging"})
    assert (status, answer["disposition"], answer["incident"]) == (202, "suppressed", None)
    assert f"suppressed by silence {silence['id']} (maintenance)" in answer["reason"]
    status, body = await api.ask("DELETE", f"/silences/{silence['id']}?reason=done")
    assert (status, body["silences"]) == (200, [])
    await api.runtime.settle()
    assert (await api.get("/incidents/s-1"))[0] == 200


async def test_one_incident_is_silenced(api):
    await api.trigger("s-1")
    command = {"incident": "s-1", "for": "1h", "reason": "we are on it"}
    status, body = await api.post("/silences", command)
    assert (status, body["silences"][0]["incident"]) == (200, "s-1")


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ({}, 422, "`match` or `incident`"),
        ({**STAGING, "incident": "x"}, 422, "not both"),
        ({"match": "true", "reason": "x"}, 422, "no silence is for ever"),
        ({"match": "true", "for": "1h"}, 422, "`reason` must be a text"),
        ({**STAGING, "match": "event.labels.env =="}, 422, "`match`:"),
        ({**STAGING, "match": "incident.severity"}, 422, "`match`:"),
        ({**STAGING, "match": '"staging"'}, 422, "`match`:"),
        ({**STAGING, "for": "2x"}, 422, "2x"),
        ({**STAGING, "name": "x"}, 422, "unknown key 'name'"),
        ({"incident": "nobody", "for": "1h", "reason": "x"}, 404, "no incident"),
        ({"match": "true", "until": "2020-01-01T00:00:00Z", "reason": "x"}, 409, "a time to come"),
    ],
)
async def test_a_silence_that_would_mean_nothing_is_refused(api, command, status, words):
    found, body = await api.post("/silences", command)
    assert found == status
    assert words in body["error"]["message"]
    assert (await api.get("/silences"))[1]["silences"] == []


async def test_ending_what_is_no_silence_is_answered_409(api):
    status, body = await api.ask("DELETE", "/silences/s-none")
    assert (status, body["error"]["code"]) == (409, "rejected")


async def test_nobody_silences_by_sending_an_event(api):
    await api.trigger("s-1")
    said = {"type": "silence.add", "payload": {"match": "true", "reason": "ha"}}
    await api.post("/incidents/s-1/events", said)
    await api.post("/ingest", said)
    assert (await api.get("/silences"))[1]["silences"] == []
