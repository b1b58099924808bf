"""What the daemon refuses to be started with."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from interlock.interpreter.hooks import HookRegistry, SecretReader, hook
from interlock.interpreter.runtime.settings import (
    Address,
    Settings,
    SettingsError,
    check_settings,
    parse_listen,
)
from interlock.rulebook import compile_rulebook
from support.rulebooks import REFERENCE

NO_HOOKS = HookRegistry()
NO_SECRETS = SecretReader({})


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
    check_settings(settings, compile_rulebook(REFERENCE), NO_HOOKS, NO_SECRETS)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.test", ""])
def test_other_addresses_are_refused_without_an_identity_file(host):
    settings = Settings(listen=Address(host, 3000))
    with pytest.raises(SettingsError, match="give --identity"):
        check_settings(settings, compile_rulebook(REFERENCE), NO_HOOKS, NO_SECRETS)


def test_what_a_rulebook_uses_and_this_version_cannot_run_is_listed():
    graph = replace(compile_rulebook(REFERENCE), unsupported=("silences", "folders"))
    with pytest.raises(SettingsError, match="- silences\n  - folders"):
        check_settings(Settings(), graph, NO_HOOKS, NO_SECRETS)


def test_a_hook_without_endpoint_needs_a_function():
    text = REFERENCE + "  - {id: drain_node}\n"
    graph = compile_rulebook(text)
    with pytest.raises(SettingsError, match="drain_node"):
        check_settings(Settings(), graph, NO_HOOKS, NO_SECRETS)
    registered = HookRegistry({"drain_node": hook("drain_node")(lambda _: None)})
    check_settings(Settings(), graph, registered, NO_SECRETS)


@pytest.mark.parametrize("gate", ["{approvals: 2}", "{from: [leads]}", "{exclude: [requester]}"])
def test_gates_that_nobody_anonymous_could_open_are_refused(gate):
    graph = compile_rulebook(
        "workflow_rules:\n"
        f"  - {{transition: TRIAGE -> MITIGATING, validator: severity_defined, gate: {gate}}}\n"
    )
    with pytest.raises(SettingsError, match="everyone is anonymous"):
        check_settings(Settings(), graph, NO_HOOKS, NO_SECRETS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'sources: {am: {type: alertmanager, auth: {bearer: "${env:AM_TOKEN}"}}}\n',
            r"source am: \$\{env:AM_TOKEN\} is not set",
        ),
        (
            """remediation_hooks:
  - {id: scale, endpoint: "https://x.test", auth: {bearer: "${env:SCALE_TOKEN}"}}""",
            r"hook scale: \$\{env:SCALE_TOKEN\} is not set",
        ),
    ],
)
def test_secrets_that_are_not_there_are_named(text, words):
    graph = compile_rulebook(text)
    with pytest.raises(SettingsError, match=words):
        check_settings(Settings(), graph, NO_HOOKS, NO_SECRETS)
    present = SecretReader({"AM_TOKEN": "x", "SCALE_TOKEN": "x"})
    check_settings(Settings(), graph, NO_HOOKS, present)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("hook: {type: grafana}", "no `auth` for hook"),
        ("hook: {type: alertmanager}", "no `auth` for hook"),
        ('hook: {type: json, auth: {github: "${env:NOT_THERE}"}}', "NOT_THERE"),
        ('hook: {type: json, auth: {standard_webhooks: "${env:SHORT}"}}', "is not base64"),
        ("hook: {type: cloudwatch, auth: {sns: topic}}", "ARN of the topic"),
        ("hook: {type: json, auth: {client_subject: CN=x, proxies: [10.0.0.1/8]}}", "host bits"),
        ('hook: {type: json, auth: {header: "X Y", value: "${env:SHORT}"}}', "no header name"),
    ],
)
def test_a_source_that_cannot_be_known_is_refused_at_the_start(source, says):
    graph = compile_rulebook(f"version: 1\nname: r\nsources:\n  {source}\n")
    with pytest.raises(SettingsError, match=says) as raised:
        check_settings(Settings(), graph, NO_HOOKS, SecretReader({"SHORT": "s3cr3t!"}))
    assert "s3cr3t" not in str(raised.value)


def test_a_source_without_auth_is_written_so_and_stays_on_loopback():
    graph = compile_rulebook("version: 1\nsources:\n  hook: {type: grafana, auth: none}\n")
    check_settings(Settings(), graph, NO_HOOKS, NO_SECRETS)
    outside = Settings(listen=Address("0.0.0.0", 3000))
    with pytest.raises(SettingsError, match="authenticate"):
        check_settings(outside, graph, NO_HOOKS, NO_SECRETS)
