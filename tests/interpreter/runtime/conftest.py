from __future__ import annotations

import pytest
import structlog

from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.runtime.telemetry import LogFormat, configure_logging


@pytest.fixture(autouse=True)
def _logs():
    """Log as the daemon does: with plain tracebacks."""
    configure_logging(LogFormat.JSON)
    yield
    structlog.reset_defaults()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """A store that is not yet open, once of each kind."""
    return locate_store(
        "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/journal.db"
    )


@pytest.fixture
def memory():
    return locate_store("memory:")
