"""Seeded runs of the whole engine, each judged by rules that share no code with it.

In CI 2,000 seeds of 100 steps, each step several events; `make prove` takes any number. A failing
seed is printed as a command, and joins `corpus.txt` with a sentence about what it found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.batch import examine, reproduce, silence_logs
from simulation.world import World, run_seed

STEPS = 100
SEEDS = int(os.environ.get("INTERLOCK_SEEDS", "2000"))
BATCH = 50
CORPUS = Path(__file__).with_name("corpus.txt")

silence_logs()


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_no_seed_breaks_an_invariant(first):
    seeds = range(first, min(first + BATCH, SEEDS))
    flaws = [flaw for seed in seeds for flaw in examine(seed, STEPS)]
    assert flaws == []


def test_what_a_seed_once_found_stays_found():
    for line in filter(None, CORPUS.read_text("utf-8").splitlines()):
        seed, steps, _ = line.split(maxsplit=2)
        assert examine(int(seed), int(steps)) == [], line


def test_same_seed_gives_the_same_trace():
    for seed in range(10):
        assert run_seed(seed).trace == run_seed(seed).trace


def test_the_trace_does_not_depend_on_the_order_of_hashes():
    program = (
        "from simulation.batch import silence_logs\n"
        "from simulation.world import run_seed\n"
        "silence_logs()\n"
        "print([run_seed(seed).trace for seed in range(4)])\n"
    )
    traces = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Kathmandu"))
    }
    assert len(traces) == 1


def test_seeds_differ():
    assert len({run_seed(seed, 30).trace for seed in range(20)}) == 20


def test_the_runs_are_as_eventful_as_they_claim_to_be():
    """What is promised is only shown where it could have gone wrong."""
    seen = set()
    for seed in range(40):
        world = World(seed)
        for entry in world.run().entries:
            seen.add(entry["name"] if entry["kind"] == "step" else entry["kind"])
            if entry["kind"] == "request":
                seen.add(f"{entry['what']} {entry['answered']}")
                seen.add("second attempt" if entry["attempt"] > 1 else "first attempt")
            if entry["kind"] == "commit":
                seen.update(
                    kind_of(record) for _, _, data, _ in entry["records"] for record in [data]
                )
    wanted = {
        "crash", "exit", "refused", "refused_commit", "partition", "set_clock", "lose_outcomes",
        "hook ok", "hook failed", "hook None", "notify ok", "second attempt", "timer", "outcome",
    }  # fmt: skip
    assert wanted <= seen, (wanted - seen, reproduce(0, 200))


def kind_of(data):
    for kind in ("timer", "outcome", "event"):
        if f'"kind":"{kind}"'.encode() in data:
            return kind
    return None
