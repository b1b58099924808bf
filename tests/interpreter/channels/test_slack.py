from __future__ import annotations

import asyncio
import json

import pytest

from interlock.interpreter.channels.message import read_message
from interlock.interpreter.channels.slack_blocks import make_blocks, make_text
from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.incident import Thread
from support import channels as ch

POSTED = ch.json_answer({"ok": True, "channel": "C42", "ts": "100.1"})
HOSTILE = [
    "<!channel> all clear",
    "<@U123> look",
    "<http://evil.test|https://good.test>",
    "<!subteam^S1>",
    "&lt;!here&gt;",
    "*x* `y` ~z~ & more",
]


def slack(server, **options):
    given = {"token": "${env:SLACK}", "channel": "#inc", "url": server.url("/api"), **options}
    return ch.declared("slack", **given)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def judge(blocks):
    """As Block Kit's reference says."""
    assert len(blocks) <= 50
    for block in blocks:
        match block["type"]:
            case "header":
                assert block["text"]["type"] == "plain_text"
                assert 1 <= len(block["text"]["text"]) <= 150
            case "section":
                assert 1 <= len(block["text"]["text"]) <= 3000
            case "actions":
                assert 1 <= len(block["elements"]) <= 25
                for button in block["elements"]:
                    assert len(button["action_id"]) <= 255
                    assert len(button["value"]) <= 2000
                    assert len(button["text"]["text"]) <= 75
            case "context":
                assert 1 <= len(block["elements"]) <= 10
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("text", HOSTILE)
def test_alert_text_calls_links_and_mentions_nobody(text):
    message = read_message(ch.notice(title=text, happened=text))
    for shown in (make_text(message), *strings(make_blocks(message))):
        assert "<" not in shown
        assert ">" not in shown
    assert all(
        block["text"].get("verbatim")
        for block in make_blocks(message)
        if block["type"] == "section"
    )


@pytest.mark.parametrize("letter", ["x", "&", "<", "ü"])
def test_what_is_long_is_cut_within_the_limits_after_escaping(letter):
    given = ch.approval(title=letter * 9_000)
    message = read_message(given, "https://interlock.test")
    judge(make_blocks(message, has_buttons=True))
    assert len(make_text(message)) <= 3000
    for shown in strings(make_blocks(message)):
        assert not shown.endswith(("&am…", "&l…", "&lt…"))


def test_an_approval_has_two_buttons_that_carry_the_digest():
    blocks = make_blocks(read_message(ch.approval()), has_buttons=True)
    (actions,) = [block for block in blocks if block["type"] == "actions"]
    approve, deny = actions["elements"]
    assert (approve["action_id"], deny["action_id"]) == ("interlock_approve", "interlock_deny")
    assert json.loads(approve["value"]) == {
        "incident": "INC-1",
        "gate": "mitigate",
        "digest": "sha256:" + "a" * 64,
    }


async def test_later_messages_join_the_thread_and_the_first_is_kept_up_to_date(server):
    server.answer = POSTED
    async with ch.connections() as made:
        channel, _ = made.make(slack(server))
        first = await channel.send(ch.notice())
        second = await channel.send(ch.notice("resolved", "is RESOLVED", key="r" * 32))
    assert [server.line(i).split()[1] for i in range(3)] == [
        "/api/chat.postMessage",
        "/api/chat.postMessage",
        "/api/chat.update",
    ]
    assert first.result == {
        "channel": "it",
        "generation": 1,
        "conversation": "C42",
        "ts": "100.1",
    }
    assert second.result is None
    assert server.json(0)["channel"] == "#inc"
    assert server.json(1)["thread_ts"] == "100.1"
    assert server.json(2)["ts"] == "100.1"
    assert server.json(2)["channel"] == "C42"
    assert server.headers(0)["authorization"] == "Bearer xoxb-123-secret"
    judge(server.json(1)["blocks"])


async def test_a_thread_is_found_again_after_a_restart(server):
    server.answer = POSTED

    async def kept(incident, channel):
        assert (incident, channel) == ("INC-1", "it")
        return Thread(channel="it", generation=1, conversation="C7", ts="7.7")

    async with ch.connections(find_thread=kept) as made:
        channel, _ = made.make(slack(server))
        await channel.send(ch.notice("escalation"))
        await channel.send(ch.notice(generation=2))
    assert (server.json(0)["channel"], server.json(0)["thread_ts"]) == ("C7", "7.7")
    assert "thread_ts" not in server.json(2), "another generation has a thread of its own"


async def test_messages_that_come_together_begin_one_thread(server):
    server.answer = POSTED
    server.delay_s = 0.05
    async with ch.connections() as made:
        channel, _ = made.make(slack(server))
        sent = [channel.send(ch.notice(key=letter * 32)) for letter in "abc"]
        outcomes = await asyncio.gather(*sent)
    roots = [outcome.result for outcome in outcomes if outcome.result]
    assert len(roots) == 1
    posts = [i for i in range(len(server.requests)) if "postMessage" in server.line(i)]
    assert ["thread_ts" in server.json(i) for i in posts] == [False, True, True]


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [("ratelimited", True), ("internal_error", True), ("channel_not_found", False),
     ("invalid_auth", False), ("msg_blocks_too_long", False)],
)  # fmt: skip
async def test_an_error_in_an_answer_of_200_is_one(server, error, is_retryable):
    server.answer = ch.json_answer({"ok": False, "error": error})
    async with ch.connections() as made:
        channel, _ = made.make(slack(server))
        outcome = await channel.send(ch.notice())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, is_retryable)
    assert outcome.detail == f"Slack refused it: {error}"


async def test_something_that_is_no_answer_of_slacks_is_a_doubt(server):
    server.answer = ch.answer(200, b"<html>captive portal</html>")
    async with ch.connections() as made:
        channel, _ = made.make(slack(server))
        outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.IN_DOUBT


async def test_a_failed_update_does_not_repeat_the_reply(server):
    server.script = [POSTED, POSTED, ch.answer(500)]
    async with ch.connections() as made:
        channel, _ = made.make(slack(server))
        await channel.send(ch.notice())
        outcome = await channel.send(ch.notice("resolved"))
    assert outcome.status is OutcomeStatus.SUCCEEDED


async def test_buttons_are_shown_only_where_they_can_be_answered(server):
    server.answer = POSTED
    async with ch.connections() as made:
        for options in ({}, {"signing_secret": "${env:SIGN}"}):
            channel, _ = made.make(slack(server, **options))
            await channel.send(ch.approval())
    kinds = [[block["type"] for block in server.json(i)["blocks"]] for i in (0, 1)]
    assert ["actions" in kind for kind in kinds] == [False, True]
    assert "slack-signing-secret" not in server.requests[1].decode()
