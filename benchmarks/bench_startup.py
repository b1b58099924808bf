"""How long `interlock --help` takes beside `python -c "import click"`, which it cannot undercut.

Runs the two alternately and compares medians, so that a slow moment of the machine hits both.
Exit status 1 when the ratio is over the limit.
"""

import subprocess
import sys
from statistics import median
from time import perf_counter

ROUNDS = 30
RATIO_MAX = 1.5
START = "import sys; from interlock.cli.main import main; sys.exit(main(['--help']))"
COMMANDS = {
    "import click": [sys.executable, "-c", "import click"],
    "interlock --help": [sys.executable, "-c", START],
}


def run_s(command: list[str]) -> float:
    begin = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


def main() -> int:
    times_s: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            times_s[name].append(run_s(command))
    medians_s = {name: median(times) for name, times in times_s.items()}
    for name, value in medians_s.items():
        print(f"{name:18} {value * 1000:7.1f} ms  (median of {ROUNDS}, alternating)")
    ratio = medians_s["interlock --help"] / medians_s["import click"]
    print(f"{'ratio':18} {ratio:7.2f}     (limit {RATIO_MAX})")
    return int(ratio > RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main())
