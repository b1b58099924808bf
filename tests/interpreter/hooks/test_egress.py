from __future__ import annotations

import aiohttp
import pytest

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.hooks import EgressPolicy, parse_cidr
from interlock.interpreter.hooks.egress import (
    EgressConnector,
    EgressRefusedError,
    VettingResolver,
    look_up,
)
from support.hook_target import LOCAL, call_hook, http_hooks

PUBLIC = EgressPolicy()


def names(*addresses):
    """Answer each look-up with the next of the given address lists, the last one for ever."""
    asked = []

    async def lookup(host, _):
        asked.append(host)
        return addresses[min(len(asked), len(addresses)) - 1]

    lookup.asked = asked
    return lookup


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["8.8.8.8", "::1"],
        ["2606:4700::1111", "169.254.169.254"],
        ["8.8.8.8", "::ffff:10.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        ["0.0.0.0"],
    ],
)
async def test_a_name_with_any_forbidden_address_is_refused(server, addresses):
    outcome = await call(f"http://api.example.test:{server.port}/", PUBLIC, names(addresses))
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert outcome.detail.startswith("not sent: api.example.test resolves to ")
    assert server.connections == 0


async def call(url, policy, lookup=look_up):
    async with http_hooks(policy, lookup=lookup) as hooks:
        return await hooks.call(call_hook(url))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "0x7f000001",
        "0X7F.1",
        "2130706433",
        "017700000001",
        "127.1",
        "127.0.1",
        "0.0.0.0",
        "127.0.0.1.",
        "localhost",
    ],
)
async def test_no_spelling_of_the_loopback_is_connected_to(server, host):
    outcome = await call(f"http://{host}:{server.port}/", PUBLIC)
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert server.connections == 0


async def test_a_name_is_resolved_once_for_a_connection(server):
    lookup = names(["127.0.0.1"], ["169.254.169.254"])
    first = await call(f"http://rebind.example.test:{server.port}/", LOCAL, lookup)
    assert first.status is OutcomeStatus.SUCCEEDED
    assert lookup.asked == ["rebind.example.test"]
    assert server.headers()["host"] == f"rebind.example.test:{server.port}"


async def test_a_name_that_moved_is_vetted_again_at_the_next_attempt(server):
    lookup = names(["127.0.0.1"], ["127.0.0.1", "169.254.169.254"])
    async with http_hooks(LOCAL, lookup=lookup) as hooks:
        effect = call_hook(f"http://rebind.example.test:{server.port}/")
        first, second = await hooks.call(effect), await hooks.call(effect)
    assert first.status is OutcomeStatus.SUCCEEDED
    assert second.status is OutcomeStatus.FAILED
    assert "169.254.169.254 is never connected to" in second.detail
    assert server.connections == 1


async def test_what_the_operator_allows_is_connected_to(server):
    policy = EgressPolicy((parse_cidr("127.0.0.1/32"),))
    outcome = await call(
        f"http://localhost.example.test:{server.port}/", policy, names(["127.0.0.1"])
    )
    assert outcome.status is OutcomeStatus.SUCCEEDED


async def test_an_address_that_is_down_falls_back_to_the_next(server):
    lookup = names(["::1", "127.0.0.1"])
    outcome = await call(f"http://both.example.test:{server.port}/", LOCAL, lookup)
    assert outcome.status is OutcomeStatus.SUCCEEDED


async def test_a_name_without_addresses_is_no_connection():
    with pytest.raises(OSError, match="has no address"):
        await VettingResolver(PUBLIC, names([])).resolve("empty.example.test", 80)


async def test_the_systems_resolver_gives_all_addresses_as_text():
    addresses = await look_up("localhost", 80)
    assert set(addresses) <= {"127.0.0.1", "::1"}
    assert len(set(addresses)) == len(addresses) > 0


async def test_the_connector_refuses_literals_that_skip_the_resolver(server):
    async with aiohttp.ClientSession(connector=EgressConnector(PUBLIC)) as session:
        with pytest.raises(EgressRefusedError):
            await session.get(server.url())
    assert server.connections == 0


async def test_no_socket_is_made_for_a_forbidden_address(server):
    connector = EgressConnector(PUBLIC)
    info = (2, 1, 6, "", ("127.0.0.1", server.port))
    with pytest.raises(EgressRefusedError):
        connector._vetted_socket(info)
    await connector.close()


async def test_a_peer_that_is_not_what_was_connected_to_gets_nothing(server):
    class Fickle(EgressPolicy, frozen=True, kw_only=True):
        """Allows the first looks (literal, socket) and forbids the peer."""

        seen: list[str]

        def refusal(self, address):
            self.seen.append(address)
            return "a stranger" if len(self.seen) > 2 else None

        def url_refusal(self, _):
            return None

    outcome = await call(server.url(), Fickle(seen=[]))
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.detail == "not sent: connected to a stranger"
    assert server.requests == []
