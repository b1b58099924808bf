"""What people read and say through the API."""

from __future__ import annotations

import pytest

from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.server import operations


async def test_a_p1_waits_for_an_approval_and_goes_on(api):
    await api.trigger("test-1", "P1")
    _, incident = await api.get("/incidents/test-1")
    assert incident["state"] == "TRIAGE"
    (gate,) = incident["gates"].values()
    assert (gate["status"], gate["needed"]) == ("open", 1)
    status, body = await api.post(
        "/approvals/test-1", {"decision": "approve", "digest": gate["digest"], "reason": "real"}
    )
    assert status == 200
    assert body["transitions"] == [
        {"from": "TRIAGE", "to": "MITIGATING", "rule": "TRIAGE->MITIGATING"}
    ]
    _, timeline = await api.get("/incidents/test-1/timeline")
    (transition,) = [c for c in timeline["records"][1]["changes"] if c["kind"] == "transition"]
    assert transition["approvals"][0]["principal"] == "anonymous"


async def test_a_denied_gate_stays_shut(api):
    await api.trigger("test-1", "P1")
    assert (await api.post("/approvals/test-1", {"decision": "deny", "reason": "no"}))[0] == 200
    status, body = await api.post("/approvals/test-1", {"decision": "approve"})
    assert (status, body["error"]["code"]) == (409, "rejected")
    assert "no gate is open" in body["error"]["message"]
    assert body["error"]["detail"]["disposition"] == "rejected"


async def test_an_approval_of_what_was_not_shown_is_refused(api):
    await api.trigger("test-1", "P1")
    stale = {"decision": "approve", "digest": "sha256:" + "0" * 64}
    assert (await api.post("/approvals/test-1", stale))[0] == 409


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({}, "`decision` must be a text"),
        ({"decision": "yes"}, "approve, deny, revoke"),
        ({"decision": "approve", "user": "root"}, "unknown key 'user'"),
        ({"decision": "approve", "gate": 7}, "`gate` must be a text"),
        ({"decision": "approve", "reason": "x" * 10_001}, "longer than"),
        ([], "JSON object"),
    ],
)
async def test_a_malformed_decision_is_explained(api, command, words):
    await api.trigger("test-1", "P1")
    status, body = await api.post("/approvals/test-1", command)
    assert status == 422
    assert words in body["error"]["message"]


async def test_a_claimed_name_is_kept_as_claimed(api):
    await api.trigger("test-1", "P1")
    said = {"type": "engineer.ack", "payload": {"by": "ada"}}
    assert (await api.post("/incidents/test-1/events", said))[0] == 200
    _, incident = await api.get("/incidents/test-1")
    assert incident["acknowledged_by"] == "anonymous (claimed: ada)"


async def test_a_signal_no_rule_allows_is_answered_409_with_the_reason(api):
    await api.trigger("test-1", "P2")
    said = {"type": "postmortem.created", "payload": {}}
    status, body = await api.post("/incidents/test-1/events", said)
    assert (status, body["error"]["code"]) == (409, "rejected")
    assert body["error"]["message"]


async def test_alerts_do_not_come_in_by_incident(api):
    await api.trigger("test-1", "P1")
    said = {"type": "alert.resolved", "payload": {}}
    status, body = await api.post("/incidents/test-1/events", said)
    assert (status, body["error"]["code"]) == (422, "not_a_signal")
    assert (await api.get("/incidents/test-1"))[1]["revision"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/incidents/nobody", None),
        ("GET", "/incidents/nobody/timeline", None),
        ("POST", "/incidents/nobody/events", {"type": "engineer.ack", "payload": {}}),
        ("POST", "/approvals/nobody", {"decision": "approve"}),
        ("GET", "/nothing/here", None),
        ("GET", "/incidents/../../etc/passwd", None),
    ],
)
async def test_what_does_not_exist_is_404_as_json(api, method, path, body):
    status, answer = await api.ask(method, path, body)
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_the_wrong_method_says_which_are_right(api):
    async with api.client.get("/ingest") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert (await answer.json())["error"]["code"] == "method_not_allowed"


async def test_incidents_are_listed_latest_first_by_pages(api):
    for number in range(5):
        await api.trigger(f"test-{number}", "P1" if number % 2 else "P2")
    _, page = await api.get("/incidents?limit=2")
    assert [i["id"] for i in page["incidents"]] == ["test-4", "test-3"]
    _, page = await api.get(f"/incidents?limit=2&after={page['next']}")
    assert [i["id"] for i in page["incidents"]] == ["test-2", "test-1"]
    _, page = await api.get(f"/incidents?limit=2&after={page['next']}")
    assert [i["id"] for i in page["incidents"]] == ["test-0"]
    assert page["next"] is None
    _, page = await api.get("/incidents?severity=P1&state=TRIAGE&open=true")
    assert [i["id"] for i in page["incidents"]] == ["test-3", "test-1"]
    assert (await api.get("/incidents?open=false"))[1]["incidents"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=1000000000",
        "limit=0",
        "limit=-1",
        "limit=x",
        "open=1",
        "after=!",
        "page=2",
        "state=a&state=b",
    ],
)
async def test_a_malformed_query_is_refused(api, query):
    status, body = await api.get(f"/incidents?{query}")
    assert (status, body["error"]["code"]) == (400, "invalid_query")


async def test_a_timeline_comes_in_pages_with_times_for_people(api):
    await api.trigger("test-1", "P1")
    for number in range(3):
        said = {"type": "incident.noted", "payload": {"note": f"note {number}"}}
        await api.post("/incidents/test-1/events", said)
    _, page = await api.get("/incidents/test-1/timeline?limit=3")
    assert [record["revision"] for record in page["records"]] == [1, 2, 3]
    assert page["records"][0]["at"] == "2026-01-01T00:00:00Z"
    assert page["records"][0]["input"]["event"]["type"] == "alert.triggered"
    _, page = await api.get(f"/incidents/test-1/timeline?after={page['next']}")
    assert [record["revision"] for record in page["records"]] == [4]
    assert page["next"] is None


async def test_an_incident_with_an_odd_id_is_reached_by_its_escaped_path(api):
    await api.trigger("a/b c%~ü", "P1")
    status, incident = await api.get("/incidents/a%2Fb%20c%25~%C3%BC")
    assert (status, incident["id"]) == (200, "a/b c%~ü")


async def test_the_automation_ladder_is_shown_and_set_for_a_time(api):
    _, shown = await api.get("/automation")
    assert shown == {"mode": "auto", "daemon": "auto", "overrides": []}
    status, shown = await api.ask(
        "PUT", "/automation", {"mode": "observe", "for": "2h", "reason": "change freeze"}
    )
    assert (status, shown["mode"]) == (200, "observe")
    (override,) = shown["overrides"]
    assert override == {
        "hook": None,
        "mode": "observe",
        "until": "2026-01-01T02:00:00Z",
        "by": "anonymous",
        "reason": "change freeze",
    }
    api.runtime.clock.advance_to(api.runtime.clock.now() + 7_200_000_000_000)
    assert (await api.get("/automation"))[1]["mode"] == "auto"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"mode": "fast", "reason": "x"}, "off, observe, ask, auto"),
        ({"mode": "off"}, "`reason`"),
        ({"mode": "off", "reason": "x", "hook": "nope"}, "restart_container, scale_up_service"),
        ({"mode": "off", "reason": "x", "for": "2 hours"}, "no duration"),
        ({"mode": "off", "reason": "x", "until": "tomorrow"}, "tomorrow"),
        ({"mode": "off", "reason": "x", "for": "2h", "until": "2030-01-01T00:00:00Z"}, "not both"),
        ({"mode": "off", "reason": "x", "extra": 1}, "unknown key"),
    ],
)
async def test_a_malformed_setting_of_the_ladder_is_explained(api, command, words):
    status, body = await api.ask("PUT", "/automation", command)
    assert status == 422
    assert words in body["error"]["message"]
    assert (await api.get("/automation"))[1]["overrides"] == []


async def test_a_setting_that_ends_in_the_past_is_rejected(api):
    command = {"mode": "off", "reason": "x", "until": "2020-01-01T00:00:00Z"}
    assert (await api.ask("PUT", "/automation", command))[0] == 409


async def test_nobody_sets_the_ladder_through_ingest(api):
    said = {"type": "automation.set", "payload": {"mode": "off", "reason": "ha"}}
    status, body = await api.post("/ingest", said)
    assert (status, body["disposition"]) == (202, "unmatched")
    assert (await api.get("/automation"))[1]["mode"] == "auto"


async def test_effects_are_shown_with_what_they_ask(api):
    await api.trigger("test-1", "P2")
    _, shown = await api.get("/effects?status=pending")
    assert {effect["effect"]["kind"] for effect in shown["effects"]} == {"notify"}
    assert {effect["stream"] for effect in shown["effects"]} == {"incident/test-1"}
    await api.runtime.settle()
    assert (await api.get("/effects?status=pending"))[1]["effects"] == []
    assert (await api.get("/effects?status=gone"))[0] == 400


async def test_health_readiness_and_metrics(api):
    assert await api.get("/healthz") == (200, {"status": "ok"})
    assert await api.get("/readyz") == (200, {"status": "ready"})
    await api.trigger("test-1", "P2")
    async with api.client.get("/metrics") as answer:
        text = await answer.text()
    assert 'interlock_records_total{disposition="applied"} 1' in text
    assert "interlock_queue_length 0" in text


async def test_a_store_that_is_away_makes_the_daemon_unready(api, monkeypatch):
    async def away(_streams):
        raise StoreUnavailableError("locked")

    monkeypatch.setattr(api.runtime.store, "heads", away, raising=False)
    assert (await api.get("/readyz"))[0] == 503
    status, body = await api.get("/incidents/test-1")
    assert (status, body["error"]["code"]) == (503, "cannot_record")


async def test_a_defect_is_answered_500_without_its_insides(api, monkeypatch):
    monkeypatch.setattr(operations, "view_automation", None)
    status, body = await api.get("/automation")
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "NoneType" not in str(body)
