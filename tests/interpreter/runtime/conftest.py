from __future__ import annotations

import pytest

from interlock.interpreter.journal.locate import locate_store


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """A store that is not yet open, once of each kind."""
    return locate_store(
        "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/journal.db"
    )


@pytest.fixture
def memory():
    return locate_store("memory:")
