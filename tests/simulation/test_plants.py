"""Each planted bug is found within so many seeds: what the checker cannot see, it cannot show."""

from __future__ import annotations

import pytest

from simulation.batch import examine, silence_logs
from simulation.plants import PLANTS

SEEDS_MAX = 300

silence_logs()


@pytest.mark.parametrize("name", PLANTS)
def test_planted_bug_is_found(name):
    for seed in range(SEEDS_MAX):
        with PLANTS[name]():
            flaws = examine(seed, 100)
        if flaws:
            return
    pytest.fail(f"{SEEDS_MAX} seeds do not show that a daemon {name.replace('_', ' ')}")


def test_there_are_enough_of_them():
    assert len(PLANTS) >= 25
