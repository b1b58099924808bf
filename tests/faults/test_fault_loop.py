"""Every scenario, interrupted at every call that leaves the process: once, for ever, by SIGKILL.

And again with a second fault while it recovers from the first. In memory all of it; on SQLite and
PostgreSQL more than 1,000 boundaries each, by the three kinds of fault in turn.
"""

from __future__ import annotations

import asyncio

import pytest

from faults.boundaries import FAULTS, KILL, Boundaries
from faults.scenarios import SCENARIOS
from faults.world import InterruptedWorld
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.memory import MemoryJournalStore
from simulation.checker import check
from simulation.replay import replay
from simulation.world import silence_logs
from support.postgres import clean_journal

STRIDE = 2
"""On the durable stores, where a run costs most, every second boundary is taken."""

silence_logs()


def interrupt(name, *faults, store=None):
    """Play a scenario with faults; return how many boundaries it passed and what is wrong."""
    boundaries = Boundaries(*faults)
    history = InterruptedWorld(SCENARIOS[name], boundaries, store=store).run()
    flaws = check(history) or replay(history)
    return boundaries.passed, [f"{name} {faults} {boundaries.where}: {flaw}" for flaw in flaws]


def every_boundary(name):
    count, flaws = interrupt(name)
    assert flaws == []
    return range(1, count + 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_single_fault_breaks_an_invariant(name):
    for number in every_boundary(name):
        for kind in FAULTS:
            assert interrupt(name, (number, kind))[1] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_second_fault_during_recovery_breaks_an_invariant(name):
    for number in every_boundary(name):
        second = (number + 1 + number % 9, FAULTS[number % 3])
        assert interrupt(name, (number, KILL), second)[1] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_single_fault_breaks_an_invariant_on_sqlite(name, tmp_path):
    for number in every_boundary(name)[::STRIDE]:
        store = locate_store(f"sqlite:///{tmp_path}/journal-{number}.db")
        assert interrupt(name, (number, FAULTS[number // 2 % 3]), store=store)[1] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_single_fault_breaks_an_invariant_on_postgresql(name):
    for number in every_boundary(name)[::STRIDE]:
        store = locate_store(asyncio.run(clean_journal()))
        assert interrupt(name, (number, FAULTS[number // 2 % 3]), store=store)[1] == []


def test_there_are_as_many_points_as_are_promised():
    points = sum(len(every_boundary(name)) for name in SCENARIOS)
    assert points >= 2000, points
    assert points // STRIDE >= 1000, points


def test_a_fault_is_really_injected():
    name = "an_alert_opens_and_remediates"
    boundaries = Boundaries((20, KILL))
    history = InterruptedWorld(SCENARIOS[name], boundaries, store=MemoryJournalStore()).run()
    assert boundaries.where
    assert sum(entry["kind"] == "start" for entry in history.entries) == 2
