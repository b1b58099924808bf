from __future__ import annotations

import pytest
import structlog

from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.runtime.telemetry import LogFormat, configure_logging
from support.rulebooks import REFERENCE
from support.runtime import FaultyStore, Runtime
from support.server import serve


@pytest.fixture(autouse=True)
def _logs():
    """Log as the daemon does: with plain tracebacks."""
    configure_logging(LogFormat.JSON)
    yield
    structlog.reset_defaults()


@pytest.fixture
async def api():
    """A client of a server on the reference rulebook, over a store in memory that can fail."""
    async with serve(Runtime(FaultyStore(locate_store("memory:")), REFERENCE)) as served:
        yield served
