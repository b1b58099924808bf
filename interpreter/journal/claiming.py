"""Which effects a claim may take: the automation ladder and the limits, read where it is made.

Pure: a store hands in what it read in the claiming transaction. Never decides what an effect does,
only whether it may leave now, later, or once a person says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.control import (
    CONTROL_STREAM,
    Control,
    decode_control,
    lets_through,
)
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.rulebook.graph.state_graph import Automation, lowest_automation
from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.outbox import Claim, Rate


class Candidate(NamedTuple):
    """What is asked of a pending row; `place` is how its store finds it again."""

    place: Any
    kind: str
    hook: str | None
    target: str
    team: str | None
    automation: str
    approved: bool
    started_at: Instant
    released: bool


class Usage(Protocol):
    """What was done before, as the claiming transaction sees it."""

    def started(self, hook: str, target: str, since: Instant) -> int:
        """Count the effects of a hook and target that were first claimed after `since`."""
        ...

    def running(self, hook: str, target: str) -> int:
        """Count the effects of a hook and target that are claimed."""
        ...

    def unasked(self, since: Instant) -> int:
        """Count the effects of any hook first claimed after `since` that nobody approved."""
        ...


class Choice(NamedTuple):
    """The places of rows to be claimed, and of rows that wait for a person with the reason."""

    taken: list[Any]
    held: list[tuple[Any, str]]

    @property
    def length(self) -> int:
        """How many rows change."""
        return len(self.taken) + len(self.held)


class Gatekeeper:
    """Answers for one claim; what it let through counts for what follows."""

    def __init__(self, claim: Claim, control: bytes | None, usage: Usage) -> None:
        """Take the control head's bytes (None: nothing was ever set); raises StoreDamagedError."""
        self._claim = claim
        self._control = Control() if control is None else _decode(control)
        self._usage = usage
        self._levels: dict[tuple[str | None, str | None, str], Automation] = {}
        self._started: dict[tuple[str, str], int] = {}
        self._running: dict[tuple[str, str], int] = {}
        self._unasked: int | None = None
        self.choice = Choice([], [])

    @property
    def lets_hooks(self) -> bool:
        """False while no hook at all may be called, whoever approved it."""
        level = lowest_automation(self._claim.automation, self._control.automation(self._claim.now))
        return lets_through(level, approved=True)

    def choose(self, candidates: Iterable[Candidate]) -> bool:
        """Go through candidates, oldest first; tell whether the claim has all it may take."""
        for candidate in candidates:
            if self.choice.length >= self._claim.limit:
                return True
            if candidate.kind != "hook" or candidate.hook is None:
                self.choice.taken.append(candidate.place)
            else:
                self._judge(candidate, candidate.hook)
        return self.choice.length >= self._claim.limit

    def _judge(self, candidate: Candidate, hook: str) -> None:
        by_human = candidate.approved or candidate.released
        if not lets_through(self._level(candidate), approved=by_human):
            return
        is_new = candidate.started_at == 0
        if is_new and not candidate.released:
            reason = self._over(candidate, hook, by_human=by_human)
            if reason is not None:
                if self._waits_in_time(hook):
                    return
                self.choice.held.append((candidate.place, reason))
                return
        if not self._has_room(hook, candidate.target):
            return
        self._running[hook, candidate.target] += 1
        if is_new:
            self._count(hook, candidate.target, by_human=by_human)
        self.choice.taken.append(candidate.place)

    def _level(self, candidate: Candidate) -> Automation:
        place = (candidate.hook, candidate.team, candidate.automation)
        level = self._levels.get(place)
        if level is None:
            terms = self._claim.hooks.get(candidate.hook or "")
            level = lowest_automation(
                self._claim.automation,
                self._control.automation(self._claim.now, candidate.hook),
                terms.automation if terms is not None else None,
                self._claim.teams.get(candidate.team or ""),
                Automation(candidate.automation),
            )
            self._levels[place] = level
        return level

    def _over(self, candidate: Candidate, hook: str, *, by_human: bool) -> str | None:
        """Return why an effect that was never claimed is over a limit, if it is."""
        terms, rate = self._claim.hooks.get(hook), self._claim.rate
        if terms is not None:
            limits = terms.limits
            if self._started_in(hook, candidate.target, limits.per_ns) >= limits.max:
                at = f" at {candidate.target}" if candidate.target else ""
                return f"hook {hook}{at}: over {_calls(limits.max, limits.per_ns)}"
        if rate is not None and not by_human and self._unasked_in(rate) >= rate.max:
            return f"all hooks: over {_calls(rate.max, rate.per_ns)} that nobody approved"
        return None

    def _waits_in_time(self, hook: str) -> bool:
        terms = self._claim.hooks.get(hook)
        return terms is not None and terms.limits.over == "wait"

    def _has_room(self, hook: str, target: str) -> bool:
        place = (hook, target)
        if place not in self._running:
            self._running[place] = self._usage.running(hook, target)
        terms = self._claim.hooks.get(hook)
        return terms is None or self._running[place] < terms.limits.concurrent

    def _started_in(self, hook: str, target: str, per_ns: int) -> int:
        place = (hook, target)
        if place not in self._started:
            self._started[place] = self._usage.started(
                hook, target, window_start(self._claim, per_ns)
            )
        return self._started[place]

    def _unasked_in(self, rate: Rate) -> int:
        if self._unasked is None:
            self._unasked = self._usage.unasked(window_start(self._claim, rate.per_ns))
        return self._unasked

    def _count(self, hook: str, target: str, *, by_human: bool) -> None:
        if (hook, target) in self._started:
            self._started[hook, target] += 1
        if self._unasked is not None and not by_human:
            self._unasked += 1


def window_start(claim: Claim, per_ns: int) -> Instant:
    """Return when the sliding window of a limit begins; what never began is before all of them."""
    return max(claim.now - per_ns, 0)


def _calls(count: int, per_ns: int) -> str:
    return f"{count} {'call' if count == 1 else 'calls'} in {format_duration(per_ns)}"


def _decode(control: bytes) -> Control:
    try:
        return decode_control(control)
    except DamagedBytesError as error:
        raise StoreDamagedError(str(error), stream=CONTROL_STREAM) from error
