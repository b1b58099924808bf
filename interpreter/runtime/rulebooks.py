"""The rulebook that is live, and those that running incidents are pinned to.

An incident keeps the rulebook it was opened under, by digest, until someone moves it. The sources
of every rulebook that was ever live are in the store; they are compiled again when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook import RulebookError, check_rulebook
from interlock.rulebook.source import SourceFile

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
        self.live = live
        self._store = store
        self._compiled = {live.digest: live}

    async def keep(self, digest: str, sources: Sequence[SourceFile], at: Instant) -> None:
        """Write a rulebook's sources to the store, before anything is decided by it."""
        texts = {source.name: source.text for source in sources}
        await self._store.save_rulebook(digest, texts, at)

    def use(self, graph: StateGraph) -> None:
        """Make a rulebook whose sources are kept the live one."""
        self._compiled[graph.digest] = graph
        self.live = graph

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
    if checked.graph.digest != digest:
        raise LostRulebookError(f"this version reads rulebook {digest} as {checked.graph.digest}")
    return checked.graph
