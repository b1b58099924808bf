from __future__ import annotations

from itertools import pairwise

import pytest

from interlock.rulebook import compile_rulebook
from interlock.rulebook.picture import outline

TRICKY = """
name: tricky
lifecycle: {extend: default, states: [on-hold, LIMBO, CANCELLED], final: [CANCELLED]}
guards: {burning: incident.metrics.error_rate > 0.2}
notification_channels: {directors: {type: log}}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: burning
    gate: {approvals: 2, from: [sre-leads], exclude: [requester], expires: 30m, on_expiry: escalate,
           when: severity.approval_required}
    action: execute_remediation_steps
  - {transition: TRIAGE -> TRIAGE, after: 20m, action: {do: escalate, with: {to: [directors]}}}
  - transition: TRIAGE -> on-hold
    validator: >-
      incident.title == "</text><script>alert(1)</script> & \\"quoted\\" \\u0007 日本語の題名 <b>"
      && incident.labels.exists(name, name.startsWith("a-rather-long-prefix"))
      || incident.labels.size() > 12
  - {transition: on-hold -> TRIAGE, after: 1h30m}
  - {transition: any -> CANCELLED, trigger: [incident.false_positive]}
"""


def large():
    """Fifteen states in a row, and forty rules across, back and staying."""
    states = [f"STATE_{number}" for number in range(15)]
    rules = [f"{a} -> {b}" for a, b in pairwise(states)]
    rules += [f"{states[n]} -> {states[(n * 7 + 3) % 14]}" for n in range(14) if n != 2]
    rules += [f"{state} -> {state}" for state in states[:13]]
    written = "".join(
        f"  - {{transition: {rule}, after: {number + 1}m, action: assign_on_call}}\n"
        if number % 3 == 0
        else f"  - {{transition: {rule}, trigger: [step.{number}], "
        f"validator: 'incident.labels.size() > {number}'}}\n"
        for number, rule in enumerate(rules)
    )
    return (
        f"lifecycle: {{initial: STATE_0, states: [{', '.join(states)}], final: [STATE_14]}}\n"
        f"workflow_rules:\n{written}"
    )


@pytest.fixture
def tricky():
    return compile_rulebook(TRICKY)


@pytest.fixture(params=["tricky", "large", "smallest"])
def graph(request):
    texts = {"tricky": TRICKY, "large": large(), "smallest": "severity_matrix: {}"}
    return compile_rulebook(texts[request.param])


@pytest.fixture
def drawn(graph):
    return outline(graph)
