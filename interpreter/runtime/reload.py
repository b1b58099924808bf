"""Making another rulebook live: all of it, or nothing, and recorded first.

Order: read, compile, check against this daemon's settings, keep the sources, record the change on
the control stream, and only then decide by it. Whatever goes wrong before the record leaves the
old rulebook live; a crash after it finds the new one in its files. Running incidents stay on the
rulebook they are pinned to. Never changes a setting of the daemon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.control import CONTROL_STREAM, RULEBOOK_LOADED, decode_control
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.settings import SettingsError
from interlock.rulebook import RulebookError, StateGraph
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.engine import Engine
    from interlock.interpreter.runtime.rulebooks import Rulebooks

_log = structlog.get_logger("interlock.rulebook")


class Loaded(Struct, frozen=True):
    """A compiled rulebook, the texts it was made of, and their commit, where git knows one.

    `author` wrote the change that it brings, as the operator says.
    """

    graph: StateGraph
    sources: Sequence[SourceFile]
    commit: str | None = None
    author: str | None = None


class RulebookFiles(Protocol):
    """Where the daemon's rulebook comes from, read anew each time."""

    def load(self) -> Loaded:
        """Read and compile them; raises RulebookError or OSError."""
        ...

    def fingerprint(self) -> object:
        """Return what differs once they read differently; never raises for a missing file."""
        ...


CheckRulebook = Callable[[Loaded], None]
"""Refuses a rulebook that this daemon cannot run; raises SettingsError."""


class ReloadRefusedError(Exception):
    """The old rulebook stays live; `diagnostics` holds what is wrong with the new one, if it is."""

    def __init__(self, message: str, error: RulebookError | None = None) -> None:
        super().__init__(message)
        self.diagnostics = () if error is None else tuple(error.diagnostics)


class Reloaded(Struct, frozen=True):
    """The rulebook that is live now; `is_new` is False where it was live already."""

    digest: str
    name: str
    is_new: bool


class Reloader:
    """Brings the rulebook's files to life again, one reload at a time."""

    def __init__(
        self,
        rulebooks: Rulebooks,
        engine: Engine,
        store: JournalStore,
        clock: Clock,
        *,
        files: RulebookFiles | None = None,
        check: CheckRulebook = lambda _: None,
    ) -> None:
        self._rulebooks = rulebooks
        self._engine = engine
        self._store = store
        self._clock = clock
        self._files = files
        self._check = check
        self._turn = asyncio.Lock()

    async def begin(self, loaded: Loaded) -> None:
        """Keep the rulebook the daemon starts with, and record it where it was not the last."""
        await self._rulebooks.keep(loaded.graph, loaded.sources, self._clock.now())
        head = (await self._store.heads((CONTROL_STREAM,))).get(CONTROL_STREAM)
        known = None if head is None else decode_control(head.data).rulebook
        authors = {} if head is None else decode_control(head.data).authors
        is_news = loaded.author not in (None, authors.get(loaded.graph.digest))
        if known is None or known.digest != loaded.graph.digest or is_news:
            await self._record(loaded, actor="engine", reason="the daemon was started with it")

    async def reload(
        self, *, actor: str, reason: str, commit: str | None = None, author: str | None = None
    ) -> Reloaded:
        """Read the files again and make what they say live.

        Raises:
            ReloadRefusedError: they cannot be read, compiled, or run by this daemon.
            StoreError: it could not be recorded. In each case the old rulebook stays.
        """
        async with self._turn:
            loaded = await self._read(commit, author)
            before, graph = self._rulebooks.live, loaded.graph
            if graph.digest == before.digest:
                return Reloaded(graph.digest, graph.name, is_new=False)
            await self._rulebooks.keep(loaded.graph, loaded.sources, self._clock.now())
            await self._record(loaded, actor=actor, reason=reason)
            self._rulebooks.use(graph)
            _log.info("rulebook is live", digest=graph.digest, before=before.digest, by=actor)
            return Reloaded(graph.digest, graph.name, is_new=True)

    async def _read(self, commit: str | None, author: str | None) -> Loaded:
        if self._files is None:
            raise ReloadRefusedError("the rulebook came from standard input: start the daemon anew")
        try:
            loaded = await asyncio.to_thread(self._files.load)
            loaded = replace(loaded, commit=commit or loaded.commit, author=author)
            if loaded.graph.digest != self._rulebooks.live.digest:
                self._check(loaded)
        except RulebookError as error:
            raise ReloadRefusedError("the rulebook does not compile", error) from error
        except OSError as error:
            raise ReloadRefusedError(f"the rulebook cannot be read: {error}") from error
        except SettingsError as error:
            raise ReloadRefusedError(str(error)) from error
        return loaded

    async def _record(self, loaded: Loaded, *, actor: str, reason: str) -> None:
        graph = loaded.graph
        data: dict[str, Any] = {"digest": graph.digest, "name": graph.name}
        if loaded.commit is not None:
            data["commit"] = loaded.commit
        if loaded.author is not None:
            data["author"] = loaded.author
        origin = Origin.ENGINE if actor == "engine" else Origin.HUMAN
        event = Event(
            type=RULEBOOK_LOADED, origin=origin, source="engine", reason=reason, data=data
        )
        arrival = Arrival(input=EventInput(event), actor=actor, stream=CONTROL_STREAM)
        await self._engine.submit_own([arrival])


class Watcher:
    """Reloads when asked (a signal) and, given files to watch, when they read differently."""

    def __init__(
        self,
        reloader: Reloader,
        clock: Clock,
        *,
        files: RulebookFiles | None = None,
        interval_ns: int = 2 * SECOND_NS,
    ) -> None:
        self._reloader = reloader
        self._clock = clock
        self._files = files
        self._interval_ns = interval_ns
        self._stirred = asyncio.Event()
        self._is_asked = False

    def ask(self) -> None:
        """Reload soon, whether or not the files changed."""
        self._is_asked = True
        self._stirred.set()

    async def run(self) -> None:
        """Watch until cancelled; a refused reload is logged and the old rulebook stays."""
        seen = await self._look()
        while True:
            until = None if self._files is None else self._clock.now() + self._interval_ns
            await self._clock.wait(self._stirred, until)
            is_asked, self._is_asked = self._is_asked, False
            found = await self._look()
            if is_asked:
                await self._try("signal", "asked for by SIGHUP")
            elif found != seen:
                await self._try("watch", "its files changed")
            seen = found

    async def _look(self) -> object:
        return None if self._files is None else await asyncio.to_thread(self._files.fingerprint)

    async def _try(self, actor: str, reason: str) -> None:
        try:
            await self._reloader.reload(actor=actor, reason=reason)
        except ReloadRefusedError as error:
            found = [f"{d.span}: {d.message} [{d.code}]" for d in error.diagnostics]
            _log.error("reload refused; the old rulebook stays", reason=str(error), found=found)
        except StoreError as error:
            _log.error("reload not recorded; the old rulebook stays", reason=str(error))
