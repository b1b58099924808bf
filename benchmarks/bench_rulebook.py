"""How long a rulebook takes from text to state graph, beside PyYAML's C `compose` of the same text.

Runs the two alternately and compares medians of ratios. Exit status 1 when a thousand rules take
more than twice what `compose` takes.
"""

import sys
from statistics import median
from time import perf_counter

import yaml

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.source import SourceFile

ROUNDS = 7
RATIO_MAX = 2.0
HEAD = """\
severity_matrix: {P1: {notification_channels: [chat]}}
notification_channels: {chat: {type: log}}
remediation_hooks:
  - {id: restart, endpoint: "https://hooks.example.test/restart", idempotency_key: key}
workflow_rules:
"""
RULE = """\
  - id: rule-{n}
    description: Latency on svc-{n}
    transition: TRIAGE -> MITIGATING
    trigger: [alert.triggered, engineer.ack]
    validator: 'incident.labels.service == "svc-{n}" && incident.severity in ["P1", "P2"]'
    gate: {{when: severity.approval_required, approvals: 2, from: [team-{n}], expires: 30m}}
    action:
      - {{do: notify, with: {{to: [chat], message: "service {n} is slow"}}}}
      - do: restart
        with: {{service: svc-{n}, urgency: high}}
"""


def compile_s(text: str) -> float:
    begin = perf_counter()
    check_rulebook([SourceFile("r.yaml", text)])
    return perf_counter() - begin


def compose_s(text: str) -> float:
    begin = perf_counter()
    yaml.compose(text, Loader=yaml.CSafeLoader)
    return perf_counter() - begin


def main() -> int:
    worst = 0.0
    for count in (100, 1_000, 10_000):
        text = HEAD + "".join(RULE.format(n=n) for n in range(count))
        ours, theirs = [], []
        for _ in range(ROUNDS if count <= 1_000 else 3):
            theirs.append(compose_s(text))
            ours.append(compile_s(text))
        ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
        print(
            f"{count:6} rules, {len(text) / 1e6:5.2f} MB: {median(ours):7.3f} s, "
            f"compose {median(theirs):7.3f} s, ratio {ratio:.2f}"
        )
        worst = ratio if count == 1_000 else worst
    print(f"limit at 1,000 rules: {RATIO_MAX}")
    return int(worst > RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main())
