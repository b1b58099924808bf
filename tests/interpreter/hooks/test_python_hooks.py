from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

import pytest
from pydantic import BaseModel

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks import (
    HookCall,
    HookFailedError,
    HookRegistry,
    PythonHooks,
    hook,
)

SHORT = 100_000_000  # nanoseconds, for attempts that are to run out of time


class Drain(BaseModel):
    node: str
    grace: int = 30


@contextmanager
def python_hooks(*declared, **options):
    hooks = PythonHooks(HookRegistry({one.id: one for one in declared}), **options)
    try:
        yield hooks
    finally:
        hooks.close()


def effect_of(body="{}", **changes):
    given = {"key": "k" * 32, "path": "p", "hook": "drain_node", "timeout_ns": 5_000_000_000}
    return CallHook(body=body, **{**given, **changes})


async def attempt(function, body="{}", *, declare=None, **changes):
    declared = hook("drain_node", **(declare or {}))(function)
    with python_hooks(declared) as hooks:
        return await hooks.call(effect_of(body, **changes), "INC-1", 2)


async def test_an_async_function_is_given_the_call_and_its_value_is_the_result():
    async def drain(call):
        await asyncio.sleep(0)
        return {"id": call.hook, "args": call.arguments, "for": call.incident, "n": call.attempt}

    outcome = await attempt(drain, '{"node": "n1"}')
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.result == {
        "id": "drain_node", "args": {"node": "n1"}, "for": "INC-1", "n": 2
    }  # fmt: skip


async def test_a_plain_function_runs_in_a_thread_of_its_own():
    def drain(call):
        return [call.key, threading.current_thread().name]

    outcome = await attempt(drain)
    assert outcome.result[0] == "k" * 32
    assert outcome.result[1].startswith("hook")


async def test_a_model_checks_the_arguments():
    async def drain(call: HookCall[Drain]):
        return [type(call.arguments).__name__, call.arguments.node, call.arguments.grace]

    outcome = await attempt(drain, '{"node": "n1"}', declare={"accepts": Drain})
    assert outcome.result == ["Drain", "n1", 30]


async def test_arguments_the_model_refuses_are_never_passed_on():
    called = []
    body = '{"grace": "hunter2-hunter2"}'
    outcome = await attempt(called.append, body, declare={"accepts": Drain})
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable
    assert outcome.detail.startswith("not called: node: Field required; grace: Input should be")
    assert "hunter2" not in outcome.detail
    assert called == []


@pytest.mark.parametrize("body", ["", "[]", "7", "{"])
async def test_a_body_that_is_no_object_is_a_failure(body):
    outcome = await attempt(print, body)
    assert outcome.status is OutcomeStatus.FAILED
    assert not outcome.is_retryable


async def test_an_unregistered_hook_is_a_failure():
    with python_hooks() as hooks:
        outcome = await hooks.call(effect_of(), "INC-1")
    assert outcome.status is OutcomeStatus.FAILED
    assert outcome.detail == "no Python hook 'drain_node' is registered"


def raising(error, *, is_async):
    async def in_loop(_):
        raise error

    def in_thread(_):
        raise error

    return in_loop if is_async else in_thread


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "is_retryable", "detail"),
    [
        (KeyError("node"), OutcomeStatus.FAILED, True, "KeyError: 'node'"),
        (ValueError("a\x1b[2J\nb"), OutcomeStatus.FAILED, True, "ValueError: a [2J b"),
        (TimeoutError(), OutcomeStatus.FAILED, True, "TimeoutError:"),
        (SystemExit(3), OutcomeStatus.FAILED, True, "SystemExit: 3"),
        (
            HookFailedError("no such node", is_retryable=False),
            OutcomeStatus.FAILED,
            False,
            "no such node",
        ),
        (
            HookFailedError("half done", is_in_doubt=True),
            OutcomeStatus.IN_DOUBT,
            False,
            "half done",
        ),
        (HookFailedError(""), OutcomeStatus.FAILED, True, "it failed"),
    ],
    ids=lambda part: type(part).__name__,
)
async def test_what_a_function_raises_is_an_outcome(error, status, is_retryable, detail, is_async):
    outcome = await attempt(raising(error, is_async=is_async))
    assert outcome.status is status
    assert outcome.is_retryable is is_retryable
    assert outcome.detail == detail


async def test_a_function_cancelled_from_within_is_in_doubt():
    outcome = await attempt(raising(asyncio.CancelledError(), is_async=True))
    assert outcome.status is OutcomeStatus.IN_DOUBT


async def test_an_async_function_that_runs_out_of_time_is_stopped_and_in_doubt():
    stopped = asyncio.Event()

    async def drain(_):
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    outcome = await attempt(drain, timeout_ns=SHORT)
    assert outcome.status is OutcomeStatus.IN_DOUBT
    assert outcome.detail == "it did not end within 0.1 s and was stopped"
    await asyncio.wait_for(stopped.wait(), 5)


async def test_an_async_function_that_ignores_its_cancellation_does_not_hold_us_up():
    release = asyncio.Event()

    async def drain(_):
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    outcome = await attempt(drain, timeout_ns=SHORT)
    release.set()
    assert outcome.status is OutcomeStatus.IN_DOUBT


async def test_a_plain_function_that_runs_out_of_time_is_in_doubt():
    release = threading.Event()
    outcome = await attempt(lambda _: release.wait(10), timeout_ns=SHORT)
    release.set()
    assert outcome.status is OutcomeStatus.IN_DOUBT
    assert outcome.detail == "it did not end within 0.1 s and still runs"


async def test_a_function_that_found_no_thread_was_not_called():
    release = threading.Event()
    called = []

    def drain(call):
        called.append(call.incident)
        release.wait(10)

    with python_hooks(hook("drain_node")(drain), threads_max=1) as hooks:
        first = await hooks.call(effect_of(timeout_ns=SHORT), "INC-1")
        second = await hooks.call(effect_of(timeout_ns=SHORT), "INC-2")
        release.set()
    assert first.status is OutcomeStatus.IN_DOUBT
    assert (second.status, second.is_retryable) == (OutcomeStatus.FAILED, True)
    assert called == ["INC-1"]


async def test_stopping_the_daemon_stops_an_async_function():
    started, stopped = asyncio.Event(), asyncio.Event()

    async def drain(_):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    running = asyncio.create_task(attempt(drain))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(stopped.wait(), 5)


@pytest.mark.parametrize(
    ("value", "result", "words"),
    [
        (None, None, None),
        (Drain(node="n"), {"node": "n", "grace": 30}, None),
        (2**63, str(2**63), None),
        (object(), None, "not JSON"),
        (float("inf"), None, None),
        ("x" * 300_000, None, "longer than"),
        ({"a": {1, 2}}, {"a": [1, 2]}, None),
    ],
    ids=lambda part: type(part).__name__,
)
async def test_the_work_is_done_whatever_the_value(value, result, words):
    outcome = await attempt(lambda _: value)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert outcome.result == result
    assert words is None or words in outcome.detail
