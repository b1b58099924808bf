"""How long a cold `interlock lint` takes beside PyYAML's C parser composing the same file.

Both are whole processes, from start to exit, run alternately and compared by their medians, so that
a slow moment of the machine hits both; the processor's time is told beside it. As an installation
does, our modules are compiled beforehand. Exit status 1 when a ratio is over its limit.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import interlock.cli
import interlock.interpreter
import interlock.rulebook
import interlock.schemas

LIMITS = {1_000: (4.0, 15), 10_000: (5.0, 5)}
"""Number of rules: the largest ratio, and how many rounds."""

COMPOSE = "import sys, yaml; yaml.compose(open(sys.argv[1]).read(), Loader=yaml.CLoader)"
LINT = "import sys; from interlock.cli.main import main; sys.exit(main(['lint', sys.argv[1]]))"
HEAD = """\
version: 1
name: large
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, notification_channels: [ops]}
  P2: {sla_minutes: 60, auto_remediation: true, notification_channels: [ops]}
notification_channels:
  ops: {type: log}
remediation_hooks:
  - {id: restart, endpoint: "https://api.example.test/restart", idempotency_key: key}
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps: [{id: restart, hook: restart}]
workflow_rules:
"""
RULE = """\
  - id: rule-{number}
    transition: {transition}
    validator: >-
      incident.severity == "P1" && incident.metrics.latency_{number} > {number}.5
      && incident.labels.service == "service-{number}"
    action:
      do: notify
      with: {{to: [ops], message: "rule {number} took {{{{ incident.title }}}}"}}
"""


def rulebook(rules: int) -> str:
    """Return a rulebook in which no two rules are alike."""
    transitions = ("DETECTED -> TRIAGE", "TRIAGE -> MITIGATING")
    return HEAD + "".join(
        RULE.format(number=number, transition=transitions[number % 2]) for number in range(rules)
    )


class Took(NamedTuple):
    """What a process took, by the clock and of the processor."""

    wall_s: float
    processor_s: float


def run(program: str, path: Path) -> Took:
    begin, before = perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", program, path], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    processor_s = sum(after[2:4]) - sum(before[2:4])
    return Took(perf_counter() - begin, processor_s)


def measure(path: Path, rounds: int) -> tuple[Took, Took]:
    compose, lint = [], []
    for _ in range(rounds):
        compose.append(run(COMPOSE, path))
        lint.append(run(LINT, path))
    return Took(*map(median, zip(*compose, strict=True))), Took(
        *map(median, zip(*lint, strict=True))
    )


def main() -> int:
    is_over = False
    for package in (interlock.cli, interlock.interpreter, interlock.rulebook, interlock.schemas):
        compileall.compile_dir(package.__path__[0], quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        for rules, (limit, rounds) in LIMITS.items():
            path = Path(folder, f"{rules}.yaml")
            path.write_text(rulebook(rules), "utf-8")
            compose, lint = measure(path, rounds)
            ratio = lint.wall_s / compose.wall_s
            is_over = is_over or ratio > limit
            print(
                f"{rules:6} rules: compose {compose.wall_s * 1000:6.0f} ms, "
                f"lint {lint.wall_s * 1000:6.0f} ms, ratio {ratio:.2f} "
                f"(processor {lint.processor_s / compose.processor_s:.2f}) "
                f"(limit {limit}; medians of {rounds}, alternating)"
            )
    return int(is_over)


if __name__ == "__main__":
    sys.exit(main())
