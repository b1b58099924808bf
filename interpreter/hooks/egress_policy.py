"""Where hooks may connect: the operator's decision, made on addresses.

Responsible for telling public addresses from all others, also where one address hides in another
(IPv4-mapped, NAT64, 6to4, Teredo, ISATAP). Pure: resolves nothing. `ipaddress.is_global` alone will
not do: it differs between Python releases and calls multicast and relay prefixes global.
Sources: the IANA special-purpose address registries; RFC 6052, 3056, 4380, 5214, 8215.
"""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from msgspec import Struct
from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*cidrs: str) -> tuple[Network, ...]:
    return tuple(ip_network(cidr) for cidr in cidrs)


NEVER: Final = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",  # link-local, and the metadata service of most clouds
    "100.100.100.200/32",  # metadata: Alibaba
    "168.63.129.16/32",  # metadata: Azure, on a public address
    "192.0.0.192/32",  # metadata: Oracle
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "fe80::/10",
    "ff00::/8",
    "fd00:ec2::254/128",  # metadata: AWS
    "fd20:ce::254/128",  # metadata: Google
)
"""No operator can allow these."""

_NOT_PUBLIC: Final = _networks(
    "192.0.0.0/24",
    "192.88.99.0/24",
    "::/96",
    "64:ff9b:1::/48",
    "2001::/23",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fec0::/10",
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_IPV4_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_UNSAFE_IN_URL = re.compile(r"[^!-~]|[\\\"<>^`{|}#]")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")


class EgressPolicy(Struct, frozen=True):
    """Public addresses, and what the operator's `--allow-cidr` adds."""

    allow: tuple[Network, ...] = ()

    def refusal(self, address: str) -> str | None:
        """Say why an address may not be connected to; None where it may."""
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address[:60]!r} is no address"
        for face in _faces(parsed):
            if _is_in(face, NEVER):
                return f"{_named(parsed, face)} is never connected to"
            if not _is_in(face, self.allow) and not _is_public(face):
                return f"{_named(parsed, face)} is not public; --allow-cidr may allow it"
        return None

    def url_refusal(self, url: str) -> str | None:
        """Say why a URL may not be called, as far as its text tells; names are still to resolve."""
        if _UNSAFE_IN_URL.search(url):
            return "the URL holds a character that must be percent-encoded"
        try:
            parsed = URL(url, encoded=True)
            host = parsed.raw_host
            port = parsed.port
        except ValueError:
            return "the URL cannot be read"
        if parsed.scheme not in {"http", "https"} or not host or not port:
            return "the URL is not http:// or https:// with a host"
        if parsed.raw_user is not None or parsed.raw_password is not None:
            return "the URL holds a user name; credentials belong in `auth`"
        return self.host_refusal(host)

    def host_refusal(self, host: str) -> str | None:
        """Say why a host may not be called: a forbidden address, or one in an odd spelling."""
        bare = host.partition("%")[0]
        try:
            ip_address(bare)
        except ValueError:
            if _ENDS_IN_NUMBER.fullmatch(bare):
                return f"{host[:60]!r} is an address in an odd spelling; write it in full"
            return None
        return self.refusal(bare)


def parse_cidr(text: str) -> Network:
    """Return the network that `--allow-cidr` names.

    Raises:
        ValueError: no network, or one that reaches into what is never connected to.
    """
    try:
        network = ip_network(text.strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is no network such as 10.0.0.0/8: {error}") from None
    if any(network.version == other.version and network.subnet_of(other) for other in NEVER):  # type: ignore[arg-type]  # versions are equal
        raise ValueError(f"{text!r} can never be allowed: link-local, metadata or multicast")
    return network


def _faces(address: Address) -> tuple[Address, ...]:
    """Return all that a connection to the address may reach; each must be allowed."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        return (low,)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    is_embedding = address in _LOCAL_NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1)
    if is_embedding or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return (address, low)
    return (address,)


def _is_public(address: Address) -> bool:
    return address.is_global and not _is_in(address, _NOT_PUBLIC)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _named(address: Address, face: Address) -> str:
    return str(address) if face == address else f"{address} (that is {face})"
