from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from interlock.interpreter.channels.message import read_message
from interlock.interpreter.channels.teams import CARD_BYTES_MAX, make_card
from interlock.interpreter.channels.webhook import sign
from interlock.interpreter.hooks import Secret, SecretError
from support import channels as ch

OTHER_KEY = "whsec_" + base64.b64encode(b"another key of thirty-two bytes!").decode()


def verify(key, headers, body):
    """As the Standard Webhooks specification says a receiver does."""
    data = base64.b64decode(key.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(data, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_the_signature_is_that_of_the_published_example():
    body = b'{"test": 2432232314}'
    headers = sign([Secret(ch.SIGNING_KEY)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_receiver_can_verify_raw_bytes_with_either_key_while_keys_rotate(server):
    environ = {"NEW": OTHER_KEY, "OLD": ch.SIGNING_KEY}
    keys = ["${env:NEW}", "${env:OLD}"]
    async with ch.connections(environ=environ) as made:
        channel, _ = made.make(ch.declared("webhook", url=server.url(), signing_keys=keys))
        await channel.send(ch.notice(title="Ünïcode"))
    headers, body = server.headers(), server.body()
    assert verify(ch.SIGNING_KEY, headers, body)
    assert verify(OTHER_KEY, headers, body)
    assert not verify(ch.SIGNING_KEY, headers, body + b" ")
    assert headers["webhook-id"] == "k" * 32
    assert headers["webhook-timestamp"] == str(ch.NOW // 1_000_000_000)


async def test_a_webhook_holds_what_happened_as_data(server):
    options = {"headers": {"X-Team": "sre"}, "auth": {"bearer": "${env:SIGN}"}}
    async with ch.connections() as made:
        channel, _ = made.make(ch.declared("webhook", url=server.url(), **options))
        await channel.send(ch.approval())
    sent = server.json()
    assert sent["type"] == "notification.approval_needed"
    assert sent["data"]["gate"] == "mitigate"
    assert sent["data"]["incident"] == "INC-1"
    assert sent["data"]["happened"] == "needs 1 approval"
    assert server.headers()["x-team"] == "sre"
    assert server.headers()["authorization"] == "Bearer slack-signing-secret"
    assert "webhook-signature" not in server.headers()


@pytest.mark.parametrize("key", ["", "short", "whsec_c2hvcnQ=", "whsec_!!!", "whsec_" + "A" * 200])
def test_what_is_no_signing_key_is_refused_without_its_value(key):
    with pytest.raises(SecretError, match="24 to 64 bytes") as refused:
        sign([Secret(key)], "id", 1, b"")
    assert not key or key not in str(refused.value)


def test_a_card_holds_alert_text_only_where_no_markup_is_read():
    hostile = "**[click](http://evil.test)** {{DATE(2026-01-01,SHORT)}} <at>all</at>"
    message = read_message(ch.notice(title=hostile, happened=hostile), "https://interlock.test")
    made = make_card(message)
    (attachment,) = made["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert not any("{{" in run["text"] for run in runs)
    assert card["actions"] == [
        {
            "type": "Action.OpenUrl",
            "title": "Open",
            "url": "https://interlock.test/incidents/INC-1",
        }
    ]


def test_a_card_is_never_larger_than_teams_takes():
    made = make_card(read_message(ch.notice(title="ü" * 99_999, happened="\u4e16" * 99_999)))
    assert len(json.dumps(made, ensure_ascii=False).encode()) < CARD_BYTES_MAX
