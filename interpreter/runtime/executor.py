"""The executor of a running daemon: hooks to their endpoints or functions, messages to channels.

Rules of this file: what an effect says is what is sent; the live rulebook gives only credentials
and channels. Nothing here retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from interlock.interpreter.core.record import CallHook, Notify
from interlock.interpreter.hooks import Channels
from interlock.interpreter.hooks.outcome import succeeded

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Effect
    from interlock.interpreter.hooks import AttemptOutcome, HookDispatcher
    from interlock.interpreter.runtime.rulebooks import Rulebooks

_log = structlog.get_logger("interlock.notify")


class LiveExecutor:
    """An `EffectExecutor` that reaches the world."""

    def __init__(self, hooks: HookDispatcher, rulebooks: Rulebooks) -> None:
        self._hooks = hooks
        self._rulebooks = rulebooks
        self._channels = (rulebooks.live, Channels(rulebooks.live.channels))

    async def carry_out(self, effect: Effect, incident: str, attempt: int) -> AttemptOutcome:
        """Make one attempt."""
        if isinstance(effect, CallHook):
            declared = self._rulebooks.live.hooks.get(effect.hook)
            return await self._hooks.call(effect, declared, incident, attempt)
        if isinstance(effect, Notify):
            return await self._live_channels().send(_marked(effect, attempt))
        # No ticket target can be declared in this version; the log is where it goes, and says so.
        _log.info("ticket", ticket=effect.ticket, title=effect.title, key=effect.key)
        return succeeded(detail="written to the log")

    async def query(self, effect: CallHook) -> AttemptOutcome:
        """Ask a hook's target what became of a call in doubt."""
        return await self._hooks.query(effect, self._rulebooks.live.hooks.get(effect.hook))

    def _live_channels(self) -> Channels:
        live = self._rulebooks.live
        if self._channels[0] is not live:
            self._channels = (live, Channels(live.channels))
        return self._channels[1]


def _marked(notice: Notify, attempt: int) -> Notify:
    """Say of a message that is sent again that it may have arrived before: two beat none."""
    if attempt == 1:
        return notice
    return replace(notice, text=f"{notice.text} (possible repeat)")
