"""Stores of every kind, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from support.postgres import clean_journal

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.interpreter.journal.store import JournalStore


async def make_store(kind: str, folder: Path) -> JournalStore:
    """An empty store that is not open yet."""
    if kind == "memory":
        return MemoryJournalStore()
    if kind == "sqlite":
        return SqliteJournalStore(folder / "journal.db")
    return locate_store(await clean_journal())
