"""Who is on call when, and how far automation goes."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.control import Control, Override
from interlock.interpreter.runtime.facts import find_on_call, read_facts
from interlock.rulebook import compile_rulebook
from interlock.rulebook.graph.schedule import Schedule
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.guard.times import parse_timestamp
from support.rulebooks import REFERENCE

HOUR = 3_600_000_000_000
DAY = 24 * HOUR


def at(text):
    return parse_timestamp(text).nanoseconds


def schedule(zone="Europe/Berlin", rotation_ns=7 * DAY, people=("ada", "grace")):
    start = at("2026-01-05T09:00:00+01:00")  # a Monday
    return Schedule("sre", zone, people, rotation_ns, start)


@pytest.mark.parametrize(
    ("time", "person"),
    [
        ("2026-01-05T09:00:00+01:00", "ada"),
        ("2026-01-12T08:59:59+01:00", "ada"),
        ("2026-01-12T09:00:00+01:00", "grace"),
        ("2026-01-19T09:00:00+01:00", "ada"),
        ("2026-01-05T08:59:59+01:00", None),
    ],
)
def test_turns_change_at_their_hour(time, person):
    assert find_on_call(schedule(), at(time)) == person


@pytest.mark.parametrize(
    ("monday", "before", "after"),
    [("2026-03-30", "grace", "ada"), ("2026-10-26", "grace", "ada")],
)
def test_turns_change_at_the_same_wall_clock_hour_after_a_clock_change(monday, before, after):
    offset = "+02:00" if monday == "2026-03-30" else "+01:00"
    assert find_on_call(schedule(), at(f"{monday}T08:59:59{offset}")) == before
    assert find_on_call(schedule(), at(f"{monday}T09:00:00{offset}")) == after


def test_a_schedule_of_nobody_has_nobody_on_call():
    assert find_on_call(schedule(people=()), at("2026-02-01T00:00:00Z")) is None


def test_one_person_is_always_on_call():
    lonely = schedule(people=("lin",))
    assert find_on_call(lonely, at("2030-01-01T00:00:00Z")) == "lin"


def test_the_lowest_level_of_automation_holds():
    graph = compile_rulebook(REFERENCE)
    asked = Override(mode=Automation.ASK, until=None, by="ada", reason="freeze")
    control = Control(overrides={"*": asked})
    assert read_facts(graph, control, Automation.AUTO, 1).automation == "ask"
    assert read_facts(graph, control, Automation.OBSERVE, 1).automation == "observe"
    assert read_facts(graph, Control(), Automation.AUTO, 1).automation == "auto"
