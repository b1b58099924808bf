"""The channel that is the daemon's own log.

Responsible for alert text that cannot break out of its line. Never fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.outcome import AttemptOutcome, succeeded

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Notify

_TEXT_LENGTH_MAX: Final = 2_000


class LogChannel:
    """Writes what would be sent to the log, one event each."""

    def __init__(self, log: Any = None) -> None:
        """Take a structlog logger; None: the program's own."""
        self._log = structlog.get_logger("interlock.notify") if log is None else log

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Log the notification; alert text in it cannot break out of its line."""
        self._log.info(
            "notify",
            channel=notice.channel,
            about=notice.about,
            text=one_line(notice.text, length_max=_TEXT_LENGTH_MAX),
            details=one_line(encode(notice.details).decode(), length_max=_TEXT_LENGTH_MAX),
            key=notice.key,
        )
        return succeeded(detail="written to the log")
