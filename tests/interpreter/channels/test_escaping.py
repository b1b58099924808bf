"""Hostile inputs 73 and 74: what an alert says is shown as it is by all channels, and does nothing.

A row is a text; a column is a channel, and what of that text must not reach it.
"""

from __future__ import annotations

import pytest

from interlock.interpreter.channels.email import make_mail
from interlock.interpreter.channels.message import read_message
from interlock.interpreter.channels.opsgenie import make_request
from interlock.interpreter.channels.pagerduty import make_event
from interlock.interpreter.channels.slack_blocks import make_blocks, make_text
from interlock.interpreter.channels.teams import make_card
from support import channels as ch

ESC, TURN = "\x1b[2J", "\u202e"


def slack(message):
    return [str(make_blocks(message)), make_text(message)]


def teams(message):
    return [str(make_card(message))]


def pagerduty(message):
    return [str(make_event(message))]


def opsgenie(message):
    return [str(make_request(message))]


def html(message):
    return [make_mail(message, "i@x.test", ("a@x.test",)).get_body(("html",)).get_content()]


def headers(message):
    return (
        make_mail(message, "i@x.test", ("a@x.test",))
        .as_string()
        .partition("\r\n\r\n")[0]
        .split("\r\n")
    )


@pytest.mark.parametrize("place", ["title", "happened", "state", "severity", "gate", "incident"])
@pytest.mark.parametrize(
    ("text", "channel", "never"),
    [
        ("<!channel> all clear", slack, "<!"),
        ("<!here|x>", slack, "<!"),
        ("<@U012ABC>", slack, "<@"),
        ("<!subteam^S1>", slack, "<!"),
        ("<#C1|general>", slack, "<#"),
        ("<https://evil.test|https://good.test>", slack, "<https"),
        ("&lt;!channel&gt;", slack, " &lt;!channel"),
        ("{{DATE(2026-01-01T00:00:00Z,SHORT)}}", teams, "{{"),
        ("<script>alert(1)</script>", html, "<script"),
        ("<img src=x onerror=alert(1)>", html, "<img"),
        ('"><a href="https://evil.test">', html, '<a href="https://evil'),
        ("<b>bold</b>", opsgenie, "<b>"),
        *((f"x{ESC}y", channel, "\x1b") for channel in (slack, teams, pagerduty, opsgenie, html)),
        *((f"x{TURN}y", channel, TURN) for channel in (slack, teams, pagerduty, opsgenie, html)),
    ],
)
def test_alert_text_does_nothing(text, channel, never, place):
    given = {"happened": text} if place == "happened" else {place: text}
    about = {"about": "approval_needed", "digest": "d"} if place == "gate" else {}
    message = read_message(ch.notice(**about, **given))
    for shown in channel(message):
        assert never not in shown
        assert repr(never)[1:-1] not in shown


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
@pytest.mark.parametrize("place", ["title", "severity", "incident"])
def test_alert_text_adds_no_header(ending, place):
    message = read_message(ch.notice(**{place: f"x{ending}Bcc: victim@x.test"}))
    assert not any(line.lower().startswith("bcc") for line in headers(message))
    assert len([line for line in headers(message) if line.startswith("Subject:")]) == 1
