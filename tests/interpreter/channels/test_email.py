"""Email against a real SMTP server."""

from __future__ import annotations

import asyncio
import email
import ssl
from contextlib import asynccontextmanager
from email.policy import default

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from interlock.interpreter.channels.smtp import SmtpClient
from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.hooks import EgressPolicy
from support import channels as ch
from support.hook_target import LOCAL

CA = trustme.CA()


class Mailbox:
    def __init__(self):
        self.mails = []
        self.rcpt = {}
        self.data = "250 OK"
        self.logins = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library's name
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - the library's name
        if self.data.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=default)
            self.mails.append(
                (mail, envelope.rcpt_tos, server.transport.get_extra_info("sslcontext") is not None)
            )
        return self.data

    def authenticate(self, _server, _session, _envelope, _mechanism, given):
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"mail-password")


@asynccontextmanager
async def mail_server(*, tls="starttls", name="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(context)
    box = Mailbox()
    options = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}

    def serve():
        is_plain = tls != "starttls"
        return SMTP(
            box,
            hostname="mail.test",
            authenticator=box.authenticate,
            auth_require_tls=not is_plain,
            loop=asyncio.get_running_loop(),
            **options,
        )

    listening = await asyncio.get_running_loop().create_server(
        serve, "127.0.0.1", 0, ssl=context if tls == "implicit" else None
    )
    try:
        yield box, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def trusting():
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


async def send(port, *notices, policy=LOCAL, context=None, timeout_s=5.0, **options):
    given = {
        "to": ["sre@x.test", "boss@x.test"],
        "from": "interlock@x.test",
        "server": f"127.0.0.1:{port}",
        **options,
    }
    client = SmtpClient(policy, tls_context=context or trusting(), timeout_s=timeout_s)
    async with ch.connections(smtp=client) as made:
        channel, _ = made.make(ch.declared("email", **given))
        outcomes = [await channel.send(one) for one in notices or (ch.notice(),)]
    return outcomes[-1]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_message_arrives_encrypted_for_all_recipients(tls):
    async with mail_server(tls=tls) as (box, port):
        outcome = await send(port, tls=tls)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    ((mail, to, is_encrypted),) = box.mails
    assert is_encrypted
    assert to == ["sre@x.test", "boss@x.test"]
    assert mail["Subject"] == "[P1] High Latency (INC-1)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().splitlines()[2] == "opened"
    assert "https://interlock.test/incidents/INC-1" in mail.get_body(("html",)).get_content()


async def test_messages_of_one_generation_are_one_thread():
    async with mail_server() as (box, port):
        await send(
            port,
            ch.notice(),
            ch.notice("resolved", key="r" * 32),
            ch.notice(generation=2, key="g" * 32),
            ch.notice(),
        )
    mails = [mail for mail, _, _ in box.mails]
    threads = [mail["References"] for mail in mails]
    assert threads[0] == threads[1] == threads[3] != threads[2]
    assert [mail["In-Reply-To"] for mail in mails] == threads
    ids = [mail["Message-ID"] for mail in mails]
    assert ids[0] == ids[3] == f"<{'k' * 32}@x.test>", "a repeat is the same message"
    assert len(set(ids)) == 3


async def test_it_logs_in_only_encrypted_and_keeps_the_password_to_itself():
    async with mail_server() as (box, port):
        login = {"username": "me", "password": "${env:MAIL}"}
        outcome = await send(port, **login)
        assert outcome.status is OutcomeStatus.SUCCEEDED
        assert box.logins == [(b"me", b"mail-password")]


async def test_a_server_without_starttls_gets_nothing():
    async with mail_server(tls="none") as (box, port):
        outcome = await send(port, username="me", password="${env:MAIL}")
    assert outcome.status is OutcomeStatus.FAILED
    assert box.mails == box.logins == []


async def test_plain_is_spoken_where_the_rulebook_says_so():
    async with mail_server(tls="none") as (box, port):
        outcome = await send(port, tls="none")
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert not box.mails[0][2]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_for_another_host_is_refused_for_good(tls):
    async with mail_server(tls=tls, name="other.test") as (box, port):
        outcome = await send(port, tls=tls)
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, False)
    assert box.mails == []


@pytest.mark.parametrize(("reply", "is_retryable"), [("451 later", True), ("554 no", False)])
async def test_reply_codes_say_whether_to_try_again(reply, is_retryable):
    async with mail_server() as (box, port):
        box.data = reply
        outcome = await send(port)
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, is_retryable)
    assert reply[:3] in outcome.detail


async def test_one_recipient_that_is_refused_does_not_keep_it_from_the_others():
    async with mail_server() as (box, port):
        box.rcpt = {"boss@x.test": "550 who?"}
        outcome = await send(port)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.detail == "handed over, but refused for boss@x.test"
    assert box.mails[0][1] == ["sre@x.test"]


async def test_all_recipients_refused_is_a_failure():
    async with mail_server() as (box, port):
        box.rcpt = {"boss@x.test": "550 who?", "sre@x.test": "550 who?"}
        outcome = await send(port)
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, False)


async def test_a_silent_server_is_left_after_a_while(server):
    async def nothing(_writer):
        await asyncio.sleep(10)

    server.reply = nothing
    outcome = await send(server.port, timeout_s=0.3)
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, True)
    assert outcome.detail.startswith("not sent")


async def test_a_server_is_reached_only_where_the_policy_allows():
    async with mail_server() as (box, port):
        outcome = await send(port, policy=EgressPolicy())
    assert (outcome.status, outcome.is_retryable) == (OutcomeStatus.FAILED, False)
    assert "not public" in outcome.detail
    assert box.mails == []


async def test_an_alert_forges_no_header_and_no_markup():
    hostile = "x\r\nBcc: victim@x.test\r\n\r\n<script>alert(1)</script>\u202e"
    async with mail_server() as (box, port):
        await send(port, ch.notice(title=hostile, happened=hostile, state=hostile))
    ((mail, to, _),) = box.mails
    assert mail["Bcc"] is None
    assert to == ["sre@x.test", "boss@x.test"]
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "\u202e" not in html + mail.get_body(("plain",)).get_content()
    assert not mail.defects
