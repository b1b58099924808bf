"""Buttons pressed in Slack, real and forged; numbers are those of the hostile input catalogue."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from interlock.interpreter.channels.slack_interactions import is_from_slack, is_slack_url
from interlock.interpreter.hooks import Secret
from interlock.interpreter.hooks.outcome import succeeded
from interlock.interpreter.journal.locate import locate_store
from support.people import IDENTITY, People
from support.runtime import FaultyStore, Runtime
from support.server import serve

KEY = "8f742231b10e8888abcd99yyyzzz85a5"
RULEBOOK = """\
severity_matrix: {P1: {auto_remediation: true, notification_channels: [chat]}}
notification_channels:
  chat: {type: slack, token: "${env:T}", channel: "#inc", signing_secret: "${env:SIGN}"}
remediation_hooks:
  - {id: drain, endpoint: "https://api.internal/drain", idempotency_key: key}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: fix
    transition: TRIAGE -> MITIGATING
    trigger: [fix.asked]
    gate: {approvals: 2, from: [leads], expires: 30m}
    action: {do: drain}
"""
PEOPLE = IDENTITY.replace(
    "lin: {roles: [leads, break-glass]",
    "lin: {roles: [leads], aliases: {slack: [{team: T2, user: U2}]}",
)
REPLY = "https://hooks.slack.com/actions/T1/1/x"


class Http:
    def __init__(self):
        self.sent = []

    async def send(self, call, credentials):
        del credentials
        self.sent.append(call)
        return succeeded()


class Workspace:
    """Slack as the daemon meets it."""

    def __init__(self, api, people, http):
        self.api, self.people, self.http = api, people, http

    async def gate(self):
        return (await self.api.runtime.incident("A")).gates["fix"]

    async def state(self):
        return (await self.api.runtime.incident("A")).state

    async def press(self, user="U2", team="T1", action="interlock_approve", **changes):
        value = {"incident": "A", "gate": "fix", "digest": (await self.gate()).digest}
        payload = {
            "type": "block_actions",
            "user": {"id": user, "name": "ada", "team_id": team},
            "team": {"id": team, "domain": "x"},
            "actions": [
                {"action_id": action, "value": json.dumps({**value, **changes.pop("value", {})})}
            ],
            "response_url": changes.pop("response_url", REPLY),
        }
        return await self.post(urlencode({"payload": json.dumps(payload)}).encode(), **changes)

    async def post(self, body, *, key=KEY, age_s=0, timestamp=None, signature=None, **headers):
        now_s = self.api.runtime.clock.now() // 1_000_000_000 - age_s
        stamp = str(now_s) if timestamp is None else timestamp
        made = hmac.new(key.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        async with self.api.client.post(
            "/slack/interactions",
            data=body,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signature or f"v0={made.hexdigest()}",
                **headers,
            },
        ) as answer:
            return answer.status, await answer.read()

    @property
    def told(self):
        return [json.loads(call.body)["text"] for call in self.http.sent]


@pytest.fixture
async def slack():
    people, http = People(PEOPLE), Http()
    runtime = Runtime(FaultyStore(locate_store("memory:")), RULEBOOK, people=people)
    async with serve(runtime, environ={"SIGN": KEY}, http=http) as api:
        await api.trigger("A", "P1")
        said = {"type": "fix.asked", "payload": {}}
        await api.post("/incidents/A/events", said, headers=people.headers("responder"))
        yield Workspace(api, people, http)


async def test_two_people_approve_by_button_and_the_transition_commits(slack):
    assert await slack.press("U1") == (200, b"")
    assert await slack.state() == "TRIAGE"
    assert await slack.press("U2") == (200, b"")
    assert await slack.state() == "MITIGATING"
    gate = await slack.gate()
    assert [approval.principal for approval in gate.approvals] == ["ada", "grace"]
    assert slack.told == ["Gate fix approved by ada", "Gate fix approved by grace"]
    assert [json.loads(c.body)["replace_original"] for c in slack.http.sent] == [False, True]


async def test_a_denial_closes_the_gate(slack):
    await slack.press("U1", action="interlock_deny")
    assert (await slack.gate()).status == "denied"


async def test_a_button_pressed_twice_is_one_approval(slack):
    await slack.press("U1")
    await slack.press("U1")
    assert len((await slack.gate()).approvals) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"key": "another key"},
        {"signature": "v0="},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1=" + "0" * 64},
        {"age_s": 301},
        {"age_s": -301},
        {"timestamp": ""},
        {"timestamp": "-1"},
        {"timestamp": "1767225600.5"},
        {"timestamp": "9" * 20},
        {"timestamp": "\u0661"},
    ],
    ids=str,
)
async def test_what_slack_did_not_sign_just_now_is_refused(slack, forged):
    headers = {**forged}
    if forged.get("timestamp") == "\u0661":
        return_value = is_from_slack([Secret(KEY)], "\u0661", "v0=x", b"", 1)
        assert not return_value
        return
    status, _ = await slack.press(**headers)
    assert status == 401
    assert (await slack.gate()).approvals == ()
    assert slack.http.sent == []


async def test_the_signature_is_over_the_raw_bytes(slack):
    body = urlencode({"payload": "{}"}).encode()
    stamp = str(slack.api.runtime.clock.now() // 1_000_000_000)
    made = hmac.new(KEY.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    status, _ = await slack.post(body + b"&x=1", timestamp=stamp, signature=f"v0={made}")
    assert status == 401


def test_slacks_published_example_holds():
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
        b"channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
        b"command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
        b"47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    secret = Secret("8f742231b10e8888abcd99yyyzzz85a5")
    assert is_from_slack([secret], "1531420618", signature, body, 1531420618)
    assert not is_from_slack([secret], "1531420618", signature, body, 1531420618 + 301)


async def test_117_the_same_user_of_another_workspace_is_somebody_else(slack):
    await slack.press("U2", team="T2")
    assert [one.principal for one in (await slack.gate()).approvals] == ["lin"]
    await slack.press("U2", team="T9")
    assert len((await slack.gate()).approvals) == 1
    assert slack.told[-1].endswith("belongs to no principal of Interlock")


async def test_116_who_was_taken_from_the_identity_file_approves_no_more(slack):
    slack.people.change(PEOPLE.replace("{team: T1, user: U2}", "{team: T1, user: U77}"))
    await slack.press("U2")
    assert (await slack.gate()).approvals == ()


async def test_who_has_not_the_role_is_refused_and_told(slack):
    slack.people.change(PEOPLE.replace("grace: {roles: [leads]", "grace: {roles: [viewer]"))
    assert (await slack.press("U2"))[0] == 200
    assert (await slack.gate()).approvals == ()
    assert slack.told == ["Not recorded: grace may not approve"]


async def test_110_a_button_of_an_older_digest_approves_nothing(slack):
    await slack.press("U1", value={"digest": "sha256:" + "0" * 64})
    assert (await slack.gate()).approvals == ()
    assert slack.told[0].startswith("Not taken: what you approved is not what the gate now asks")


@pytest.mark.parametrize("value", [{"incident": "B"}, {"gate": "other"}, {"digest": "x"}])
async def test_111_a_button_of_something_else_approves_nothing(slack, value):
    await slack.press("U1", value=value)
    assert (await slack.gate()).approvals == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://slack.com.evil.test/x",
        "https://evilslack.com/x",
        "https://hooks.slack.com@evil.test/x",
        "https://hooks.slack.com:8443/x",
        "https://169.254.169.254/latest",
        "https://evil.test/hooks.slack.com",
        "file:///etc/passwd",
        "https://hooks.slack.com.:443@127.0.0.1/",
        "//hooks.slack.com/x",
        "https://[::1]/",
        "",
        "https://",
    ],
)
async def test_118_only_slack_is_told(slack, url):
    assert not is_slack_url(url)
    assert (await slack.press("U1", response_url=url))[0] == 200
    assert slack.http.sent == []
    assert len((await slack.gate()).approvals) == 1


async def test_what_is_no_button_of_ours_changes_nothing(slack):
    for body in (b"payload={}", b"payload=x", b"", b"payload=" + b"[" * 5000, b"a=1&b=2"):
        assert (await slack.post(body))[0] == 200
    assert (await slack.press(action="other_app"))[0] == 200
    assert (await slack.gate()).approvals == ()


async def test_slack_is_answered_while_the_reply_takes_its_time(slack, monkeypatch):
    monkeypatch.setattr("interlock.interpreter.server.slack._ANSWER_S", 0.05)
    may_end = asyncio.Event()

    async def slow(call, _credentials):
        await may_end.wait()
        slack.http.sent.append(call)
        return succeeded()

    monkeypatch.setattr(slack.http, "send", slow)
    assert await slack.press("U1") == (200, b"")
    assert slack.http.sent == []
    may_end.set()


async def test_a_body_of_another_type_or_too_large_is_refused(slack):
    status, _ = await slack.post(b"{}", Content_Type="x")
    assert status == 200
    headers = {"Content-Type": "application/json"}
    async with slack.api.client.post("/slack/interactions", data=b"{}", headers=headers) as answer:
        assert answer.status == 415
    assert (await slack.post(b"payload=" + b"x" * 300_000))[0] == 413
