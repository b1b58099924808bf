"""What a rulebook would have done to recorded alerts: the daemon's own parts on a clock of ours.

Engine, core, timers and dispatcher are the ones the daemon runs; only the store is in memory, the
clock is turned by the recording, and the executor is one that reaches nothing. So what is shown is
what the daemon does, ids included. Rules of this file: `NoEffects` is the only executor that can be
passed in here, so that sending is impossible by type.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.change import Opened
from interlock.interpreter.core.change_counting import ThresholdMet
from interlock.interpreter.core.eligibility import APPROVER
from interlock.interpreter.core.event import Event, EventInput, Instant, Origin
from interlock.interpreter.core.incident import GateState, Incident
from interlock.interpreter.core.record import CallHook, Notify, Record
from interlock.interpreter.core.suppression import SUPPRESSOR_PREFIX
from interlock.interpreter.hooks.outcome import failed, in_doubt, succeeded
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.outbox import Rate
from interlock.interpreter.runtime.clock import VirtualClock
from interlock.interpreter.runtime.decider import Decider
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.dispatcher import Dispatcher
from interlock.interpreter.runtime.engine import Engine
from interlock.interpreter.runtime.gate_check import gate_obstacle
from interlock.interpreter.runtime.intake import ANONYMOUS, Intake, make_items
from interlock.interpreter.runtime.rulebooks import Rulebooks
from interlock.interpreter.runtime.terms import DEFAULT_RATE
from interlock.interpreter.runtime.timers import TimerService
from interlock.interpreter.runtime.view import View
from interlock.interpreter.sources import BadLine, Problem
from interlock.rulebook.graph.state_graph import Automation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from interlock.interpreter.core.record import Effect
    from interlock.interpreter.hooks import AttemptOutcome
    from interlock.interpreter.sources import TimedDelivery
    from interlock.rulebook import StateGraph

APPROVED_BY = "dry-run"


class Options(Struct, frozen=True, kw_only=True):
    """How the world behaves in a dry run.

    Attributes:
        rate: Bounds what nobody approved, as the daemon's does.
        go_on_ns: How long the clock goes on after the last line.
        approves: Somebody approves every gate at once.
        hooks_fail: Hooks answer that they failed, instead of ok.
    """

    automation: Automation = Automation.AUTO
    rate: Rate | None = DEFAULT_RATE
    go_on_ns: int = 0
    approves: bool = False
    hooks_fail: bool = False


class Summary(Struct, frozen=True, kw_only=True):
    """A dry run in numbers; `states` counts incidents by the state they were left in."""

    lines: int
    events: int
    incidents: int
    dispositions: dict[str, int]
    states: dict[str, int]
    hook_calls: dict[str, int]
    messages: dict[str, int]
    inferred_times: int
    started_at: Instant | None
    ended_at: Instant | None


class DryRunReport(Struct, frozen=True):
    """What came of a dry run: records in the order they were written, and lines that are none."""

    records: tuple[Record, ...]
    incidents: tuple[Incident, ...]
    bad_lines: tuple[BadLine, ...]
    summary: Summary


class NoEffects:
    """The executor of a dry run: answers at once and reaches nothing."""

    def __init__(self, *, hooks_fail: bool) -> None:
        self._hooks_fail = hooks_fail

    async def carry_out(self, effect: Effect, incident: str, attempt: int) -> AttemptOutcome:
        """Say that it was done, or that it failed."""
        del incident, attempt
        if self._hooks_fail and isinstance(effect, CallHook):
            return failed("failed, as the dry run was told to", is_retryable=True)
        return succeeded()

    async def query(self, effect: CallHook) -> AttemptOutcome:
        """Say nothing: no attempt of a dry run is ever in doubt."""
        return in_doubt(f"{effect.path} was not asked about")


async def dry_run(
    graph: StateGraph,
    lines: Iterable[TimedDelivery | BadLine],
    options: Options,
) -> DryRunReport:
    """Run a recording through a rulebook and report every record it leads to."""
    async with _world(graph, options) as world:
        for line in lines:
            await world.take(line)
        await world.advance(world.clock.now() + options.go_on_ns)
        return await world.report()


@asynccontextmanager
async def _world(graph: StateGraph, options: Options) -> AsyncIterator[_World]:
    store = MemoryJournalStore()
    await store.open()
    world = _World(graph, store, options)
    engine = asyncio.create_task(world.engine.run())
    try:
        yield world
    finally:
        world.engine.drain()
        await engine
        await store.close()


class _Approvers:
    """The people of a dry run: who approves there holds every role that a gate may ask for.

    Whoever speaks in the recording is anonymous, and may approve where no role is asked for.
    """

    def __init__(self, graph: StateGraph) -> None:
        rules = (rule for file in graph.whole_files for rule in file.rules)
        roles = {role for rule in rules if rule.gate is not None for role in rule.gate.roles}
        self._roles = (APPROVER, *sorted(roles))

    def roles_of(self, principal: str) -> tuple[str, ...] | None:
        """Return the roles of one of them."""
        if principal == ANONYMOUS:
            return (APPROVER,)
        return self._roles if principal.startswith(APPROVED_BY) else None


class _World:
    """The daemon's parts around a virtual clock, moved one line at a time."""

    def __init__(
        self,
        graph: StateGraph,
        store: MemoryJournalStore,
        options: Options,
    ) -> None:
        self.clock = VirtualClock(0)
        self._options = options
        self._store = store
        self._intake = Intake(graph)
        # As the daemon: one without an identity file runs no rulebook that asks who approves.
        people = _Approvers(graph) if gate_obstacle(graph, None, None) else None
        rulebooks = Rulebooks(graph, store)
        decider = Decider(rulebooks, options.automation, people)
        self.engine = Engine(store, decider, self.clock, checks_fold=True)
        self._timers = TimerService(store, self.engine, self.clock)
        executor = NoEffects(hooks_fail=options.hooks_fail)
        self._dispatcher = Dispatcher(
            store,
            self.engine,
            executor,
            self.clock,
            rulebooks,
            automation=options.automation,
            rate=options.rate,
        )
        self._records: list[Record] = []
        self._seen = 0
        self._approved: set[tuple[str, str, Instant]] = set()
        self._bad: list[BadLine] = []
        self._lines = self._events = self._inferred = 0
        self._started_at: Instant | None = None
        self.engine.observe(self._records.extend)

    async def take(self, line: TimedDelivery | BadLine) -> None:
        """Let time pass to a line's, and deliver it."""
        self._lines += 1
        if isinstance(line, BadLine):
            self._bad.append(line)
            return
        members = self._intake.read(line.source, line.body)
        if members is None:
            known = ", ".join(self._intake.names)
            self._bad.append(BadLine(line.line, f"no source {line.source!r}; there are {known}"))
            return
        if isinstance(members, Problem):
            self._bad.append(BadLine(line.line, members.detail))
            return
        self._bad += [
            BadLine(line.line, f"member {member.index}: {member.detail}")
            for member in members
            if isinstance(member, Problem)
        ]
        self._inferred += line.is_time_inferred
        if self._started_at is None:
            self._started_at = line.at
        await self.advance(line.at)
        self._events += len(members)
        await self.engine.submit_own(make_items(members, line.source))
        await self._settle()

    async def advance(self, until: Instant) -> None:
        """Let everything happen that is due by a time, each at its own."""
        while True:
            dues = (await self._timers.next_due(), self._dispatcher.next_retry)
            due = min((due for due in dues if due is not None), default=None)
            if due is None or due > until:
                break
            self.clock.advance_to(due)
            await self._settle()
        self.clock.advance_to(until)

    async def _settle(self) -> None:
        """Carry out, fire and approve until nothing more happens at this time."""
        while (
            await self._dispatcher.carry_out_due()
            or await self._timers.fire_due()
            or await self._approve()
        ):
            pass

    async def _approve(self) -> int:
        if not self._options.approves:
            return 0
        streams = dict.fromkeys(record.stream for record in self._records[self._seen :])
        self._seen = len(self._records)
        arrivals: list[Arrival] = []
        for stream in streams:
            incident = (await View(self._store).tip(stream)).incident
            for gate in incident.gates.values() if incident is not None else ():
                asked = (stream, gate.name, gate.opened_at)
                if gate.is_open and asked not in self._approved:
                    self._approved.add(asked)
                    arrivals += [_approval(stream, gate, n) for n in range(1, gate.needed + 1)]
        await self.engine.submit_own(arrivals)
        return len(arrivals)

    async def report(self) -> DryRunReport:
        """Return everything that happened."""
        view = View(self._store)
        opened = [c.id for r in self._records for c in r.changes if isinstance(c, Opened)]
        found = [await view.incident(incident_id) for incident_id in opened]
        incidents = tuple(incident for incident in found if incident is not None)
        effects = [effect for record in self._records for effect in record.effects]
        summary = Summary(
            lines=self._lines,
            events=self._events,
            incidents=len(incidents),
            dispositions=_count(r.disposition for r in self._records if _is_an_events_own(r)),
            states=_count(incident.state for incident in incidents),
            hook_calls=_count(e.hook for e in effects if isinstance(e, CallHook)),
            messages=_count(e.channel for e in effects if isinstance(e, Notify)),
            inferred_times=self._inferred,
            started_at=self._started_at,
            ended_at=None if self._started_at is None else self.clock.now(),
        )
        return DryRunReport(tuple(self._records), incidents, tuple(self._bad), summary)


def _is_an_events_own(record: Record) -> bool:
    """Tell whether a record is what became of an event, and not what followed from it."""
    is_first = record.facts.routed_again is None
    is_listing = record.stream.startswith(SUPPRESSOR_PREFIX) or takes_counted(record)
    return isinstance(record.input, EventInput) and is_first and not is_listing


def takes_counted(record: Record) -> bool:
    """Tell whether a record says only that what counted is in an incident now."""
    return any(isinstance(change, ThresholdMet) for change in record.changes)


def _approval(stream: str, gate: GateState, number: int) -> Arrival:
    """Return one of the approvals a gate needs, each by a principal of its own."""
    event = Event(
        type="gate.approved",
        origin=Origin.HUMAN,
        source=APPROVED_BY,
        gate=gate.name,
        reason="approved, as the dry run was told to",
    )
    actor = APPROVED_BY if number == 1 else f"{APPROVED_BY}-{number}"
    return Arrival(input=EventInput(event), actor=actor, stream=stream)


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
