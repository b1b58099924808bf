"""Where notifications go; for now all of them to the log.

Responsible for finding a channel by name and never losing a notification: what names no channel, or
one of a type this version cannot send to, is logged, and said once for each name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.outcome import AttemptOutcome, succeeded

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Notify
    from interlock.rulebook.graph.state_graph import Channel as DeclaredChannel

_TEXT_LENGTH_MAX: Final = 2_000


class Channel(Protocol):
    """Somewhere people look.

    A notification may come more than once with the same key: duplicates over silence.
    """

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Tell it; never raises for what the other side does."""
        ...


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


ChannelMaker = Callable[["DeclaredChannel"], Channel]


class Channels:
    """The channels of a rulebook, by name."""

    def __init__(
        self,
        declared: Mapping[str, DeclaredChannel],
        makers: Mapping[str, ChannelMaker] | None = None,
        log: Any = None,
    ) -> None:
        """Make the channels; `makers` gives a channel for each type that can be sent to."""
        self._log = structlog.get_logger("interlock.notify") if log is None else log
        self._fallback = LogChannel(self._log)
        self._declared = declared
        self._channels = {
            name: makers[channel.type](channel)
            for name, channel in declared.items()
            if makers and channel.type in makers
        }
        self._said: set[str] = set()

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Send a notification to the channel it names, else to the log."""
        channel = self._channels.get(notice.channel)
        if channel is None:
            self._say_once(notice.channel)
            channel = self._fallback
        return await channel.send(notice)

    def _say_once(self, name: str) -> None:
        declared = self._declared.get(name)
        if name in self._said or (declared is not None and declared.type == "log"):
            return
        self._said.add(name)
        if declared is None or not declared.is_declared:
            why = "it is not declared"
        else:
            why = f"this version cannot send to type {declared.type}"
        self._log.warning("channel goes to the log", channel=name, why=why)
