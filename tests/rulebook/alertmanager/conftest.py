from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.alertmanager import convert
from interlock.rulebook.source import SourceFile

CONFIGURATIONS = sorted(Path(__file__).with_name("configurations").glob("*.yml"))


@pytest.fixture(params=CONFIGURATIONS, ids=lambda path: path.stem)
def configuration(request):
    """The path of an Alertmanager configuration."""
    return request.param


@pytest.fixture
def converted():
    """Convert the text of an Alertmanager configuration."""

    def run(text, name="imported"):
        return convert(SourceFile("alertmanager.yml", text), name)

    return run
