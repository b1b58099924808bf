"""The composition root: builds the daemon, runs it, drains it.

Order of starting: store, rulebook, engine, interrupted effects, timers, dispatcher, server; nobody
is let in before what was left unfinished has been looked at. Order of stopping on SIGTERM or
SIGINT: the server takes no more requests, running hook calls may end and their outcomes are
recorded, the engine empties its queue, the store is closed. A second signal exits at once; then
what was running is in doubt, as after a crash, and is settled at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.channels import Connections
from interlock.interpreter.channels.smtp import SmtpClient
from interlock.interpreter.hooks import (
    HookDispatcher,
    HttpHooks,
    PythonHooks,
    SecretReader,
    load_hooks,
)
from interlock.interpreter.journal.locate import open_store
from interlock.interpreter.runtime.clock import SystemClock
from interlock.interpreter.runtime.decider import Decider
from interlock.interpreter.runtime.dispatcher import Dispatcher
from interlock.interpreter.runtime.engine import Engine
from interlock.interpreter.runtime.executor import LiveExecutor
from interlock.interpreter.runtime.reload import Reloader, Watcher
from interlock.interpreter.runtime.repinning import Repinner
from interlock.interpreter.runtime.rulebooks import Rulebooks
from interlock.interpreter.runtime.services import Services
from interlock.interpreter.runtime.settings import check_settings
from interlock.interpreter.runtime.timers import TimerService
from interlock.interpreter.runtime.upkeep import make_upkeep
from interlock.interpreter.runtime.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.core.incident import Thread
    from interlock.interpreter.identity import Directory
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.reload import CheckRulebook, Loaded, RulebookFiles
    from interlock.interpreter.runtime.services import Server, ServerFactory
    from interlock.interpreter.runtime.settings import Settings

SECOND_SIGNAL_STATUS: Final = 130
_LAST_COMMITS_S: Final = 2.0
"""How long, at the end of draining, what was taken may take to be written."""
_NEW_OBJECTS: Final = 20_000
"""How many objects are made between two looks of the cyclic garbage collector."""

_log = structlog.get_logger("interlock.daemon")


async def run_daemon(
    settings: Settings,
    loaded: Loaded,
    make_server: ServerFactory,
    announce: Callable[[str], None] = lambda _: None,
    *,
    files: RulebookFiles | None = None,
    directory: Directory | None = None,
) -> None:
    """Run until a signal asks to stop; `announce` is given the URL once requests are taken.

    Args:
        settings: What the operator asked for.
        loaded: The rulebook to start with.
        make_server: Makes the server of the running parts.
        announce: Is told the URL.
        files: Where the rulebook comes from, for a reload; None: there is no reload.
        directory: Who may speak; None: authentication is off.

    Raises:
        SettingsError, HookLoadError: it cannot run as configured; nothing was opened.
        StoreError: the store cannot be opened, or is damaged and must not be written to.
        OSError: the address is taken.
    """
    registry = load_hooks(settings.hook_modules)
    secrets = SecretReader(os.environ, settings.secrets_folder)

    def check(candidate: Loaded) -> None:
        identity = None if directory is None else directory.current
        check_settings(
            settings,
            candidate.graph,
            registry,
            secrets,
            identity=identity,
            author=candidate.author,
        )

    check(loaded)
    stopping = _stop_on_signals()
    store = await open_store(settings.store)
    try:
        async with HttpHooks(settings.egress, secrets) as http:
            python = PythonHooks(registry)
            hooks = HookDispatcher(http, python)
            try:
                daemon = _Daemon(settings, loaded, store, hooks, http, secrets, directory=directory)
                daemon.reloads_from(files, check)
                await daemon.run(make_server, stopping, announce)
            finally:
                python.close()
    finally:
        await store.close()
        _log.info("stopped")


class _Daemon:
    """The parts of one daemon and their order."""

    def __init__(
        self,
        settings: Settings,
        loaded: Loaded,
        store: JournalStore,
        hooks: HookDispatcher,
        http: HttpHooks,
        secrets: SecretReader,
        *,
        directory: Directory | None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._secrets = secrets
        self._store = store
        self._clock = SystemClock()
        self._is_ready = False
        self._loaded = loaded
        self._rulebooks = Rulebooks(loaded.graph, store)
        self._directory = directory
        decider = Decider(self._rulebooks, settings.automation, directory)
        self._engine = Engine(store, decider, self._clock)
        self._repinner = Repinner(store, self._engine, decider, self._clock)
        self._timers = TimerService(store, self._engine, self._clock)
        executor = LiveExecutor(hooks, self._rulebooks, self._connections(), settings.post_mortems)
        self._dispatcher = Dispatcher(
            store,
            self._engine,
            executor,
            self._clock,
            self._rulebooks,
            automation=settings.automation,
            rate=settings.automation_rate,
        )
        self._upkeep = make_upkeep(settings, store, self._clock)
        self.reloads_from(None, lambda _: None)

    def reloads_from(self, files: RulebookFiles | None, check: CheckRulebook) -> None:
        """Say where a reload reads the rulebook, and what it must pass."""
        self._reloader = Reloader(
            self._rulebooks, self._engine, self._store, self._clock, files=files, check=check
        )
        watched = files if self._settings.watches_rulebook else None
        self._watcher = Watcher(self._reloader, self._clock, files=watched)

    def _connections(self) -> Connections:
        settings = self._settings
        return Connections(
            http=self._http,
            smtp=SmtpClient(settings.egress),
            secrets=self._secrets,
            now=self._clock.now,
            find_thread=self._find_thread,
            external_url=settings.external_url,
            mail_server=settings.mail_server,
            mail_sender=settings.mail_sender,
        )

    async def _find_thread(self, incident_id: str, channel: str) -> Thread | None:
        """Return the conversation about an incident that a channel began, as its stream tells."""
        incident = await View(self._store).incident(incident_id)
        return None if incident is None else incident.threads.get(channel)

    async def run(
        self,
        make_server: ServerFactory,
        stopping: asyncio.Event,
        announce: Callable[[str], None],
    ) -> None:
        """Start everything, wait for a reason to stop, and stop in order."""
        live = self._rulebooks.live
        _log.info("store", location=self._store.location)
        _log.info("rulebook", name=live.name, digest=live.digest)
        engine = asyncio.create_task(self._engine.run(), name="engine")
        services: list[asyncio.Task[None]] = []
        server = make_server(self._services())
        try:
            await self._reloader.begin(self._loaded)
            # Every claim in a store that only one daemon may open was made by one that is dead.
            await self._dispatcher.recover(is_only_node=not self._store.is_shared)
            services = [
                asyncio.create_task(self._timers.run(), name="timers"),
                asyncio.create_task(self._dispatcher.run(), name="dispatcher"),
                asyncio.create_task(self._watcher.run(), name="watcher"),
                *(asyncio.create_task(each.run(), name="upkeep") for each in self._upkeep),
            ]
            _on_hangup(self._hang_up)
            url = await server.start()
            _calm_collector()
            self._is_ready = True
            _log.info("listening", url=url, automation=self._settings.automation.value)
            announce(url)
            await _wait_for_any(stopping, [engine, *services])
        finally:
            await self._stop(server, engine, services)

    def _hang_up(self) -> None:
        """Read what may be read anew: who may speak, and the rulebook."""
        if self._directory is not None:
            self._directory.reload()
        self._watcher.ask()

    def _services(self) -> Services:
        return Services(
            store=self._store,
            engine=self._engine,
            rulebooks=self._rulebooks,
            reloader=self._reloader,
            repinner=self._repinner,
            clock=self._clock,
            settings=self._settings,
            secrets=self._secrets,
            is_ready=lambda: self._is_ready,
            directory=self._directory,
            http=self._http,
        )

    async def _stop(
        self, server: Server, engine: asyncio.Task[None], services: list[asyncio.Task[None]]
    ) -> None:
        self._is_ready = False
        _log.info("draining")
        for task in services:
            if task.get_name() != "dispatcher":
                task.cancel()
        # At the same time: neither may use up the time of the other, and both need the engine.
        await asyncio.gather(
            server.stop(),
            self._dispatcher.drain(0.0 if engine.done() else self._settings.drain_s),
        )
        self._engine.drain()
        _, late = await asyncio.wait([engine, *services], timeout=_LAST_COMMITS_S)
        for task in late:
            _log.error("it did not end in time and is cut off", part=task.get_name())
            task.cancel()
        results = await asyncio.gather(engine, *services, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result


def _calm_collector() -> None:
    """Spare the collector what stays for good, and look seldom: inputs leave next to no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


async def _wait_for_any(stopping: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the signal to stop, or for a part that ended by itself, which none should."""
    signalled = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([signalled, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        signalled.cancel()


def _on_hangup(reload: Callable[[], None]) -> None:
    """Have SIGHUP ask for a reload, where there is such a signal."""
    number = getattr(signal, "SIGHUP", None)
    if number is not None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(number, reload)


def _stop_on_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets; the second ends the process."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            # No clean-up on purpose: whoever signals twice wants it gone, and a start after this
            # finds what a start after a crash finds.
            os._exit(SECOND_SIGNAL_STATUS)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
    return stopping
