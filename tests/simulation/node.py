"""One daemon in the simulated world: the real parts in the real order, without sockets.

A supervisor starts it again whenever it ends. `crash` is what SIGKILL is: nothing more of this
process reaches the disk, a target or a sender, whatever its `finally` blocks say.
"""

from __future__ import annotations

import asyncio
import contextvars

from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.decider import Decider
from interlock.interpreter.runtime.dispatcher import Dispatcher
from interlock.interpreter.runtime.engine import Engine
from interlock.interpreter.runtime.reload import Loaded, Reloader
from interlock.interpreter.runtime.rulebooks import Rulebooks
from interlock.interpreter.runtime.timers import TimerService
from interlock.rulebook.graph.state_graph import Automation
from simulation.clock import NodeClock
from simulation.disk import NodeDiedError, OpenDisk

_present = contextvars.ContextVar("process", default=None)


def present_process():
    """The process whose task is running, None outside all of them."""
    return _present.get()


def track_tasks(loop):
    """Let every task of the loop belong to the process that made it."""

    def make(loop, coroutine, **options):
        task = asyncio.Task(coroutine, loop=loop, **options)
        process = _present.get()
        if process is not None:
            process.tasks.append(task)
        return task

    loop.set_task_factory(make)


class Process:
    """One incarnation: everything it knows is gone when it dies."""

    def __init__(self, world, name, clock):
        self.name = name
        self.clock = clock
        self.is_dead = False
        self.is_up = False
        self.tasks = []
        self.disk = OpenDisk(
            world.store,
            self,
            world.weather,
            world.history,
            is_shared=world.is_shared,
            loop=world.loop,
            is_real=world.is_real,
        )
        rulebook = world.rulebook
        self._loaded = Loaded(rulebook.graph, rulebook.sources)
        self.rulebooks = Rulebooks(rulebook.graph, self.disk)
        decider = Decider(self.rulebooks, Automation.AUTO)
        self.engine = Engine(self.disk, decider, clock, checks_fold=world.checks_fold)
        self.timers = TimerService(self.disk, self.engine, clock)
        self.dispatcher = Dispatcher(
            self.disk,
            self.engine,
            world.outside.of(self),
            clock,
            self.rulebooks,
            automation=Automation.AUTO,
        )
        self.reloader = Reloader(self.rulebooks, self.engine, self.disk, clock)

    async def live(self):
        """Run until something ends it; the order of starting is the daemon's."""
        engine = asyncio.create_task(self.engine.run())
        await self.reloader.begin(self._loaded)
        await self.dispatcher.recover(is_only_node=not self.disk.is_shared)
        services = [
            asyncio.create_task(self.timers.run()),
            asyncio.create_task(self.dispatcher.run()),
        ]
        self.is_up = True
        done, _ = await asyncio.wait((engine, *services), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def drain(self):
        """Stop in the daemon's order."""
        self.is_up = False
        await self.dispatcher.drain(30.0)
        self.engine.drain()

    def kill(self):
        self.is_dead = True
        self.is_up = False
        for task in self.tasks:
            task.cancel()


class Node:
    """A machine: its clock goes on while processes come and go."""

    def __init__(self, world, name):
        self.name = name
        self.clock = NodeClock(world.loop)
        self._world = world
        self.process = None
        self._supervisor = None
        self.is_stopping = False

    @property
    def is_up(self):
        return self.process is not None and self.process.is_up

    def start(self):
        self._supervisor = asyncio.create_task(self._supervise())

    async def _supervise(self):
        while not self.is_stopping:
            self.process = process = Process(self._world, self.name, self.clock)
            self._world.history.add("start", node=self.name)
            context = contextvars.copy_context()
            context.run(_present.set, process)
            life = self._world.loop.create_task(process.live(), context=context)
            process.tasks.append(life)
            try:
                await life
            except asyncio.CancelledError:
                if not process.is_dead:
                    raise
            except StoreError as error:
                self._world.history.add("exit", node=self.name, why=type(error).__name__)
            process.kill()
            await self._world.reopen()
            await asyncio.sleep(self._world.restart_s())

    def crash(self):
        if self.process is not None and not self.process.is_dead:
            self._world.history.add("crash", node=self.name)
            self.process.kill()

    kill = crash

    async def stop(self):
        """Drain and end for good."""
        self.is_stopping = True
        process = self.process
        if process is not None and process.is_up:
            # a fault may kill it while it drains
            await asyncio.gather(process.drain(), return_exceptions=True)
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        if process is not None:
            process.kill()
            await asyncio.gather(*process.tasks, return_exceptions=True)

    async def submit(self, items):
        """Hand a delivery to the process that is up now; raises when it dies or is not there."""
        process = self.process
        if self._supervisor.done():
            self._supervisor.result()
        if process is None or not process.is_up:
            raise NodeDiedError(self.name)
        taking = self._world.loop.create_task(process.engine.submit(items))
        process.tasks.append(taking)
        try:
            answers = await taking
        except asyncio.CancelledError:
            if process.is_dead:
                raise NodeDiedError(self.name) from None
            raise
        if process.is_dead:
            raise NodeDiedError(self.name)
        return answers
