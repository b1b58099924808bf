"""What every type of channel keeps to, whatever it speaks."""

from __future__ import annotations

import pytest

from interlock.interpreter.channels.posting import Poster
from interlock.interpreter.core.event import OutcomeStatus
from support import channels as ch

SLACK_OK = ch.json_answer({"ok": True, "ts": "1.2", "channel": "C1"})


def pagerduty(url):
    return ch.declared("pagerduty", routing_key="${env:PD}", url=url)


def opsgenie(url):
    return ch.declared("opsgenie", api_key="${env:OG}", url=url)


def webhook(url):
    return ch.declared("webhook", url=url, signing_keys=["${env:HOOK}"])


def slack(url):
    return ch.declared("slack", token="${env:SLACK}", channel="#inc", url=url)


def slack_webhook(_url):
    return ch.declared("slack", webhook="${env:URL}")


def teams(_url):
    return ch.declared("teams", webhook="${env:URL}")


HTTP = [pagerduty, opsgenie, webhook, slack, slack_webhook, teams]


@pytest.fixture(params=HTTP, ids=lambda make: make.__name__)
async def http_channel(request, server):
    url = server.url("/hook-secret-path")
    server.answer = SLACK_OK
    async with ch.connections(environ={**ch.SECRETS, "URL": url}) as made:
        channel, _ = made.make(request.param(url))
        yield channel, server


async def test_it_is_told_once_with_the_key(http_channel):
    channel, server = http_channel
    outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert server.connections == 1
    assert server.headers()["idempotency-key"] == "k" * 32


async def test_each_attempt_sends_the_same_bytes(http_channel):
    channel, server = http_channel
    server.script = [ch.answer(500), SLACK_OK]
    await channel.send(ch.notice())
    await channel.send(ch.notice())
    assert server.body(0) == server.body(1)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_refusal_is_worth_another_attempt(http_channel, status):
    channel, server = http_channel
    server.answer = ch.answer(status, b"later", Retry_After="7")
    outcome = await channel.send(ch.notice())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, True)
    assert outcome.retry_after_s == 7


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
async def test_a_refusal_for_good_is_one(http_channel, status):
    channel, server = http_channel
    server.answer = ch.answer(status, b"no", Location="http://169.254.169.254/")
    outcome = await channel.send(ch.notice())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, False)
    assert server.connections == 1


async def test_a_cut_connection_is_a_doubt(http_channel):
    channel, server = http_channel
    server.answer = None
    outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.IN_DOUBT
    assert server.connections == 1


async def test_a_service_that_does_not_answer_is_a_doubt(http_channel, monkeypatch):
    channel, server = http_channel
    monkeypatch.setattr("interlock.interpreter.channels.posting._TIMEOUT_NS", 200_000_000)
    server.delay_s = 5
    outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.IN_DOUBT


async def test_an_answer_that_drips_is_cut_off(http_channel, monkeypatch):
    channel, server = http_channel
    monkeypatch.setattr("interlock.interpreter.channels.posting._TIMEOUT_NS", 300_000_000)

    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await ch.asyncio.sleep(0.05)

    server.reply = drip
    outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.IN_DOUBT


async def test_a_huge_answer_is_not_read(http_channel):
    channel, server = http_channel
    server.answer = ch.answer(500, b"x" * 5_000_000)
    outcome = await channel.send(ch.notice())
    assert outcome.status is OutcomeStatus.FAILED
    assert len(outcome.detail) < 500


async def test_no_secret_is_told(http_channel):
    channel, server = http_channel
    said = " ".join(ch.SECRETS.values()) + f" {server.url('/hook-secret-path')}"
    server.answer = ch.answer(500, said.encode())
    outcome = await channel.send(ch.notice())
    named = {"R0R0", "og-key", "xoxb", "slack-signing", "hook-secret-path", "whsec_"}
    sent = server.requests[0].decode()
    for part in {name for name in named if name in sent and name != "hook-secret-path"}:
        assert part not in outcome.detail
    if "URL" in str(vars(channel)):
        assert "hook-secret-path" not in outcome.detail


@pytest.mark.parametrize("make", HTTP[:5], ids=lambda make: make.__name__)
async def test_a_secret_that_is_gone_is_said_by_name(server, make):
    async with ch.connections(environ={}) as made:
        channel, _ = made.make(make(server.url()))
        outcome = await channel.send(ch.notice())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, True)
    assert outcome.detail.startswith("not sent: ${env:")
    assert server.connections == 0


@pytest.mark.parametrize("make", [pagerduty, opsgenie, webhook, slack])
async def test_it_connects_only_where_the_policy_allows(make):
    async with ch.connections() as made:
        channel, _ = made.make(make("http://169.254.169.254/latest"))
        outcome = await channel.send(ch.notice())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, False)
    assert "never connected to" in outcome.detail


async def test_a_rotated_secret_is_used_at_once(server):
    environ = {"PD": "old" * 8}
    server.answer = ch.answer(202, b"{}")
    async with ch.connections(environ=environ) as made:
        channel, _ = made.make(pagerduty(server.url()))
        await channel.send(ch.notice())
        environ["PD"] = "new" * 8
        await channel.send(ch.notice())
    assert [server.json(i)["routing_key"] for i in (0, 1)] == ["old" * 8, "new" * 8]


def test_a_poster_holds_no_secret():
    poster = Poster(None, ch.SecretReader(ch.SECRETS))
    assert not any(value in repr(vars(poster)) for value in ch.SECRETS.values())
