from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.hooks.egress_policy import NEVER, EgressPolicy, parse_cidr

PUBLIC = EgressPolicy()
PRIVATE_TOO = EgressPolicy((parse_cidr("10.0.0.0/8"), parse_cidr("127.0.0.0/8")))
EVERYTHING = EgressPolicy((parse_cidr("0.0.0.0/0"), parse_cidr("::/0")))

METADATA = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
]
NOT_PUBLIC = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "::1",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "2001:10::1",
    "2002:808:808::1",
    "64:ff9b:1::808:808",
    "::8.8.8.8",
]
ADDRESSES = ["8.8.8.8", "1.1.1.1", "192.31.196.1", "2606:4700::1111", "2a00:1450:4001::1"]


def wrapped(address: str) -> dict[str, str]:
    low = int(IPv4Address(address))
    return {
        "mapped": str(IPv6Address((0xFFFF << 32) | low)),
        "nat64": str(IPv6Address((0x0064FF9B << 96) | low)),
        "6to4": str(IPv6Address((0x2002 << 112) | (low << 80) | 1)),
        "teredo client": str(IPv6Address((0x20010000 << 96) | (low ^ 0xFFFFFFFF))),
        "teredo server": str(IPv6Address((0x20010000 << 96) | (low << 64))),
        "isatap": str(IPv6Address((0x2606470000000000 << 64) | (0x5EFE << 32) | low)),
        "compatible": str(IPv6Address(low)),
        "local nat64": str(IPv6Address((0x0064FF9B0001 << 80) | low)),
    }


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_public_address_is_allowed(address):
    assert PUBLIC.refusal(address) is None


@pytest.mark.parametrize("address", NOT_PUBLIC + METADATA)
def test_other_addresses_are_refused(address):
    assert PUBLIC.refusal(address) is not None


@pytest.mark.parametrize("address", METADATA)
def test_metadata_and_link_local_stay_refused_whatever_is_allowed(address):
    assert "is never connected to" in (EVERYTHING.refusal(address) or "")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_operator_may_allow_the_rest(address):
    assert EVERYTHING.refusal(address) is None


@pytest.mark.parametrize("form", sorted(wrapped("1.2.3.4")))
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1"])
def test_an_address_within_an_address_is_seen(form, address):
    assert PUBLIC.refusal(wrapped(address)[form]) is not None


@pytest.mark.parametrize("form", sorted(wrapped("1.2.3.4")))
def test_metadata_within_an_address_is_never_allowed(form):
    assert "never" in (EVERYTHING.refusal(wrapped("169.254.169.254")[form]) or "")


@pytest.mark.parametrize("form", ["mapped", "nat64"])
def test_a_public_address_behind_a_translator_is_public(form):
    assert PUBLIC.refusal(wrapped("8.8.8.8")[form]) is None
    assert PRIVATE_TOO.refusal(wrapped("10.1.2.3")[form]) is None


def test_a_refusal_says_what_may_be_done():
    assert PUBLIC.refusal("10.1.2.3") == "10.1.2.3 is not public; --allow-cidr may allow it"
    assert "(that is 10.0.0.1) is not public" in (PUBLIC.refusal("::ffff:10.0.0.1") or "")
    assert "is no address" in (PUBLIC.refusal("nonsense") or "")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.test/scale",
        "http://api.example.test:8080/a?b=c%20d",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/",
        "https://api.example.test./",
        "https://10th.example.test/",
        "https://xn--bcher-kva.example.test/",
    ],
)
def test_a_plain_url_may_be_called(url):
    assert PUBLIC.url_refusal(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://0x7f000001/", "odd spelling"),
        ("https://2130706433/", "odd spelling"),
        ("https://127.1/", "odd spelling"),
        ("https://0177.0.0.1/", "odd spelling"),
        ("https://127.0.0.0x1/", "odd spelling"),
        ("https://127.0.0.1./", "odd spelling"),
        ("https://evil.test.1/", "odd spelling"),
        ("https://127.0.0.1/", "not public"),
        ("https://0.0.0.0/", "never"),
        ("https://[::ffff:127.0.0.1]/", "not public"),
        ("https://[::1]/", "not public"),
        ("https://[fe80::1%25eth0]/", "never"),
        ("ftp://api.example.test/", "not http"),
        ("file:///etc/passwd", "not http"),
        ("gopher://api.example.test/", "not http"),
        ("//api.example.test/", "not http"),
        ("/relative", "not http"),
        ("https://", "not http"),
        ("", "not http"),
        ("https://user@api.example.test/", "user name"),
        ("https://user:word@api.example.test/", "user name"),
        ("https://api.example.test:99999/", "cannot be read"),
        ("https://api.example.test/a b", "percent-encoded"),
        ("https://api.example.test/\r\nX: y", "percent-encoded"),
        ("https://api.example.test\\@evil.test/", "percent-encoded"),
        ("https://api.example.test/#/../x", "percent-encoded"),
        ("https://\uff11\uff12\uff17.0.0.1/", "percent-encoded"),
        ("https://[::1/", "cannot be read"),
    ],
)
def test_an_odd_url_may_not_be_called(url, words):
    assert words in (PUBLIC.url_refusal(url) or "")


@pytest.mark.parametrize("text", ["10.0.0.0/8", " fd00::/8 ", "127.0.0.1", "0.0.0.0/0"])
def test_a_network_is_read(text):
    assert parse_cidr(text).network_address is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.1/8", "has host bits set"),
        ("internal", "no network such as 10.0.0.0/8"),
        ("169.254.169.254/32", "can never be allowed"),
        ("fe80::/64", "can never be allowed"),
    ],
)
def test_a_network_that_cannot_be_allowed_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        parse_cidr(text)


@given(st.ip_addresses())
def test_never_beats_everything(address):
    is_never = any(address in network for network in NEVER if network.version == address.version)
    if is_never:
        assert EVERYTHING.refusal(str(address)) is not None


@given(st.text(max_size=40))
def test_no_text_raises(text):
    PUBLIC.refusal(text)
    PUBLIC.url_refusal(text)
    PUBLIC.url_refusal(f"https://{text}/")
