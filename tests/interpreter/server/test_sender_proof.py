"""A signed delivery over HTTP: taken once, repeatable until it is recorded, SNS confirmed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from interlock.interpreter.hooks import EgressPolicy
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.sns_messages import (
    SnsClient,
    SnsMessages,
    SnsUnreachableError,
)
from interlock.interpreter.sources.proof import Proven, Refused, SenderRequest
from support.runtime import Runtime
from support.senders import SAMPLES, sns
from support.server import serve

SOURCES = """\
sources:
  github: {type: json, auth: {github: "${env:NEW}", previous: "${env:OLD}"}, map: {title: alert.t}}
  slack: {type: json, auth: {slack: "${env:NEW}"}, map: {title: alert.t}}
  events: {type: cloudevents, auth: none}
  topic: {type: cloudwatch, auth: none}
"""
BODY = b'{"t": "Slow"}'


def signed(key=b"new", body=BODY):
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()}


@pytest.fixture
async def api():
    runtime = Runtime(locate_store("memory:"), SOURCES)
    async with serve(runtime, environ={"NEW": "new", "OLD": "old"}) as served:
        yield served


async def test_a_copy_of_a_delivery_is_answered_and_not_taken_again(api):
    """89, 91"""
    status, first = await api.send(BODY, "/ingest/github", **signed())
    assert (status, len(first["results"])) == (200, 1)
    streams = await api.runtime.store.streams()
    status, again = await api.send(BODY, "/ingest/github", X_GitHub_Delivery="2", **signed())
    assert (status, again) == (200, {"results": [], "repeated": True})
    assert await api.runtime.store.streams() == streams


async def test_another_body_is_another_delivery(api):
    """90: the same id, signed anew."""
    other = b'{"t": "Slower"}'
    for body in (BODY, other):
        headers = {**signed(body=body), "X-GitHub-Delivery": "1"}
        _, answer = await api.send(body, "/ingest/github", **headers)
        assert len(answer["results"]) == 1


async def test_the_old_key_holds_while_it_is_named_and_no_longer(api):
    """93"""
    status, _ = await api.send(BODY, "/ingest/github", **signed(b"old"))
    assert status == 200
    status, body = await api.send(BODY, "/ingest/github", **signed(b"older"))
    assert (status, body["error"]["code"]) == (401, "unauthenticated")


async def test_what_could_not_be_read_may_be_sent_again(api):
    bad = b'{"t": '
    for _ in range(2):
        status, _ = await api.send(bad, "/ingest/github", **signed(body=bad))
        assert status == 400


async def test_a_wrong_signature_is_refused_before_the_body_is_parsed(api):
    status, body = await api.send(b"\xff{", "/ingest/github", **signed(b"x", b"\xff{"))
    assert (status, body["error"]["code"]) == (401, "unauthenticated")
    assert "new" not in body["error"]["message"].split()


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("application/cloudevents+json", 200),
        ("application/cloudevents+json; charset=UTF-8", 200),
        ("application/json", 200),
        ("text/plain", 415),
        ("application/cloudevents+json; charset=latin-1", 415),
    ],
)
async def test_a_sender_s_own_media_type_is_taken(api, type_, status):
    """98"""
    (sample,) = (sample for sample in SAMPLES if sample.type == "cloudevents")
    body = json.dumps(sample.firing).encode()
    assert (await api.send(body, "/ingest/events", Content_Type=type_))[0] == status


async def test_a_binary_cloudevent_has_its_attributes_in_headers(api):
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "x.opened"}
    body = json.dumps({"title": "Hot", "severity": "critical"}).encode()
    status, answer = await api.send(body, "/ingest/events", **headers)
    assert status == 200
    incident = answer["results"][0]["incident"]
    _, shown = await api.get(f"/incidents/{incident}")
    assert (shown["title"], shown["severity"]) == ("Hot", "P1")


async def test_sns_says_text_plain_and_sends_json(api):
    (sample,) = (sample for sample in SAMPLES if sample.type == "cloudwatch")
    body = json.dumps(sample.firing).encode()
    status, answer = await api.send(body, "/ingest/topic", Content_Type="text/plain; charset=UTF-8")
    assert (status, len(answer["results"])) == (200, 1)


async def test_sns_is_asked_on_public_addresses_only():
    """94, 95: whatever the resolver says."""

    async def inside(_host, _port):
        return ["10.0.0.1"]

    client = SnsClient(EgressPolicy(), inside)
    with pytest.raises(SnsUnreachableError, match="EgressRefused"):
        await client.get("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem")
    await client.close()


@pytest.fixture
def topic(monkeypatch):
    """A source whose messages are proved, but for the certificate's arithmetic."""
    calls = []
    answers = {"status": 200}

    async def get(url):
        calls.append(url)
        return answers["status"], b"pem"

    monkeypatch.setattr(
        "interlock.interpreter.server.sns_messages.prove_sns",
        lambda envelope, pem, _now: (
            Proven(envelope.message_id, 1) if pem == b"pem" else Refused("no")
        ),
    )
    return SnsMessages(get), calls, answers


ARN = "arn:aws:sns:us-west-2:123456789012:MyTopic"
URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem"
AT_NS = 1_777_683_246_000_000_000


def asked(**more):

    body = json.dumps(sns("x", SigningCertURL=URL, Signature="AAAA", **more)).encode()
    return SenderRequest({}, body, AT_NS)


async def test_a_certificate_is_fetched_once(topic):
    messages, calls, _ = topic
    for _ in range(3):
        proven, is_confirmed = await messages.prove({"sns": ARN}, asked())
        assert isinstance(proven, Proven)
        assert not is_confirmed
    assert calls == [URL]


async def test_a_certificate_that_is_not_there_is_not_asked_for_again(topic):
    messages, calls, answers = topic
    answers["status"] = 404
    for _ in range(3):
        proven, _ = await messages.prove({"sns": ARN}, asked())
        assert isinstance(proven, Refused)
    assert calls == [URL]


async def test_sns_out_of_reach_is_no_refusal(topic):
    messages, calls, answers = topic
    answers["status"] = 503
    for _ in range(2):
        with pytest.raises(SnsUnreachableError):
            await messages.prove({"sns": ARN}, asked())
    assert calls == [URL, URL]


async def test_a_subscription_of_the_topic_is_confirmed_and_no_other(topic):
    messages, calls, _ = topic
    more = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "http://10.0.0.1/"}
    proven, is_confirmed = await messages.prove({"sns": ARN}, asked(**more))
    assert isinstance(proven, Proven)
    assert is_confirmed
    assert calls[1].startswith("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&")
    proven, is_confirmed = await messages.prove({"sns": ARN}, asked(**more, TopicArn=ARN + "2"))
    assert isinstance(proven, Refused)
    assert len(calls) == 2


async def test_the_client_for_sns_is_closed_with_the_application(api):
    assert CONTEXT in api.client.app
    await api.client.app[CONTEXT].senders.close()
