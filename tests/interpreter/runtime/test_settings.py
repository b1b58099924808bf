"""What the daemon refuses to be started with."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from support.rulebooks import REFERENCE

from interlock.interpreter.hooks import HookRegistry, hook
from interlock.interpreter.runtime.settings import (
    Address,
    Settings,
    SettingsError,
    check_settings,
    parse_listen,
)
from interlock.rulebook import compile_rulebook

NO_HOOKS = HookRegistry()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:3000", Address("127.0.0.1", 3000)),
        (":0", Address("127.0.0.1", 0)),
        ("[::1]:8080", Address("::1", 8080)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_listen_addresses(text, address):
    assert parse_listen(text) == address


@pytest.mark.parametrize("text", ["", "3000", "127.0.0.1", "127.0.0.1:x", "a:65536", "a:-1", "a:٣"])
def test_what_is_no_listen_address(text):
    with pytest.raises(SettingsError, match="HOST:PORT"):
        parse_listen(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_authentication(host):
    settings = Settings(listen=Address(host, 3000))
    check_settings(settings, compile_rulebook(REFERENCE), NO_HOOKS)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.test", ""])
def test_other_addresses_are_refused_while_nothing_authenticates(host):
    settings = Settings(listen=Address(host, 3000))
    with pytest.raises(SettingsError, match="no authentication"):
        check_settings(settings, compile_rulebook(REFERENCE), NO_HOOKS)


def test_what_a_rulebook_uses_and_this_version_cannot_run_is_listed():
    graph = replace(compile_rulebook(REFERENCE), unsupported=("silences", "folders"))
    with pytest.raises(SettingsError, match="- silences\n  - folders"):
        check_settings(Settings(), graph, NO_HOOKS)


def test_a_hook_without_endpoint_needs_a_function():
    text = REFERENCE + "  - {id: drain_node}\n"
    graph = compile_rulebook(text)
    with pytest.raises(SettingsError, match="drain_node"):
        check_settings(Settings(), graph, NO_HOOKS)
    registered = HookRegistry({"drain_node": hook("drain_node")(lambda _: None)})
    check_settings(Settings(), graph, registered)
