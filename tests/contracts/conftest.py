"""What the contract suites run against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.journal import assert_chains_are_sound
from support.stores import make_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from interlock.interpreter.journal.store import JournalStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JournalStore]:
    """An open store; afterwards what was written to it must be sound."""
    made = await make_store(request.param, tmp_path)
    await made.open()
    yield made
    await made.open()
    await assert_chains_are_sound(made)
    await made.close()
