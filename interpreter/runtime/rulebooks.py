"""The rulebook that is live, and those that running incidents are pinned to.

An incident keeps the rulebook it was opened under, by digest, until someone moves it. The sources
of every rulebook that was ever live are in the store; they are compiled again when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook import RulebookError, check_rulebook
from interlock.rulebook.document.merging import SHARED
from interlock.rulebook.source import SourceFile, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.store import JournalStore
    from interlock.rulebook import StateGraph


class LostRulebookError(Exception):
    """A rulebook that incidents are pinned to is not in the store, or means something else now."""


class Rulebooks:
    """Finds the compiled rulebook of a digest; `live` is what new incidents run on."""

    def __init__(self, live: StateGraph, store: JournalStore) -> None:
        self._store = store
        self._compiled: dict[str, StateGraph] = {}
        self.use(live)

    async def keep(self, graph: StateGraph, sources: Sequence[SourceFile], at: Instant) -> None:
        """Write a rulebook's sources to the store, before anything is decided by it.

        Of a folder each file too, with what is shared: incidents are pinned to those.
        """
        await self._save(graph.digest, sources, at)
        for file in graph.files:
            own = [source for source in sources if stem(source.name) in (SHARED, file.file)]
            await self._save(file.digest, own, at)

    async def _save(self, digest: str, sources: Sequence[SourceFile], at: Instant) -> None:
        texts = {source.name: source.text for source in sources}
        await self._store.save_rulebook(digest, texts, at)

    def use(self, graph: StateGraph) -> None:
        """Make a rulebook whose sources are kept the live one."""
        for one in (graph, *graph.files):
            self._compiled[one.digest] = one
        self.live = graph

    def live_of(self, pinned: StateGraph) -> StateGraph:
        """Return the live graph for an incident that is pinned to a graph.

        In a folder it is that of the file of the same name, or the folder's own where there is no
        such file any more.
        """
        files = self.live.files
        return next((file for file in files if file.file == pinned.file), self.live)

    async def pinned(self, digest: str) -> StateGraph:
        """Return the rulebook of a digest.

        Raises:
            LostRulebookError: it is unknown, or this version cannot compile it to the same digest.
        """
        known = self._compiled.get(digest)
        if known is not None:
            return known
        graph = self._compiled[digest] = await find_rulebook(self._store, digest)
        return graph


async def find_rulebook(store: JournalStore, digest: str) -> StateGraph:
    """Compile the rulebook of a digest from the sources that a store keeps.

    Raises:
        LostRulebookError: it is unknown, or this version cannot compile it to the same digest.
    """
    sources = await store.rulebook(digest)
    if sources is None:
        raise LostRulebookError(f"no rulebook {digest} is stored")
    return _compile(digest, [SourceFile(name, text) for name, text in sorted(sources.items())])


def _compile(digest: str, sources: Sequence[SourceFile]) -> StateGraph:
    checked = check_rulebook(sources)
    if checked.graph is None:
        reason = RulebookError(checked.diagnostics)
        raise LostRulebookError(f"this version cannot compile rulebook {digest}: {reason}")
    graph = checked.graph
    for one in (graph, *graph.files):
        if one.digest == digest:
            return one
    raise LostRulebookError(f"this version reads rulebook {digest} as {graph.digest}")
