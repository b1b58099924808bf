"""Carries out hooks that are Python functions, and says what each attempt came to.

Responsible for the boundary to functions we did not write: whatever they raise, return or fail to
do becomes an outcome. Plain functions run in threads of their own, few in number, so that one that
hangs blocks neither the daemon nor its name look-ups; a thread cannot be stopped, so an attempt
that ran out of time is in doubt.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.interpreter.hooks.answers import one_line, read_result
from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, in_doubt, succeeded
from interlock.interpreter.hooks.registry import HookCall, HookFailedError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from interlock.interpreter.core.record import CallHook
    from interlock.interpreter.hooks.registry import HookRegistry, PythonHook

_THREADS_MAX: Final = 8


class PythonHooks:
    """Carries out `CallHook` effects that have no URL."""

    def __init__(self, registry: HookRegistry, *, threads_max: int = _THREADS_MAX) -> None:
        self._registry = registry
        self._threads = ThreadPoolExecutor(threads_max, thread_name_prefix="hook")

    def close(self) -> None:
        """Start nothing more; functions that still run are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def call(self, effect: CallHook, incident: str, attempt: int = 1) -> AttemptOutcome:
        """Make one attempt at an effect, for an incident."""
        hook = self._registry.find(effect.hook)
        if hook is None:
            return failed(f"no Python hook {effect.hook!r} is registered", is_retryable=False)
        try:
            arguments = _arguments(hook, effect.body)
        except _ArgumentsError as error:
            return failed(f"not called: {error}", is_retryable=False)
        call = HookCall(
            hook=effect.hook,
            arguments=arguments,
            incident=incident,
            key=effect.key,
            attempt=attempt,
        )
        timeout_s = effect.timeout_ns / 1_000_000_000
        if inspect.iscoroutinefunction(hook.function):
            return await _run_in_loop(hook, call, timeout_s)
        return await self._run_in_thread(hook, call, timeout_s)

    async def _run_in_thread(
        self, hook: PythonHook, call: HookCall[Any], timeout_s: float
    ) -> AttemptOutcome:
        context = contextvars.copy_context()
        future: Future[AttemptOutcome] = self._threads.submit(context.run, _run, hook, call)
        # `wait` rather than `timeout`: cancelling the wrapper would cancel the future unnoticed.
        await asyncio.wait([asyncio.wrap_future(future)], timeout=timeout_s)
        if future.done():
            return future.result()
        if future.cancel():
            return failed(f"not called: no free thread within {timeout_s:g} s", is_retryable=True)
        return in_doubt(f"it did not end within {timeout_s:g} s and still runs")


class _ArgumentsError(Exception):
    """The text says why a function cannot be called with its arguments."""


def _arguments(hook: PythonHook, body: str) -> Any:
    try:
        arguments = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise _ArgumentsError("its arguments are no JSON object") from None
    if hook.accepts is None:
        return arguments
    from pydantic import ValidationError  # noqa: PLC0415 - only hooks with a model pay for it

    try:
        return hook.accepts.model_validate(arguments)
    except ValidationError as error:
        raise _ArgumentsError(_faults(error)) from None


async def _run_in_loop(hook: PythonHook, call: HookCall[Any], timeout_s: float) -> AttemptOutcome:
    task = asyncio.create_task(_finish(hook, call))
    try:
        # `wait`, not `timeout`: a function that ignores its cancellation must not hold us up.
        await asyncio.wait([task], timeout=timeout_s)
    finally:
        is_stopped = task.cancel()
    if is_stopped:
        return in_doubt(f"it did not end within {timeout_s:g} s and was stopped")
    if task.cancelled():
        return in_doubt("it was cancelled from within")
    return task.result()


async def _finish(hook: PythonHook, call: HookCall[Any]) -> AttemptOutcome:
    try:
        value = await hook.function(call)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the boundary to operators' functions
        return _raised(error)
    return _returned(value)


def _run(hook: PythonHook, call: HookCall[Any]) -> AttemptOutcome:
    try:
        value = hook.function(call)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the boundary to operators' functions
        return _raised(error)
    return _returned(value)


def _raised(error: BaseException) -> AttemptOutcome:
    if isinstance(error, HookFailedError):
        words = one_line(str(error)) or "it failed"
        if error.is_in_doubt:
            return in_doubt(words)
        return failed(words, is_retryable=error.is_retryable)
    return failed(one_line(f"{type(error).__name__}: {error}"), is_retryable=True)


def _returned(value: Any) -> AttemptOutcome:
    """Keep what a function returned, if it is JSON; the work is done either way."""
    models = sys.modules.get("pydantic")
    if models is not None and isinstance(value, models.BaseModel):
        value = value.model_dump(mode="json")
    try:
        data = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        return succeeded(detail=one_line(f"done; its result is not JSON and was not kept: {error}"))
    result, why_none = read_result(data)
    return succeeded(result, f"done; {why_none}" if why_none else None)


def _faults(error: ValidationError) -> str:
    """Say what a model refused, without the values."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return one_line(
        "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    )
