"""The daemon's parts without its server, on a clock that tests turn, and a store that can fail."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Self

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.core.record import CallHook
from interlock.interpreter.hooks.outcome import succeeded
from interlock.interpreter.runtime.clock import VirtualClock
from interlock.interpreter.runtime.decider import Decider
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.dispatcher import Dispatcher
from interlock.interpreter.runtime.engine import Engine
from interlock.interpreter.runtime.intake import Intake, make_items
from interlock.interpreter.runtime.reload import Loaded, Reloader
from interlock.interpreter.runtime.repinning import Repinner
from interlock.interpreter.runtime.rulebooks import Rulebooks
from interlock.interpreter.runtime.timers import TimerService
from interlock.interpreter.runtime.view import View
from interlock.interpreter.sources import read_event
from interlock.rulebook import check_rulebook
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.source import SourceFile
from support.journal import assert_journal_is_sound
from support.rulebooks import REFERENCE
from support.story import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Effect, Record
    from interlock.interpreter.journal.outbox import Rate
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.delivery import Answer


def event_body(id_: str = "test-1", severity: str = "P2", **payload: Any) -> bytes:
    """An `alert.triggered` as `POST /ingest` takes it; `type` replaces the type."""
    kind = payload.pop("type", "alert.triggered")
    return json.dumps(
        {"type": kind, "payload": {"id": id_, "severity": severity, "title": "Slow", **payload}}
    ).encode()


class ScriptedExecutor:
    """Answers each hook call from a script, the last answer for ever; messages arrive."""

    def __init__(self, *outcomes: Any) -> None:
        self._script = list(outcomes) or [succeeded({"ok": True})]
        self.calls: list[CallHook] = []
        self.queries: list[CallHook] = []
        self.effects: list[Effect] = []

    async def carry_out(self, effect, incident, attempt):
        del incident, attempt
        self.effects.append(effect)
        if not isinstance(effect, CallHook):
            return succeeded()
        self.calls.append(effect)
        return self._next()

    async def query(self, effect):
        self.queries.append(effect)
        return self._next()

    def _next(self):
        outcome = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class FaultyStore:
    """A store whose commits can be made to fail or to wait; everything else passes through.

    While `may_commit` is not set commits wait; `begun` is set by the first of them.
    """

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self.failures: list[BaseException] = []
        self.before_commit: Any = None
        self.commits: list[Any] = []
        self.begun = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.may_commit.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, commit: Any) -> None:
        self.commits.append(commit)
        self.begun.set()
        await self.may_commit.wait()
        if self.before_commit is not None:
            await self.before_commit(commit)
        if self.failures:
            raise self.failures.pop(0)
        await self._store.commit(commit)


async def yield_often() -> None:
    """Let every task that can run get as far as it can without the world's help."""
    for _ in range(50):
        await asyncio.sleep(0)


async def wait_until(is_true: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    """Wait for something that other tasks bring about; fails when it does not come."""
    async with asyncio.timeout(timeout_s):
        while not await is_true():  # noqa: ASYNC110 - it looks from outside, at any condition
            await asyncio.sleep(0.01)


class Runtime:
    """Engine, timers and dispatcher over a store; checks at the end that the journal is sound."""

    def __init__(
        self,
        store: Any,
        rulebook: str | dict[str, str] = REFERENCE,
        *,
        executor: Any = None,
        automation: Automation = Automation.AUTO,
        rate: Rate | None = None,
        now: int = START,
        people: Any = None,
    ) -> None:
        texts = {"reference": rulebook} if isinstance(rulebook, str) else rulebook
        sources = [SourceFile(f"{name}.yaml", text) for name, text in sorted(texts.items())]
        self.graph = check_rulebook(sources).graph
        assert self.graph is not None, check_rulebook(sources).diagnostics
        self.store = store
        self.people = people
        self.clock = VirtualClock(now)
        self.loaded = Loaded(self.graph, sources)
        self.rulebooks = Rulebooks(self.graph, store)
        decider = Decider(self.rulebooks, automation, people)
        self.engine = Engine(store, decider, self.clock, checks_fold=True)
        self.repinner = Repinner(store, self.engine, decider, self.clock)
        self.executor = executor or ScriptedExecutor()
        self.timers = TimerService(store, self.engine, self.clock)
        self.dispatcher = Dispatcher(
            store,
            self.engine,
            self.executor,
            self.clock,
            self.rulebooks,
            automation=automation,
            rate=rate,
        )
        self.reloader = Reloader(self.rulebooks, self.engine, store, self.clock)
        self.intake = Intake(self.graph)
        self.observed: list[Record] = []
        self.engine.observe(self.observed.extend)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.store.open()
        await self.rulebooks.keep(self.graph, self.loaded.sources, self.clock.now())
        self._task = asyncio.create_task(self.engine.run())
        return self

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        self.engine.drain()
        await asyncio.gather(self._task, return_exceptions=error is not None)
        if error is None:
            await assert_journal_is_sound(self.store)
        await self.store.close()

    def arrivals(self, *bodies: bytes) -> list[Any]:
        members = [member for body in bodies for member in read_event(body, self.intake.bare)]
        return make_items(members, "ingest")

    async def ingest(self, *bodies: bytes) -> list[Answer]:
        return await self.engine.submit(self.arrivals(*bodies))

    async def alert(self, id_: str = "test-1", severity: str = "P2", **payload: Any) -> Answer:
        (answer,) = await self.ingest(event_body(id_, severity, **payload))
        return answer

    async def say(self, kind: str, incident: str, actor: str = "ada", **fields: Any) -> Answer:
        event = Event(type=kind, origin=Origin.HUMAN, source="api", id=incident, **fields)
        arrival = Arrival(input=EventInput(event), actor=actor, stream=incident_stream(incident))
        (answer,) = await self.engine.submit([arrival])
        return answer

    async def settle(self) -> None:
        while await self.dispatcher.carry_out_due() or await self.timers.fire_due():
            pass

    async def incident(self, id_: str = "test-1") -> Incident:
        incident = await View(self.store).incident(id_)
        assert incident is not None, f"there is no incident {id_}"
        return incident

    async def records(self, id_: str = "test-1") -> list[Record]:
        stored = await self.store.read(incident_stream(id_))
        return [decode_record(record.data) for record in stored]
