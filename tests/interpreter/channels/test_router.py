from __future__ import annotations

from structlog.testing import CapturingLogger

from interlock.interpreter.channels import Channels
from interlock.interpreter.channels.pacing import Rate
from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.record import Notify
from interlock.interpreter.hooks.outcome import failed, succeeded
from interlock.interpreter.runtime.effects import NOTIFY_ATTEMPTS_MAX, retry_delay_ns
from interlock.rulebook.graph.state_graph import Channel

S = 1_000_000_000


def notice(channel="page", text="INC-1 opened", key="k", **details):
    return Notify(key=key, path="p", channel=channel, about="opened", text=text, details=details)


def declared(**types):
    return {name: Channel(name=name, type=type_) for name, type_ in types.items()}


class Pager:
    def __init__(self, *outcomes):
        self.sent = []
        self.outcomes = list(outcomes)

    async def send(self, sent):
        self.sent.append(sent)
        return self.outcomes.pop(0) if self.outcomes else succeeded(detail="paged")


class World:
    def __init__(self, pager=None, rate=None, **types):
        self.pager = pager or Pager()
        self.now = 0
        self.log = CapturingLogger()
        self.channels = Channels(
            declared(**types), lambda _: (self.pager, rate), lambda: self.now, log=self.log
        )


async def test_a_log_channel_writes_what_would_be_sent():
    world = World(page="log")
    outcome = await world.channels.send(notice(severity="P1"))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    (call,) = world.log.calls
    assert call.method_name == "info"
    assert call.kwargs == {
        "channel": "page",
        "about": "opened",
        "text": "INC-1 opened",
        "details": '{"severity":"P1"}',
        "key": "k",
    }


async def test_an_undeclared_channel_goes_to_the_log_and_is_said_once():
    log = CapturingLogger()
    tolerated = {"chat": Channel(name="chat", type="log", is_declared=False)}
    channels = Channels(tolerated, lambda _: (Pager(), None), lambda: 0, log=log)
    for name in ("page", "page", "chat"):
        await channels.send(notice(name))
    said = [call.kwargs["channel"] for call in log.calls if call.method_name == "warning"]
    assert said == ["page", "chat"]
    assert len(log.calls) == len(said) + 3


async def test_a_declared_channel_is_sent_to():
    world = World(page="pagerduty")
    outcome = await world.channels.send(notice())
    assert outcome.detail == "paged"
    assert world.pager.sent == [notice()]
    assert world.log.calls == []


async def test_a_message_that_is_sent_again_says_so():
    world = World(page="slack")
    await world.channels.send(notice(), attempt=2)
    assert world.pager.sent[0].text == "INC-1 opened (possible repeat)"


async def test_waiting_for_room_is_no_attempt_and_no_repeat():
    world = World(rate=Rate(1, 60 * S), page="slack")
    await world.channels.send(notice(key="a"))
    waits = await world.channels.send(notice(key="b"))
    assert (waits.is_retryable, waits.retry_after_s, waits.uncounted) == (True, 61, 1)
    world.now = 61 * S
    outcome = await world.channels.send(notice(key="b"), attempt=2)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert world.pager.sent[-1].text == "INC-1 opened"


async def test_a_message_never_ends_by_waiting_even_after_a_restart():
    world = World(rate=Rate(1, 60 * S), page="slack")
    await world.channels.send(notice(key="a"))
    waits = await world.channels.send(notice(key="b"), attempt=NOTIFY_ATTEMPTS_MAX + 3)
    assert retry_delay_ns(notice(key="b"), NOTIFY_ATTEMPTS_MAX + 3, waits) == 61 * S


async def test_a_pager_waits_too_but_is_told_each_by_itself():
    world = World(rate=Rate(1, 60 * S, has_digest=False), page="pagerduty")
    for key in "abc":
        await world.channels.send(notice(key=key))
    world.now = 61 * S
    await world.channels.send(notice(key="b"), attempt=2)
    world.now = 122 * S
    await world.channels.send(notice(key="c"), attempt=2)
    assert [sent.key for sent in world.pager.sent] == ["a", "b", "c"]
    assert {sent.about for sent in world.pager.sent} == {"opened"}


async def test_what_waited_is_told_in_one_digest():
    world = World(rate=Rate(1, 60 * S), page="slack")
    for key in "abcd":
        await world.channels.send(notice(key=key))
    world.now = 61 * S
    outcomes = [await world.channels.send(notice(key=key), attempt=2) for key in "bcd"]
    assert [outcome.detail for outcome in outcomes] == ["paged", *["told in a digest"] * 2]
    assert len(world.pager.sent) == 2
    assert world.pager.sent[1].text.startswith("3 notifications:")


async def test_what_a_failed_digest_held_is_sent_still():
    refusal = failed("no", is_retryable=True)
    world = World(Pager(succeeded(), refusal), rate=Rate(1, 60 * S), page="slack")
    for key in "abc":
        await world.channels.send(notice(key=key))
    world.now = 61 * S
    assert (await world.channels.send(notice(key="b"), attempt=2)).detail == "no"
    world.now = 130 * S
    outcome = await world.channels.send(notice(key="c"), attempt=2)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert "INC-1 opened" in world.pager.sent[-1].text


async def test_alert_text_cannot_forge_log_lines():
    world = World()
    hostile = "x\n2026-01-01 [error] all clear\x1b[2J\u202e"
    await world.channels.send(notice(text=hostile, title=hostile))
    for value in world.log.calls[-1].kwargs.values():
        assert value.isprintable()
