"""The channels of a rulebook, by name.

Responsible for never losing a notification: what names no declared channel is logged, and said once
for each name. Keeps each channel to its rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from msgspec.structs import replace

from interlock.interpreter.channels.log import LogChannel
from interlock.interpreter.channels.pacing import Pacer, Rate, make_digest
from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.interpreter.channels.channel import Channel
    from interlock.interpreter.core.record import Notify
    from interlock.rulebook.graph.state_graph import Channel as DeclaredChannel


class Channels:
    """Sends each notification to the channel it names."""

    def __init__(
        self,
        declared: Mapping[str, DeclaredChannel],
        make: Callable[[DeclaredChannel], tuple[Channel, Rate | None]],
        now: Callable[[], int],
        log: Any = None,
    ) -> None:
        """Make the channels that are declared; `now` is a clock in nanoseconds."""
        self._log = structlog.get_logger("interlock.notify") if log is None else log
        self._fallback = LogChannel(self._log)
        self._declared = declared
        self._now = now
        self._channels: dict[str, Channel] = {}
        self._pacers: dict[str, Pacer] = {}
        for name, channel in declared.items():
            if channel.is_declared and channel.type != "log":
                self._channels[name], rate = make(channel)
                self._pacers[name] = Pacer(rate)
        self._said: set[str] = set()

    async def send(self, notice: Notify, attempt: int = 1) -> AttemptOutcome:
        """Make one attempt at a notification, or let it wait for room in its channel."""
        channel = self._channels.get(notice.channel)
        if channel is None:
            self._say_once(notice.channel)
            return await self._fallback.send(_marked(notice, attempt))
        pacer = self._pacers[notice.channel]
        turn = pacer.take_turn(notice, self._now())
        put_off = pacer.put_off(notice.key)
        if turn.is_told:
            pacer.forget(notice.key)
            return succeeded(detail="told in a digest")
        if turn.wait_s:
            waits = failed(
                "it waits for room: the channel is at its rate",
                is_retryable=True,
                retry_after_s=turn.wait_s,
            )
            # However often it has waited, also before a restart: waiting never ends it.
            return replace(waits, uncounted=attempt)
        return await self._send(channel, pacer, notice, turn.others, attempt - put_off)

    async def _send(
        self,
        channel: Channel,
        pacer: Pacer,
        notice: Notify,
        others: tuple[Notify, ...],
        attempt: int,
    ) -> AttemptOutcome:
        put_off = pacer.put_off(notice.key)
        sent = make_digest(notice, others) if others else notice
        is_told = False
        try:
            outcome = await channel.send(_marked(sent, attempt))
            is_told = outcome.status is OutcomeStatus.SUCCEEDED
        finally:
            pacer.end(others, is_told=is_told)
        if is_told or not outcome.is_retryable:
            pacer.forget(notice.key)
        return replace(outcome, uncounted=put_off) if put_off else outcome

    def _say_once(self, name: str) -> None:
        declared = self._declared.get(name)
        is_log = declared is not None and declared.is_declared and declared.type == "log"
        if name in self._said or is_log:
            return
        self._said.add(name)
        self._log.warning("channel goes to the log", channel=name, why="it is not declared")


def _marked(notice: Notify, attempt: int) -> Notify:
    """Say of a message that is sent again that it may have arrived before: two beat none."""
    if attempt <= 1:
        return notice
    return replace(notice, text=f"{notice.text} (possible repeat)")
