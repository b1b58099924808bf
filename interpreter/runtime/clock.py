"""The only place where the interpreter learns what time it is, and where it waits for a time.

Rules of this file: instants are int64 nanoseconds since 1970, UTC. The core gets the time as an
argument; the shell asks a `Clock`, so that a dry run and a test turn the hands themselves.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant

SECOND_NS: Final = 1_000_000_000
_LONGEST_WAIT_S: Final = 30.0
"""A wall clock may be set while we wait, so a long wait is taken in pieces."""


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> Instant:
        """Return the present time."""
        ...

    async def wait(self, stirred: asyncio.Event, until: Instant | None) -> None:
        """Return when the event is set (and clear it), or at about `until`; None: no deadline."""
        ...


async def wait_until(clock: Clock, until: Instant) -> None:
    """Return at an instant, not sooner."""
    never = asyncio.Event()
    while clock.now() < until:
        await clock.wait(never, until)


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> Instant:
        """Return the present time."""
        return time.time_ns()

    async def wait(self, stirred: asyncio.Event, until: Instant | None) -> None:
        """Return when the event is set (and clear it), at `until`, or sooner: then look again."""
        timeout_s: float | None = None
        if until is not None:
            timeout_s = min(max((until - self.now()) / SECOND_NS, 0.0), _LONGEST_WAIT_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await stirred.wait()
        stirred.clear()


class VirtualClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        """Return the time it was last set to."""
        return self._now

    def advance_to(self, instant: Instant) -> None:
        """Set the time; a time in the past changes nothing."""
        self._now = max(self._now, instant)

    async def wait(self, stirred: asyncio.Event, until: Instant | None) -> None:
        """Return when the event is set (and clear it): no time passes by itself."""
        del until
        await stirred.wait()
        stirred.clear()


def is_time(planned: Instant, now: Instant, every_ns: int) -> bool:
    """Tell whether what is done so often is due; a clock that was set back does not put it off."""
    return not now < planned <= now + every_ns
