"""Runs seeds and says what is wrong with them, with the command that shows it again."""

from __future__ import annotations

from simulation.checker import check
from simulation.replay import replay
from simulation.world import run_seed, silence_logs

__all__ = ["examine", "reproduce", "silence_logs"]


def reproduce(seed, steps):
    return f"PYTHONPATH=tests python -m simulation.prove --seed {seed} --steps {steps}"


def examine(seed, steps=200, **options):
    """Run a seed and return its flaws, each as one line that ends with how to see it again."""
    history = run_seed(seed, steps, **options)
    flaws = check(history) or replay(history)
    return [f"{flaw}   [{reproduce(seed, steps)}]" for flaw in flaws]
