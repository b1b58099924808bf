"""One seeded run of the whole engine: nodes, a store, senders, people, targets, and bad luck.

    world = World(seed)
    history = world.run()

Everything random comes from the seed, time is virtual, nothing runs in a thread of its own: a seed
is a run, to the byte. After the given number of steps all that is broken is mended, and the world
goes on until nothing is left to do; what then stands in the history must satisfy every invariant.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import logging
import random
from datetime import UTC, datetime
from itertools import accumulate

import structlog

from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.runtime.intake import Intake
from simulation.actions import accidents, alerts, approvals, automation, people
from simulation.clock import START_NS
from simulation.faults import Weather
from simulation.history import History
from simulation.loop import StuckError, VirtualLoop
from simulation.node import Node, track_tasks
from simulation.outside import Outside
from simulation.rulebooks import full
from simulation.senders import Senders

KINDS = (alerts, people, approvals, automation, accidents)
"""Each module is one kind of thing that happens: `ACTIONS` holds (weight, function of a world)."""

ACTIONS = tuple(action for kind in KINDS for _, action in kind.ACTIONS)
_WEIGHTS = tuple(accumulate(weight for kind in KINDS for weight, _ in kind.ACTIONS))
_SETTLING_ROUNDS_MAX = 400
_PAUSES_S = ((0.60, 0.05), (0.30, 1.5), (0.10, 12.0))


def silence_logs():
    """Thousands of simulated disasters need no log."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=True,
    )


class World:
    """See the module. `steps` is how many things happen before the world is mended."""

    def __init__(self, seed, steps=200, *, store=None, checks_fold=False):
        self.seed = seed
        self.steps = steps
        self.rng = random.Random(seed)
        self.loop = VirtualLoop()
        track_tasks(self.loop)
        self.rulebook = full()
        self.history = History(self.rulebook.facts)
        self.store = MemoryJournalStore() if store is None else store
        self.is_real = store is not None
        self.is_shared = self.rng.random() < 0.35 and not self.is_real
        self.checks_fold = checks_fold
        self.weather = Weather(self.rng, self.loop)
        self.outside = Outside(self.rng, self.weather, self.history)
        self.intake = Intake(self.rulebook.graph)
        self.senders = Senders(self)
        self.nodes = [Node(self, name) for name in ("a", "b")[: 1 + self.is_shared]]
        self.loss = self.rng.choice((0.0, 0.02, 0.15))
        self.looked_at = []
        self._marks = 0
        self._episodes = {}

    def run(self):
        """Live through it and return the history."""
        try:
            self.loop.run_until_complete(self._live())
        except StuckError as error:
            self.history.stuck = str(error)
        finally:
            self.loop.close()
        return self.history

    async def _live(self):
        await self._ask(self.store.open)
        for node in self.nodes:
            node.start()
        await self._play()
        await self._settle()
        for node in self.nodes:
            await node.stop()
        await self._take_stock()

    async def _play(self):
        for _ in range(self.steps):
            await self._step()

    async def _step(self):
        action = self.rng.choices(ACTIONS, cum_weights=_WEIGHTS)[0]
        self.history.add("step", name=action.__name__, at=self.loop.time())
        done = action(self)
        if inspect.isawaitable(done):
            await done
        await asyncio.sleep(self._pause_s())

    def _pause_s(self):
        dice = self.rng.random()
        for share, longest in _PAUSES_S:
            if dice < share:
                return self.rng.random() * longest
            dice -= share
        return 0.0

    async def _settle(self):
        """Mend everything, let automation run, and wait until nothing is left to do."""
        self.weather.calm()
        self.loss = 0.0
        ahead = max(node.clock.now() for node in self.nodes)
        for node in self.nodes:
            node.clock.set_off_ns += ahead - node.clock.now()
        while self.senders.under_way:
            await asyncio.wait(tuple(self.senders.under_way))
        for hook in (None, "scale_up", "restart", "probe"):
            arrival = automation.automation_arrival("auto", hook, reason="all clear")
            self.senders.send(self.senders.deliver([arrival]))
        for _ in range(_SETTLING_ROUNDS_MAX):
            while self.senders.under_way:
                await asyncio.wait(tuple(self.senders.under_way))
            waiting = await self._unfinished_effects()
            await asyncio.sleep(6.0 if waiting else 0.5)
            timer = await self.next_timer()
            # A clock that was set back leaves retries and dead claims for a time far away.
            due = [max(row.not_before, row.claimed_until) for row in waiting] + (
                [] if timer is None else [timer]
            )
            if due:
                self.pass_time_until(min(due))
            elif not self.senders.under_way and await self._is_quiet():
                return
        self.history.is_settled = False

    async def _is_quiet(self):
        is_up = all(node.is_up for node in self.nodes)
        return is_up and not await self._unfinished_effects()

    async def _unfinished_effects(self):
        rows = await self._ask(self.store.list_effects)
        return [row for row in rows if row.status in ("pending", "claimed")]

    def pass_time_until(self, instant):
        """Let time pass at once, where nothing would happen meanwhile."""
        for node in self.nodes:
            node.clock.set_off_ns += max(instant - node.clock.now(), 0)
            if node.is_up:
                node.process.timers._stirred.set()
                node.process.dispatcher._stirred.set()

    async def _take_stock(self):
        for stream, head in (await self._heads()).items():
            self.history.head_bytes[stream] = head.data
            self.history.heads[stream] = (head.revision, head.hash, json.loads(head.data))
        rows = await self._ask(self.store.list_effects)
        self.history.outbox = [(row.key, row.status, row.kind, row.attempt) for row in rows]
        self.history.quarantine = [item.id for item in await self._ask(self.store.quarantined)]
        await self._ask(self.store.close)

    async def _ask(self, method, *args):
        """Look at the store past all weather, as an auditor does."""
        with self.loop.real_call():
            return await method(*args)

    async def reopen(self):
        """What a process that died had open, its successor opens again."""
        if self.is_real:
            await self._ask(self.store.close)
            await self._ask(self.store.open)

    async def _heads(self):
        return await self._ask(self.store.heads, await self._ask(self.store.streams))

    async def next_timer(self):
        return await self._ask(self.store.next_timer)

    def restart_s(self):
        return 0.1 if self.weather.is_calm else 0.2 + self.rng.random() * 3

    def loses_message(self):
        return self.loss > 0 and self.rng.random() < self.loss

    def later(self, seconds, action):
        self.loop.call_later(seconds, action)

    def mark(self):
        """A number that no other payload has."""
        self._marks += 1
        return self._marks

    def episode(self, alert, *, is_new):
        """When an alert's present episode began, in seconds since 1970."""
        if is_new or alert not in self._episodes:
            began = START_NS // 1_000_000_000 + int(self.loop.time()) + len(self._episodes)
            self._episodes[alert] = max(began, self._episodes.get(alert, 0) + 1)
        return self._episodes[alert]

    @staticmethod
    def rfc3339(seconds):
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def pick_incident(self):
        """An incident's id as a person knows it; now and then one that does not exist."""
        known = self._known()
        return self.rng.choice(known) if known and self.rng.random() < 0.97 else "nowhere-1"

    def _known(self):
        return [head.incident for head in self.heads_now() if head.incident is not None]

    def heads_now(self):
        """Heads as the API shows them at this instant."""
        return list(self.store._heads.values())

    def open_gates(self):
        """Open gates as (incident, gate, digest shown)."""
        found = []
        for head in self.heads_now():
            if head.is_open and b'"gates"' in head.data:
                incident = json.loads(head.data)
                found += [
                    (incident["id"], gate["name"], gate["digest"])
                    for gate in incident.get("gates", {}).values()
                    if gate["status"] == "open"
                ]
        return found


def run_seed(seed, steps=200, **options):
    """Run a seed without the collector's interruptions."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return World(seed, steps, **options).run()
    finally:
        if was_on:
            gc.enable()
