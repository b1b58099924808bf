"""Who a delivery is from: each scheme with right, wrong, stale, copied and hostile headers."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from interlock.interpreter.sources.proof import (
    Proven,
    Refused,
    Replays,
    SchemeError,
    SenderRequest,
    Standing,
    prove,
    secrets_of,
    usable_keys,
)
from interlock.interpreter.sources.proof.sns import prove_sns, read_envelope
from support.senders import sns

NOW = 1_790_000_000
BODY = '{"title": "Slöw"}'.encode()
OTHER = '{"title":"Slöw"}'.encode()
KEY, OLD = b"s3cret", b"0ld"
STANDARD = base64.b64encode(b"k" * 24).decode()


def hexed(key, message):
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def standard(key=b"k" * 24, id_="msg_1", time=NOW, body=BODY):
    signed = hmac.new(key, f"{id_}.{time}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(time),
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def slack(key=KEY, time=NOW, body=BODY):
    signed = hexed(key, f"v0:{time}:".encode() + body)
    return {"X-Slack-Signature": f"v0={signed}", "X-Slack-Request-Timestamp": str(time)}


def basic(word):
    return {"Authorization": "Basic " + base64.b64encode(b"am:" + word).decode()}


RIGHT = {
    "bearer": ({"bearer": "x"}, {"Authorization": "Bearer s3cret"}),
    "basic": ({"username": "am", "password": "x"}, basic(KEY)),
    "header": ({"header": "X-Key", "value": "x"}, {"x-key": "s3cret"}),
    "hmac": ({"hmac": "x"}, {"X-Signature": hexed(KEY, BODY)}),
    "hmac in a header": ({"hmac": "x", "header": "X-S"}, {"X-S": hexed(KEY, BODY)}),
    "github": ({"github": "x"}, {"X-Hub-Signature-256": "sha256=" + hexed(KEY, BODY)}),
    "pagerduty": ({"pagerduty": "x"}, {"X-PagerDuty-Signature": "v1=" + hexed(KEY, BODY)}),
    "sentry": ({"sentry": "x"}, {"Sentry-Hook-Signature": hexed(KEY, BODY)}),
    "slack": ({"slack": "x"}, slack()),
    "standard": ({"standard_webhooks": "x"}, standard()),
}
LISTED = {"pagerduty", "standard"}
SCHEMES = pytest.mark.parametrize("scheme", RIGHT)


def keys_of(auth, *keys):
    if "standard_webhooks" in auth:
        return (b"k" * 24, b"o" * 24)[: len(keys)]
    return keys


def ask(auth, headers, body=BODY, keys=(KEY,), now=NOW, peer="192.0.2.7"):
    request = SenderRequest(CIMultiDict(headers), body, now * 1_000_000_000, peer)
    return prove(auth, request, keys_of(auth, *keys))


@SCHEMES
def test_the_sender_is_recognised(scheme):
    auth, headers = RIGHT[scheme]
    assert isinstance(ask(auth, headers), Proven)


@SCHEMES
def test_the_key_before_this_one_is_taken_while_it_is_named(scheme):
    auth, headers = RIGHT[scheme]
    new = (b"o" * 24, b"k" * 24) if "standard_webhooks" in auth else (b"new", KEY)
    request = SenderRequest(CIMultiDict(headers), BODY, NOW * 1_000_000_000)
    assert isinstance(prove(auth, request, new), Proven)
    assert isinstance(prove(auth, request, new[:1]), Refused)


def damaged(headers):
    """Every header, one at a time, as an attacker might send it (86)."""
    for name, value in headers.items():
        yield {**headers, name: ""}
        yield {key: kept for key, kept in headers.items() if key != name}
        for wrong in (
            value[:-1], value[:-5], value.upper(), value.swapcase(), f" {value}", f"{value} x",
            value + "\udcff", "é" + value, value.partition("=")[2] or "=" + value, "x" * 5_000,
        ):  # fmt: skip
            if wrong != value:
                yield {**headers, name: wrong}


@SCHEMES
def test_a_wrong_cut_or_respelled_signature_is_refused(scheme):
    auth, headers = RIGHT[scheme]
    for wrong in damaged(headers):
        if scheme in LISTED and any(
            value != value.strip() or value.endswith(" x") for value in wrong.values()
        ):
            continue  # spaces stand between the signatures of a list
        assert isinstance(ask(auth, wrong), Refused), wrong


@SCHEMES
def test_a_header_given_twice_is_none(scheme):
    auth, headers = RIGHT[scheme]
    for name, value in headers.items():
        twice = [*headers.items(), (name, value)]
        assert isinstance(ask(auth, twice), Refused)


@pytest.mark.parametrize("scheme", [s for s in RIGHT if s not in ("bearer", "basic", "header")])
def test_the_signature_of_a_body_written_anew_is_refused(scheme):
    """87: the same JSON in other bytes."""
    auth, headers = RIGHT[scheme]
    assert isinstance(ask(auth, headers, OTHER), Refused)


@pytest.mark.parametrize(
    ("offset", "verdict"), [(300, Proven), (-300, Proven), (301, Refused), (-301, Refused)]
)
def test_a_signed_time_is_five_minutes_old_at_most(offset, verdict):
    """88"""
    assert isinstance(ask({"slack": "x"}, slack(time=NOW + offset)), verdict)
    assert isinstance(ask({"standard_webhooks": "x"}, standard(time=NOW + offset)), verdict)


@pytest.mark.parametrize(
    "time", ["-5", "1.79e9", "1790000000.5", "9" * 20, "\uff10" * 10, " 1790000000", "+1790000000"]
)
def test_a_time_that_is_no_plain_number_is_refused_though_signed(time):
    """88"""
    assert isinstance(ask({"slack": "x"}, slack(time=time)), Refused)
    assert isinstance(ask({"standard_webhooks": "x"}, standard(time=time)), Refused)


def test_an_id_with_a_full_stop_is_refused():
    """Else `a.1` at 2 and `a` at `1.2` would be signed alike."""
    assert isinstance(ask({"standard_webhooks": "x"}, standard(id_="a.b")), Refused)


def test_any_signature_of_a_list_accepts_and_a_list_without_end_is_cut():
    """92"""
    good = standard()
    signature = good["webhook-signature"]
    wrong = "v1," + base64.b64encode(b"x" * 32).decode()
    auth = {"standard_webhooks": "x"}
    listed = {**good, "webhook-signature": f"v1a,AAAA {wrong} {signature}"}
    assert isinstance(ask(auth, listed), Proven)
    for flood in (" ".join([wrong] * 20 + [signature]), " ".join(["v1,x"] * 10_000 + [signature])):
        assert isinstance(ask(auth, {**good, "webhook-signature": flood}), Refused)
    name, good = "X-PagerDuty-Signature", "v1=" + hexed(KEY, BODY)
    assert isinstance(ask({"pagerduty": "x"}, {name: f"v1=00, {good}"}), Proven)
    assert isinstance(ask({"pagerduty": "x"}, {name: "v1=0," * 10_000 + good}), Refused)


@pytest.mark.parametrize(
    ("scheme", "first", "second", "is_same"),
    [
        pytest.param("standard", standard(), standard(), True, id="89 same id"),
        pytest.param(
            "standard", standard(), (standard(body=OTHER), OTHER), False, id="90 other body, signed"
        ),
        pytest.param("standard", standard(), standard(id_="m2"), False, id="91 new id, signed"),
        pytest.param(
            "github",
            {**RIGHT["github"][1], "X-GitHub-Delivery": "1"},
            {**RIGHT["github"][1], "X-GitHub-Delivery": "2"},
            True,
            id="91 new id, not signed",
        ),
        pytest.param("slack", slack(), slack(time=NOW + 1), False, id="signed later"),
        pytest.param("sentry", RIGHT["sentry"][1], RIGHT["sentry"][1], True, id="sentry"),
    ],
)
def test_a_repeat_is_told_by_what_is_signed(scheme, first, second, is_same):
    auth, _ = RIGHT[scheme]
    second, body = second if isinstance(second, tuple) else (second, BODY)
    one, two = ask(auth, first), ask(auth, second, body)
    assert isinstance(one, Proven)
    assert isinstance(two, Proven)
    assert one.delivery is not None
    assert (one.delivery == two.delivery) is is_same


@pytest.mark.parametrize("scheme", ["bearer", "basic", "header", "hmac"])
def test_what_signs_nothing_that_differs_has_no_repeats(scheme):
    """The second of two honest, equal alerts must not be lost."""
    auth, headers = RIGHT[scheme]
    assert ask(auth, headers).delivery is None


@SCHEMES
@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_no_header_raises(scheme, value):
    auth, headers = RIGHT[scheme]
    for name, right in headers.items():
        if value != right:
            assert isinstance(ask(auth, {**headers, name: value}), Refused)


def test_a_client_s_subject_is_believed_from_its_proxy_only():
    auth = {"client_subject": "CN=am,O=x", "proxies": ["10.0.0.0/30", "2001:db8::1"]}
    headers = {"X-SSL-Client-S-DN": "CN=am,O=x"}
    assert isinstance(ask(auth, headers, keys=(), peer="10.0.0.2"), Proven)
    assert isinstance(ask(auth, headers, keys=(), peer="2001:db8::1"), Proven)
    for peer in ("10.0.0.4", "192.0.2.7", "unix:", "", None):
        assert isinstance(ask(auth, headers, keys=(), peer=peer), Refused)
    for subject in ("CN=am", "cn=am,o=x", "CN=am,O=x,CN=y", ""):
        wrong = {"X-SSL-Client-S-DN": subject}
        assert isinstance(ask(auth, wrong, keys=(), peer="10.0.0.2"), Refused)


@pytest.mark.parametrize(
    ("auth", "secrets", "says"),
    [
        ({"standard_webhooks": "x"}, ["not base64!"], "not base64"),
        ({"standard_webhooks": "x"}, ["whsec_AAAA"], "3 bytes"),
        ({"header": "X Key", "value": "x"}, ["k"], "no header name"),
        ({"sns": "arn:aws:sqs:x"}, [], "ARN of the topic"),
        ({"client_subject": "CN=x", "proxies": ["10.0.0.1/8"]}, [], "host bits"),
        ({"sign": "x"}, [], "no scheme we know"),
    ],
)
def test_an_auth_of_no_use_is_said_before_it_is_needed(auth, secrets, says):
    with pytest.raises(SchemeError, match=says) as raised:
        usable_keys(auth, secrets)
    assert not any(secret in str(raised.value) for secret in secrets)


def test_the_secrets_of_a_source_are_the_present_key_and_the_one_before():
    assert secrets_of({"github": "${env:A}", "previous": "${env:B}"}) == ("${env:A}", "${env:B}")
    assert secrets_of({"username": "am", "password": "${env:A}"}) == ("${env:A}",)
    assert secrets_of({"sns": "arn"}) == ()
    assert usable_keys({"standard_webhooks": "x"}, ["whsec_" + STANDARD]) == (b"k" * 24,)


def test_a_delivery_is_taken_once_and_forgotten_in_time():
    replays = Replays(limit=2)
    assert replays.claim("a", 0) is Standing.NEW
    assert replays.claim("a", 0) is Standing.UNDER_WAY
    replays.release("a")
    assert replays.claim("a", 0) is Standing.NEW
    replays.keep("a", 10, 0)
    assert replays.claim("a", 9) is Standing.TAKEN
    assert replays.claim("a", 10) is Standing.NEW


def test_the_memory_of_deliveries_has_an_end():
    replays = Replays(limit=100)
    for number in range(1_000):
        assert replays.claim(str(number), number) is Standing.NEW
        replays.keep(str(number), number + 10_000, number)
        assert len(replays) <= 100
    assert replays.claim("999", 1_000) is Standing.TAKEN
    assert replays.claim("0", 1_000) is Standing.NEW


TOPIC = "arn:aws:sns:us-west-2:123456789012:MyTopic"
AT = "2026-05-02T00:54:06.655Z"
AT_NS = int(dt.datetime.fromisoformat(AT).timestamp() * 1000) * 1_000_000
CERTIFICATE_URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem"


@pytest.fixture(scope="module")
def signer():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key, begins=2026, ends=2027):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(begins, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(ends, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def message(key, *, sha1=False, **more):
    sent = sns("hello", SigningCertURL=CERTIFICATE_URL, Timestamp=AT)
    sent = {name: value for name, value in {**sent, **more}.items() if value is not None}
    if sent["Type"] == "Notification":
        names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    else:
        names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{sent[name]}\n" for name in names if name in sent)
    algorithm = hashes.SHA1() if sha1 else hashes.SHA256()
    signature = key.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**sent, "Signature": base64.b64encode(signature).decode()}


def verdict(sent, pem, auth=None, now=AT_NS):
    read = read_envelope(auth or {"sns": TOPIC}, json.dumps(sent).encode(), now)
    return read if isinstance(read, Refused) else prove_sns(read, pem, now)


def test_a_message_of_the_topic_is_proved_with_and_without_a_subject(signer):
    pem = certificate(signer)
    for more in ({}, {"Subject": None}, {"Message": "späßig\nzwei"}):
        proven = verdict(message(signer, **more), pem)
        assert isinstance(proven, Proven), proven
        assert proven.delivery == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp", "Type"])
def test_a_changed_field_is_refused(signer, name):
    sent = message(signer)
    sent[name] = "2026-05-02T00:54:07Z" if name == "Timestamp" else "UnsubscribeConfirmation"
    assert isinstance(verdict(sent, certificate(signer)), Refused)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem",
        "https://sns.us-west-2.amazonaws.com.evil.test/SimpleNotificationService-ab12.pem",
        "https://sns-us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem",
        "https://sns.us-west-2.amazonaws.com@evil.test/SimpleNotificationService-ab12.pem",
        "https://sns.us-west-2.amazonaws.com:444/SimpleNotificationService-ab12.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-ab12.pem",
        "https://snsXus-west-2.amazonaws.com/SimpleNotificationService-ab12.pem",
        "https://sns.us-west-2.amazonaws.com/other.pem",
        "https://sns.us-west-2.amazonaws.com/a/../SimpleNotificationService-ab12.pem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem?x=1",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem\n",
        "https://\uff33\uff2e\uff33.us-west-2.amazonaws.com/SimpleNotificationService-ab12.pem",
        "https://169.254.169.254/SimpleNotificationService-ab12.pem",
        None,
        7,
    ],
)
def test_a_certificate_is_never_asked_for_elsewhere(signer, url):
    """94"""
    sent = {**message(signer), "SigningCertURL": url}
    read = read_envelope({"sns": TOPIC}, json.dumps(sent).encode(), AT_NS)
    assert isinstance(read, Refused)


def test_sha1_is_refused_unless_the_rulebook_says_otherwise(signer):
    sent, pem = message(signer, sha1=True, SignatureVersion="1"), certificate(signer)
    assert isinstance(verdict(sent, pem), Refused)
    assert isinstance(verdict(sent, pem, {"sns": TOPIC, "accept_sha1": True}), Proven)
    relabelled = {**sent, "SignatureVersion": "2"}
    assert isinstance(verdict(relabelled, pem), Refused)


def test_another_key_topic_time_or_certificate_is_refused(signer):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    sent, pem = message(signer), certificate(signer)
    assert isinstance(verdict(sent, certificate(other)), Refused)
    assert isinstance(verdict(sent, pem, {"sns": TOPIC + "2"}), Refused)
    assert isinstance(verdict(sent, pem, now=AT_NS + 3_901_000_000_000), Refused)
    assert isinstance(verdict(sent, pem, now=AT_NS - 3_901_000_000_000), Refused)
    assert isinstance(verdict(sent, certificate(signer, 2024, 2025)), Refused)
    for unreadable in (b"", b"-----BEGIN CERTIFICATE-----", b"\xff" * 100):
        assert isinstance(verdict(sent, unreadable), Refused)


def test_a_confirmation_is_written_from_topic_and_token_never_from_a_url(signer):
    """95"""
    sent = message(
        signer,
        Type="SubscriptionConfirmation",
        Subject=None,
        Token="t&x=1",
        SubscribeURL="http://169.254.169.254/latest/meta-data/",
    )
    read = read_envelope({"sns": TOPIC}, json.dumps(sent).encode(), AT_NS)
    assert read.confirm_url == (
        "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic&Token=t%26x%3D1"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc\n", max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(name=st.sampled_from(sorted(sns("x"))), value=JSON)
def test_no_message_raises(name, value):
    sent = json.dumps({**sns("x", SigningCertURL=CERTIFICATE_URL), name: value}).encode()
    read = read_envelope({"sns": TOPIC}, sent, AT_NS)
    if not isinstance(read, Refused):
        assert isinstance(prove_sns(read, b"none", AT_NS), Refused)
