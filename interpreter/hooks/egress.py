"""Outgoing connections that keep to the egress policy.

Responsible for the order: resolve all addresses of a name, refuse the name if any of them is
forbidden, connect only to an address so checked, look at the peer once more. Never resolves twice
for one connection and never keeps a connection for another request. aiohttp skips its resolver for
address literals, so those are checked here as well.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from interlock.interpreter.hooks.egress_policy import EgressPolicy

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes a host name and port, returns all its addresses (A and AAAA); raises OSError."""

_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class EgressRefusedError(Exception):
    """The policy forbids the connection; nothing was sent."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return all addresses the system's resolver knows for a name, of both families."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM
    )
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class VettingResolver(AbstractResolver):
    """Resolves a name only if the policy allows every one of its addresses."""

    def __init__(self, policy: EgressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both families are vetted
    ) -> list[ResolveResult]:
        """Return the addresses of a name, in the resolver's order.

        Raises:
            EgressRefusedError: one of them is forbidden.
            OSError: the name does not resolve.
        """
        addresses = await self._lookup(host, port)
        if not addresses:
            raise OSError(f"{host} has no address")
        for address in addresses:
            if (refusal := self._policy.refusal(address)) is not None:
                raise EgressRefusedError(f"{host} resolves to {refusal}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=_NUMERIC,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Release nothing: the system's resolver is not ours."""


class EgressConnector(aiohttp.TCPConnector):
    """Connects only where the policy allows, and anew for each request."""

    def __init__(self, policy: EgressPolicy, *, lookup: Lookup = look_up, limit: int = 100) -> None:
        """Make a connector; `limit` is how many connections are open at a time."""
        self._policy = policy
        super().__init__(
            resolver=VettingResolver(policy, lookup),
            use_dns_cache=False,
            force_close=True,
            limit=limit,
            socket_factory=self._vetted_socket,
        )

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the signature is aiohttp's
    ) -> Any:
        """Check an address literal before connecting, and the peer after it."""
        if (refusal := self._policy.host_refusal(req.url.raw_host or "")) is not None:
            raise EgressRefusedError(refusal)
        connection = await super().connect(req, traces, timeout)
        peer = connection.transport.get_extra_info("peername") if connection.transport else None
        refusal = self._policy.refusal(peer[0]) if peer else "the peer has no address"
        if refusal is not None:
            connection.close()
            raise EgressRefusedError(f"connected to {refusal}")
        return connection

    def _vetted_socket(self, addr_info: Any) -> socket.socket:
        """Refuse to make a socket for a forbidden address, whoever resolved it."""
        family, kind, proto, _, address = addr_info
        if (refusal := self._policy.refusal(str(address[0]))) is not None:
            raise EgressRefusedError(refusal)
        return socket.socket(family, kind, proto)


async def open_socket(policy: EgressPolicy, lookup: Lookup, host: str, port: int) -> socket.socket:
    """Return a socket connected to the first address of a host that answers.

    Raises:
        EgressRefusedError: the policy forbids the host, or any of its addresses.
        OSError: it does not resolve, or no address answers.
    """
    if (refusal := policy.host_refusal(host)) is not None:
        raise EgressRefusedError(refusal)
    resolved = await VettingResolver(policy, lookup).resolve(host, port)
    last: OSError | None = None
    for found in resolved:
        connected = socket.socket(found["family"], socket.SOCK_STREAM)
        connected.setblocking(False)  # noqa: FBT003 - the signature is the library's
        try:
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connected, (found["host"], port))
        except OSError as error:
            connected.close()
            last = error
        except BaseException:
            connected.close()
            raise
        else:
            return connected
    raise last or OSError(f"{host} has no address")
