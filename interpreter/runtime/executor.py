"""The executor of a running daemon: hooks to their endpoints or functions, messages to channels.

Rules of this file: what an effect says is what is sent; the live rulebook gives only credentials
and channels. Nothing here retries.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from interlock.interpreter.channels import Channels
from interlock.interpreter.core.record import CallHook, Notify
from interlock.interpreter.hooks.outcome import succeeded
from interlock.interpreter.hooks.post_mortem_folder import keep_post_mortem

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.interpreter.channels import Connections
    from interlock.interpreter.core.record import Effect, OpenTicket
    from interlock.interpreter.hooks import AttemptOutcome, HookDispatcher
    from interlock.interpreter.runtime.rulebooks import Rulebooks

_log = structlog.get_logger("interlock.notify")


class LiveExecutor:
    """An `EffectExecutor` that reaches the world."""

    def __init__(
        self,
        hooks: HookDispatcher,
        rulebooks: Rulebooks,
        connections: Connections,
        post_mortems: Path | None = None,
    ) -> None:
        """Take the folder that post-mortems without a target go to; None: to the log."""
        self._connections = connections
        self._hooks = hooks
        self._post_mortems = post_mortems
        self._rulebooks = rulebooks
        self._channels = (rulebooks.live, self._make_channels())

    async def carry_out(self, effect: Effect, incident: str, attempt: int) -> AttemptOutcome:
        """Make one attempt."""
        if isinstance(effect, CallHook):
            return await self._call(effect, incident, attempt)
        if isinstance(effect, Notify):
            return await self._live_channels().send(effect, attempt)
        return await self._open_ticket(effect, incident, attempt)

    async def _open_ticket(self, effect: OpenTicket, incident: str, attempt: int) -> AttemptOutcome:
        if effect.hook is not None:
            call = CallHook(
                key=effect.key,
                path=effect.path,
                hook=effect.hook,
                method=effect.method,
                url=effect.url,
                headers=effect.headers,
                body=effect.body,
            )
            return await self._call(call, incident, attempt)
        if self._post_mortems is not None:
            return await asyncio.to_thread(keep_post_mortem, effect, self._post_mortems)
        _log.info("ticket", ticket=effect.ticket, title=effect.title, key=effect.key)
        return succeeded(detail="written to the log")

    async def _call(self, call: CallHook, incident: str, attempt: int) -> AttemptOutcome:
        declared = self._rulebooks.live.hooks.get(call.hook)
        return await self._hooks.call(call, declared, incident, attempt)

    async def query(self, effect: CallHook) -> AttemptOutcome:
        """Ask a hook's target what became of a call in doubt."""
        return await self._hooks.query(effect, self._rulebooks.live.hooks.get(effect.hook))

    def _live_channels(self) -> Channels:
        live = self._rulebooks.live
        if self._channels[0] is not live:
            self._channels = (live, self._make_channels())
        return self._channels[1]

    def _make_channels(self) -> Channels:
        connections = self._connections
        return Channels(self._rulebooks.live.channels, connections.make, connections.now)
