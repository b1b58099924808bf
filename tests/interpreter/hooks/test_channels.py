from __future__ import annotations

from structlog.testing import CapturingLogger

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.record import Notify
from interlock.interpreter.hooks import Channels
from interlock.interpreter.hooks.outcome import succeeded
from interlock.rulebook.graph.state_graph import Channel


def notice(channel="page", text="INC-1 opened", **details):
    return Notify(key="k", path="p", channel=channel, about="opened", text=text, details=details)


def declared(**types):
    return {name: Channel(name=name, type=type_) for name, type_ in types.items()}


class Pager:
    def __init__(self, channel):
        self.name = channel.name
        self.sent = []

    async def send(self, sent):
        self.sent.append(sent)
        return succeeded(detail=f"paged by {self.name}")


async def test_a_log_channel_writes_what_would_be_sent():
    log = CapturingLogger()
    outcome = await Channels(declared(page="log"), log=log).send(notice(severity="P1"))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    (call,) = log.calls
    assert call.method_name == "info"
    assert call.kwargs == {
        "channel": "page",
        "about": "opened",
        "text": "INC-1 opened",
        "details": '{"severity":"P1"}',
        "key": "k",
    }


async def test_a_type_we_cannot_send_to_goes_to_the_log_and_is_said_once():
    log = CapturingLogger()
    channels = Channels(declared(page="pagerduty"), log=log)
    await channels.send(notice())
    await channels.send(notice())
    assert [call.method_name for call in log.calls] == ["warning", "info", "info"]
    assert log.calls[0].kwargs["why"] == "this version cannot send to type pagerduty"


async def test_an_undeclared_channel_goes_to_the_log_and_is_said_once():
    log = CapturingLogger()
    tolerated = {"chat": Channel(name="chat", type="log", is_declared=False)}
    channels = Channels(tolerated, log=log)
    for name in ("page", "page", "chat"):
        await channels.send(notice(name))
    said = [call.kwargs["channel"] for call in log.calls if call.method_name == "warning"]
    assert "page" in said
    assert len(log.calls) == len(said) + 3


async def test_a_type_with_a_maker_is_sent_to():
    log = CapturingLogger()
    pagers = []

    def make(channel):
        pagers.append(Pager(channel))
        return pagers[-1]

    channels = Channels(declared(page="pagerduty"), {"pagerduty": make}, log=log)
    outcome = await channels.send(notice())
    assert outcome.detail == "paged by page"
    assert pagers[0].sent == [notice()]
    assert log.calls == []


async def test_alert_text_cannot_forge_log_lines():
    log = CapturingLogger()
    hostile = "x\n2026-01-01 [error] all clear\x1b[2J\u202e"
    await Channels({}, log=log).send(notice(text=hostile, title=hostile))
    for value in log.calls[-1].kwargs.values():
        assert value.isprintable()
