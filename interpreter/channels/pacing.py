"""How fast a channel is told things, and what becomes of the rest: one digest.

What is over a channel's rate stays in the outbox and is asked for again when there is room; the
first to come then takes along, in one message, all that wait with it. Rules of this file: nothing
that waits is counted as told before the digest that held it was taken. What is known here is lost
in a restart; then what waited is told by itself: twice rather than never.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interlock.interpreter.channels.message import APPROVAL
from interlock.interpreter.core.record import Notify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

URGENT: Final = frozenset({APPROVAL, "break_glass", "test"})
"""What is never part of a digest: somebody waits for it, or can answer it in place."""
_SECOND_NS: Final = 1_000_000_000
_REMEMBERED_MAX: Final = 10_000
_LISTED_MAX: Final = 50


class Rate(Struct, frozen=True):
    """At most so many messages in a sliding window.

    With `has_digest` what waited comes in one message; a pager needs each by itself, since what
    it does follows from what each is about.
    """

    max: int
    per_ns: int
    has_digest: bool = True


class Turn(Struct, frozen=True):
    """What to do about a notification now.

    Attributes:
        is_told: A digest has told it; there is nothing to send.
        wait_s: It has to wait for so long; 0: it may be sent.
        others: What is to be told along with it.
    """

    is_told: bool = False
    wait_s: int = 0
    others: tuple[Notify, ...] = ()


class Pacer:
    """Keeps one channel to its rate."""

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._sent: deque[int] = deque()
        self._waiting: dict[str, Notify] = {}
        self._on_their_way: set[str] = set()
        self._told: dict[str, None] = {}
        self._put_off: dict[str, int] = {}

    def take_turn(self, notice: Notify, now: int) -> Turn:
        """Say what to do about a notification that is due."""
        rate, key = self._rate, notice.key
        if rate is None:
            return Turn()
        if key in self._told:
            del self._told[key]
            return Turn(is_told=True)
        while self._sent and now - self._sent[0] >= rate.per_ns:
            self._sent.popleft()
        if notice.about in URGENT:
            self._sent.append(now)
            return Turn()
        if key in self._on_their_way:
            return self._put_back(notice, 1)
        if len(self._sent) >= rate.max:
            return self._put_back(notice, (self._sent[0] + rate.per_ns - now) // _SECOND_NS + 1)
        self._sent.append(now)
        self._waiting.pop(key, None)
        if not rate.has_digest:
            return Turn()
        free = [one for one in self._waiting.values() if one.key not in self._on_their_way]
        self._on_their_way.update(one.key for one in free)
        return Turn(others=tuple(free))

    def _put_back(self, notice: Notify, wait_s: int) -> Turn:
        if len(self._waiting) < _REMEMBERED_MAX:
            self._waiting[notice.key] = notice
            self._put_off[notice.key] = self._put_off.get(notice.key, 0) + 1
        return Turn(wait_s=wait_s)

    def put_off(self, key: str) -> int:
        """Return how often a notification had to wait: those were no attempts."""
        return self._put_off.get(key, 0)

    def end(self, others: Iterable[Notify], *, is_told: bool) -> None:
        """Note how a digest ended: what it held is told, or waits as before."""
        for one in others:
            self._on_their_way.discard(one.key)
            if is_told:
                self._waiting.pop(one.key, None)
                self._told[one.key] = None
        while len(self._told) > _REMEMBERED_MAX:
            del self._told[next(iter(self._told))]

    def forget(self, key: str) -> None:
        """Drop what is known of a notification that is over."""
        self._put_off.pop(key, None)


def make_digest(first: Notify, others: Sequence[Notify]) -> Notify:
    """Return one notification that says what several do; its key is the first one's."""
    texts = [f"• {one.text}" for one in (first, *others)]
    shown = texts[:_LISTED_MAX]
    if len(texts) > len(shown):
        shown.append(f"… and {len(texts) - len(shown)} more (`interlock incidents list`)")
    return Notify(
        key=first.key,
        path=first.path,
        channel=first.channel,
        about="digest",
        text=f"{len(texts)} notifications:\n" + "\n".join(shown),
    )
