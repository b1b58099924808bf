"""The one way to carry out a hook, be it an endpoint or a Python function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, in_doubt

if TYPE_CHECKING:
    from interlock.interpreter.core.record import CallHook
    from interlock.interpreter.hooks.http_hooks import HttpHooks
    from interlock.interpreter.hooks.python_hooks import PythonHooks
    from interlock.rulebook.graph.state_graph import Hook


class HookDispatcher:
    """Sends each `CallHook` to what carries it out."""

    def __init__(self, http: HttpHooks, python: PythonHooks) -> None:
        self._http = http
        self._python = python

    async def call(
        self, effect: CallHook, declared: Hook | None, incident: str, attempt: int = 1
    ) -> AttemptOutcome:
        """Make one attempt; `declared` is the hook as the live rulebook has it, for its `auth`."""
        if effect.url is None:
            return await self._python.call(effect, incident, attempt)
        if declared is None:
            return failed(f"not sent: hook {effect.hook} is no longer declared", is_retryable=False)
        return await self._http.call(effect, declared.auth)

    async def query(self, effect: CallHook, declared: Hook | None) -> AttemptOutcome:
        """Ask the target what became of a call in doubt; without a query it stays in doubt."""
        if effect.query is None or declared is None:
            return in_doubt("the target cannot be asked")
        return await self._http.query(effect, effect.query, declared.auth)
