"""PagerDuty and Opsgenie get what their documentation asks for."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from interlock.interpreter.channels.message import read_message
from interlock.interpreter.channels.opsgenie import make_request
from interlock.interpreter.channels.pagerduty import make_event
from support import channels as ch

LONG = "x" * 30_000


def event(given):
    made = make_event(read_message(given, "https://interlock.test"))
    assert made["event_action"] in {"trigger", "acknowledge", "resolve"}
    assert 0 < len(made["dedup_key"]) <= 255
    if made["event_action"] == "trigger":
        payload = made["payload"]
        assert 0 < len(payload["summary"]) <= 1024
        assert payload["source"]
        assert payload["severity"] in {"critical", "error", "warning", "info"}
    return made


def request(given):
    path, body = make_request(read_message(given))
    if path == "/v2/alerts":
        assert 0 < len(body["message"]) <= 130
        assert 0 < len(body["alias"]) <= 512
        assert len(body["description"]) <= 15_000
        assert body["priority"] in {"P1", "P2", "P3", "P4", "P5"}
        assert all(isinstance(value, str) for value in body["details"].values())
    return path, body


def test_one_generation_is_one_alert_from_page_to_resolution():
    told = {
        "opened": "trigger",
        "escalation": "trigger",
        "approval_needed": "trigger",
        "acknowledged": "acknowledge",
        "resolved": "resolve",
        "closed": "resolve",
    }
    events = [event(ch.notice(about)) for about in told]
    assert [e["event_action"] for e in events] == list(told.values())
    assert {e["dedup_key"] for e in events} == {"INC-1/1"}
    assert event(ch.notice(generation=2))["dedup_key"] == "INC-1/2"


def test_a_page_says_what_happened_and_where_there_is_more():
    made = event(ch.notice("escalation", "not acknowledged (escalation level 2)"))
    assert made["payload"]["summary"] == (
        "[P1] High Latency (INC-1): not acknowledged (escalation level 2)"
    )
    assert made["payload"]["custom_details"]["needed"] == "Acknowledge it."
    assert made["client_url"] == "https://interlock.test/incidents/INC-1"


@pytest.mark.parametrize(
    ("ours", "theirs"), [("P1", "critical"), ("P2", "error"), ("P3", "warning"), ("P9", "warning")]
)
def test_severities_have_a_word_of_pagerduty(ours, theirs):
    assert event(ch.notice(severity=ours))["payload"]["severity"] == theirs


def test_what_is_too_long_is_cut_and_a_long_id_is_hashed():
    hostile = ch.notice(happened=LONG, title=LONG, incident=LONG)
    first, end = event(hostile), event(ch.notice("resolved", incident=LONG))
    assert first["dedup_key"] == end["dedup_key"]
    request(hostile)


def test_a_notification_of_no_incident_is_an_alert_of_its_own():
    given = ch.Notify(key="z" * 32, path="p", channel="it", about="unmatched", text="[P2] X: why")
    assert event(given)["dedup_key"] == "z" * 32
    assert event(given)["payload"]["summary"].startswith("[P2] X: why")


def test_opsgenie_alerts_are_created_acknowledged_and_closed_by_alias():
    assert request(ch.notice())[0] == "/v2/alerts"
    assert request(ch.notice())[1]["alias"] == "INC-1/1"
    path = "/v2/alerts/INC-1%2F1/{}?identifierType=alias"
    assert request(ch.notice("acknowledged"))[0] == path.format("acknowledge")
    assert request(ch.notice("resolved"))[0] == path.format("close")
    assert unquote("INC-1%2F1") == "INC-1/1"


def test_opsgenie_shows_no_markup_of_an_alert():
    _, body = request(ch.notice(title="<script>x</script>", happened="<a href='x'>y</a>"))
    assert "<" not in str(body)


async def test_the_keys_go_where_each_wants_them(server):
    server.answer = ch.answer(202, b'{"status":"success"}')
    async with ch.connections() as made:
        pager, _ = made.make(ch.declared("pagerduty", routing_key="${env:PD}", url=server.url()))
        other, _ = made.make(ch.declared("opsgenie", api_key="${env:OG}", url=server.url("")))
        await pager.send(ch.notice())
        await other.send(ch.notice("resolved"))
    assert server.json(0)["routing_key"] == ch.SECRETS["PD"]
    assert len(server.json(0)["routing_key"]) == 32
    assert server.headers(1)["authorization"] == f"GenieKey {ch.SECRETS['OG']}"
    assert server.line(1).startswith("POST /v2/alerts/INC-1%2F1/close?identifierType=alias ")
