from __future__ import annotations

import pytest

from interlock.interpreter.channels import ChannelError, check_channel, making
from interlock.interpreter.channels.pacing import Rate
from interlock.interpreter.channels.smtp import default_tls, read_server
from support import channels as ch

MAIL = {"to": ["a@x.test"], "from": "i@x.test", "server": "smtp.x.test"}


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (ch.declared("pagerduty", routing_key="${env:NO}"), "channel it: ${env:NO} is not set"),
        (ch.declared("opsgenie", api_key="${env:NO}"), "channel it: ${env:NO} is not set"),
        (ch.declared("teams", webhook="${env:NO}"), "channel it: ${env:NO} is not set"),
        (
            ch.declared("slack", token="${env:SLACK}", channel="#x", signing_secret="${env:NO}"),
            "${env:NO} is not set",
        ),
        (ch.declared("webhook", url="${env:NO}"), "channel it: ${env:NO} is not set"),
        (ch.declared("webhook", url="https://x.test", auth={"bearer": "${env:NO}"}), "${env:NO}"),
        (
            ch.declared("webhook", url="https://x.test", signing_keys=["${env:OG}"]),
            "24 to 64 bytes",
        ),
        (ch.declared("email", **MAIL, password="${env:NO}"), "channel it: ${env:NO} is not set"),
        (
            ch.declared("email", to=["a@x.test"]),
            "it has no `server`; give one, or start with --smtp",
        ),
        (ch.declared("email", **{**MAIL, "server": "x:0"}), "HOST:PORT such as"),
        (ch.declared("email", **MAIL, tls="none", password="${env:MAIL}"), "in the open"),
        (ch.declared("slack", webhook="${env:HOOK}", rate={"max": 1, "per": "0s"}), "`rate.per`"),
    ],
)
def test_a_channel_that_could_not_be_told_is_refused_at_the_start(channel, said):
    with pytest.raises(ChannelError) as refused:
        check_channel(channel, ch.SecretReader(ch.SECRETS))
    assert said in str(refused.value)


def test_the_operators_mail_server_is_for_channels_that_name_none():
    bare = ch.declared("email", to=["a@x.test"])
    check_channel(bare, ch.SecretReader({}), server="smtp.x.test:465", sender="i@x.test")
    made = making.mail_server(bare, "smtp.x.test:465", "i@x.test")
    assert (made.host, made.port, made.tls, made.sender) == (
        "smtp.x.test",
        465,
        "implicit",
        "i@x.test",
    )


def test_without_its_package_email_says_what_to_install(monkeypatch):
    monkeypatch.setattr(making, "find_spec", lambda _name: None)
    with pytest.raises(ChannelError, match=r"pip install 'interlock\[email\]'"):
        check_channel(ch.declared("email", **MAIL), ch.SecretReader({}))


@pytest.mark.parametrize(
    ("text", "server"),
    [("h", ("h", 587)), ("h:25", ("h", 25)), ("[::1]:465", ("::1", 465)), ("[::1]", ("::1", 587))],
)
def test_a_mail_server_has_a_port(text, server):
    assert read_server(text) == server
    assert default_tls(server[1]) == ("implicit" if server[1] == 465 else "starttls")


@pytest.mark.parametrize("text", ["", ":25", "h:", "h:x", "h:70000", "h:-1", "h\n:25"])
def test_what_is_no_mail_server_is_refused(text):
    with pytest.raises(ValueError, match="HOST:PORT"):
        read_server(text)


async def test_channels_for_people_have_a_rate_and_a_written_one_wins():
    async with ch.connections() as made:
        _, rate = made.make(ch.declared("slack", webhook="${env:HOOK}"))
        assert rate == Rate(30, 60_000_000_000)
        _, rate = made.make(ch.declared("pagerduty", routing_key="${env:PD}"))
        assert rate is None
        written = {"max": 5, "per": "10s"}
        _, rate = made.make(ch.declared("pagerduty", routing_key="${env:PD}", rate=written))
        assert rate == Rate(5, 10_000_000_000, has_digest=False)
