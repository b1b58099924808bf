from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from interlock.interpreter.core.event import OutcomeStatus
from support.hook_target import answer, call_hook, http_hooks

SHORT = 300_000_000  # nanoseconds, for attempts that are to run out of time


async def attempt(effect, auth=None, **options):
    async with http_hooks(**options) as hooks:
        return await hooks.call(effect, auth)


async def test_the_recorded_request_is_sent_as_it_is(server):
    effect = call_hook(
        server.url("/a%2Fb?c=d+e"), method="PUT", headers={"X-Team": "db", "User-Agent": "mine"}
    )
    outcome = await attempt(effect)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert server.requests[0].startswith(b"PUT /a%2Fb?c=d+e HTTP/1.1\r\n")
    assert server.body() == b'{"replicas": 4}'
    headers = server.headers()
    assert headers["idempotency-key"] == "k" * 32
    assert headers["x-team"] == "db"
    assert headers["user-agent"] == "mine"
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"


async def test_every_attempt_sends_the_same_key_and_bytes(server):
    effect = call_hook(server.url())
    async with http_hooks() as hooks:
        await hooks.call(effect)
        await hooks.call(effect)
    assert server.requests[0] == server.requests[1]
    assert server.connections == 2


async def test_a_key_in_the_recorded_headers_does_not_replace_ours(server):
    await attempt(call_hook(server.url(), headers={"idempotency-key": "theirs"}))
    assert server.requests[0].lower().count(b"idempotency-key") == 1
    assert server.headers()["idempotency-key"] == "k" * 32


async def test_a_target_that_honours_the_key_acts_once(server):
    done = []

    async def reply(writer):
        key = server.headers(-1)["idempotency-key"]
        if key not in done:
            done.append(key)
            return  # it acts, then the connection is cut
        writer.write(answer(200, b'{"done": 1}'))

    server.reply = reply
    effect = call_hook(server.url())
    async with http_hooks() as hooks:
        first, second = await hooks.call(effect), await hooks.call(effect)
    assert first.status is OutcomeStatus.IN_DOUBT
    assert (second.status, second.result) == (OutcomeStatus.SUCCEEDED, {"done": 1})
    assert done == [effect.key]


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b'{"replicas": 4, "ok": true}', {"replicas": 4, "ok": True}),
        (b"[1, 2.5, null]", [1, 2.5, None]),
        (b"", None),
        (b"18446744073709551615", "18446744073709551615"),
    ],
)
async def test_a_json_answer_is_the_result(server, body, result):
    server.answer = answer(201, body)
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.result == result
    assert outcome.detail == "answered 201 Created"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not"),
        (b"[" * 40 + b"]" * 40, "deeper"),
        (b'"' + b"x" * 300_000 + b'"', "longer"),
    ],
)
async def test_an_odd_answer_is_success_without_a_result(server, body, words):
    server.answer = answer(200, body)
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.result is None
    assert words in outcome.detail


async def test_a_compressed_answer_is_not_unpacked(server):
    bomb = gzip.compress(b"0" * 10_000_000)
    server.answer = answer(200, bomb, Content_Encoding="gzip")
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.result is None
    assert "compressed body was not kept" in outcome.detail


@pytest.mark.parametrize(
    ("status", "is_retryable"),
    [
        *((400, False), (401, False), (404, False), (409, True), (422, False), (429, True)),
        *((500, True), (501, False), (502, True), (503, True), (599, False)),
    ],
)
async def test_an_error_status_is_a_failure(server, status, is_retryable):
    server.answer = answer(status, b'{"error": "too\nbad"}')
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.is_retryable is is_retryable
    assert outcome.detail.startswith(f"answered {status}")
    assert outcome.detail.endswith(': {"error": "too bad"}')


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(server, status):
    server.answer = answer(status, Location=server.url("/elsewhere"))
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert "redirects are not followed" in outcome.detail
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "1000000000"}, 3_600),
        ({"Retry_After": "9" * 5_000}, 3_600),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "1e9"}, None),
        ({"Retry_After": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
        (
            {
                "Retry_After": "Wed, 21 Oct 2015 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            30,
        ),
        (
            {
                "Retry_After": "Wed, 21 Oct 2015 07:00:00 GMT",
                "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            0,
        ),
        (
            {"Retry_After": "Wed, 21 Oct 2015 07:00:00", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"},
            None,
        ),
        ({}, None),
    ],
)
async def test_retry_after_is_read_within_bounds(server, headers, delay):
    server.answer = answer(503, **headers)
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.retry_after_s == delay


async def test_a_refused_connection_is_a_failure_and_not_in_doubt():
    outcome = await attempt(call_hook("http://127.0.0.1:1/"))
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.is_retryable
    assert outcome.detail.startswith("not sent: ")


async def test_a_name_that_does_not_resolve_is_a_failure_and_not_in_doubt():
    async def lookup(host, _):
        raise OSError(f"{host} is unknown")

    outcome = await attempt(call_hook("https://nowhere.example.test/"), lookup=lookup)
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.is_retryable


async def test_a_name_that_resolves_too_slowly_is_a_failure_and_not_in_doubt():
    async def lookup(*_):
        await asyncio.Event().wait()

    outcome = await attempt(
        call_hook("https://slow.example.test/", timeout_ns=SHORT), lookup=lookup
    )
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.is_retryable
    assert outcome.detail == "not sent: no connection within 0.3 s"


async def test_a_target_that_never_answers_leaves_it_in_doubt(server):
    async def reply(_):
        await asyncio.Event().wait()

    server.reply = reply
    outcome = await attempt(call_hook(server.url(), timeout_ns=SHORT))
    assert outcome.status is OutcomeStatus.IN_DOUBT
    assert not outcome.is_retryable
    assert outcome.detail == "sent, but not answered within 0.3 s"


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
async def test_a_cut_connection_leaves_it_in_doubt_and_is_not_tried_again(server, method):
    async def reply(writer):
        writer.close()

    server.reply = reply
    outcome = await attempt(call_hook(server.url(), method=method))
    assert outcome.status is OutcomeStatus.IN_DOUBT
    assert outcome.detail.startswith("sent, but not answered")
    assert server.connections == 1


async def test_an_answer_that_is_no_http_leaves_it_in_doubt(server):
    server.answer = b"\x00\xff garbage\r\n\r\n"
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.IN_DOUBT


@pytest.mark.parametrize(
    ("status", "expected"), [(200, OutcomeStatus.IN_DOUBT), (500, OutcomeStatus.FAILED)]
)
async def test_a_body_that_is_cut_off(server, status, expected):
    server.answer = answer(status, b"x" * 10).replace(b"Content-Length: 10", b"Content-Length: 99")
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is expected


@pytest.mark.parametrize(
    ("status", "expected"), [(200, OutcomeStatus.IN_DOUBT), (503, OutcomeStatus.FAILED)]
)
async def test_a_body_that_drips_for_ever_is_bounded_by_time(server, status, expected):
    async def reply(writer):
        writer.write(answer(status).replace(b"Content-Length: 0", b"Content-Length: 9999999"))
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    server.reply = reply
    outcome = await attempt(call_hook(server.url(), timeout_ns=SHORT))
    assert outcome.status is expected
    assert "its body did not end within 0.3 s" in outcome.detail


async def test_an_endless_body_is_bounded_by_size(server):
    sent = 0

    async def reply(writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 2**30 and not writer.is_closing():
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    server.reply = reply
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert "longer than" in outcome.detail
    assert sent < 2**25


async def test_endless_headers_are_bounded(server):
    async def reply(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 100_000 + b"\r\n")
        await writer.drain()

    server.reply = reply
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.IN_DOUBT


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": None}, "no endpoint"),
        ({"method": "POST\r\nX: y"}, "no HTTP method"),
        ({"headers": {"X-A": "b\r\nX-C: d"}}, "cannot be sent"),
        ({"headers": {"X A": "b"}}, "cannot be sent"),
        ({"headers": {"Host": "internal"}}, "not the rulebook's"),
        ({"headers": {"transfer-encoding": "chunked"}}, "not the rulebook's"),
        ({"url": "file:///etc/passwd"}, "not http"),
    ],
)
async def test_a_request_that_must_not_be_sent_is_not(server, changes, words):
    outcome = await attempt(call_hook(**{"url": server.url(), **changes}))
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert words in outcome.detail
    assert server.connections == 0


async def test_proxies_of_the_environment_are_ignored(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    outcome = await attempt(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED


async def test_credentials_are_added_at_each_attempt(server, tmp_path):
    token = tmp_path / "token"
    token.write_text("first-token\n")
    effect = call_hook(server.url())
    async with http_hooks(folder=tmp_path) as hooks:
        await hooks.call(effect, {"bearer": "${file:token}"})
        token.write_text("second-token\n")
        await hooks.call(effect, {"bearer": "${file:token}"})
    assert server.headers(0)["authorization"] == "Bearer first-token"
    assert server.headers(1)["authorization"] == "Bearer second-token"


async def test_a_missing_secret_is_a_failure_before_anything_is_sent(server):
    outcome = await attempt(call_hook(server.url()), {"bearer": "${env:NOPE}"})
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.is_retryable
    assert outcome.detail == "not sent: ${env:NOPE} is not set, or empty"
    assert server.connections == 0


@pytest.mark.parametrize("status", [200, 500])
async def test_a_secret_that_is_echoed_back_is_concealed(server, status):
    async def reply(writer):
        echo = server.headers()["authorization"]
        body = {echo: [echo, "aHVudGVyMi1odW50ZXIy", "68756e746572322d68756e74657232"]}
        writer.write(answer(status, json.dumps(body).encode(), X_Echo=echo))

    server.reply = reply
    outcome = await attempt(
        call_hook(server.url()), {"bearer": "${env:TOKEN}"}, environ={"TOKEN": "hunter2-hunter2"}
    )
    assert "***" in str(outcome)
    for form in ("hunter2", "aHVudGVy", "68756e74"):
        assert form not in str(outcome)


async def test_terminal_escapes_in_an_answer_do_not_reach_the_detail(server):
    server.answer = answer(400, "\x1b[2J\x07red\u202egreen\x9b31m".encode() + b"\x80")
    outcome = await attempt(call_hook(server.url()))
    assert outcome.detail.isprintable()
    assert "red" in outcome.detail
    assert len(outcome.detail) < 260


async def test_a_target_with_a_certificate_we_do_not_trust_is_sent_nothing(tls_server):
    port, seen = tls_server
    outcome = await attempt(call_hook(f"https://127.0.0.1:{port}/"))
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert "not sent" in outcome.detail
    assert seen == []
