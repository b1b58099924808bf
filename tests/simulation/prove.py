"""`make prove`: as many seeds as are asked for, on every core, with progress and final figures.

    PYTHONPATH=tests python -m simulation.prove --seeds 100000
    PYTHONPATH=tests python -m simulation.prove --seed 4711        # one seed, again, in full

Failing seeds are printed as the command that reproduces them; they belong into `corpus.txt`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time

from simulation.batch import examine, silence_logs

BATCH = 50


def _examine_batch(work):
    first, last, steps = work
    silence_logs()
    return last - first, [flaw for seed in range(first, last) for flaw in examine(seed, steps)]


def run(first, seeds, steps, processes):
    """Examine seeds on several processes; returns all flaws."""
    began, done, flaws = time.monotonic(), 0, []
    last = first + seeds
    work = [(at, min(at + BATCH, last), steps) for at in range(first, last, BATCH)]
    with multiprocessing.Pool(processes, maxtasksperchild=20) as pool:
        for count, found in pool.imap_unordered(_examine_batch, work):
            done += count
            flaws += found
            for flaw in found:
                print(flaw, flush=True)  # noqa: T201 - a report
            if done % (BATCH * 20) < BATCH:
                _report(done, seeds, steps, began, flaws)
    _report(done, seeds, steps, began, flaws)
    return flaws


def _report(done, seeds, steps, began, flaws):
    took = time.monotonic() - began
    print(  # noqa: T201 - a report
        f"{done} of {seeds} seeds, {done * steps} steps, {took:.0f} s"
        f" ({done / took:.1f} seeds/s), {len(flaws)} violations",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(prog="simulation.prove", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--steps", type=int, default=200, help="steps of each run")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    silence_logs()
    if given.seed is not None:
        flaws = examine(given.seed, given.steps)
        print("\n".join(flaws) or f"seed {given.seed}: sound")  # noqa: T201 - a report
    else:
        flaws = run(given.first, given.seeds, given.steps, given.processes)
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main())
