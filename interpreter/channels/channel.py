"""The role that every type of channel plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import AttemptOutcome


class Channel(Protocol):
    """Somewhere people look.

    A notification may come more than once with the same key: duplicates over silence.
    """

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Tell it; never raises for what the other side does."""
        ...
