"""How long a cold `interlock lint` takes beside PyYAML's C parser composing the same file.

Both are whole processes, from start to exit, run alternately and compared by their medians, so that
a slow moment of the machine hits both. Exit status 1 when a ratio is over its limit.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

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


def run_s(program: str, path: Path) -> float:
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", program, path], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


def measure(path: Path, rounds: int) -> tuple[float, float]:
    compose_s, lint_s = [], []
    for _ in range(rounds):
        compose_s.append(run_s(COMPOSE, path))
        lint_s.append(run_s(LINT, path))
    return median(compose_s), median(lint_s)


def main() -> int:
    is_over = False
    with tempfile.TemporaryDirectory() as folder:
        for rules, (limit, rounds) in LIMITS.items():
            path = Path(folder, f"{rules}.yaml")
            path.write_text(rulebook(rules), "utf-8")
            compose_s, lint_s = measure(path, rounds)
            ratio = lint_s / compose_s
            is_over = is_over or ratio > limit
            print(
                f"{rules:6} rules: compose {compose_s * 1000:6.0f} ms, "
                f"lint {lint_s * 1000:6.0f} ms, ratio {ratio:.2f} "
                f"(limit {limit}; medians of {rounds}, alternating)"
            )
    return int(is_over)


if __name__ == "__main__":
    sys.exit(main())
