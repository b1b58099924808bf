"""Which gates, loops and destructive calls are left alone."""

from __future__ import annotations

import pytest

from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.source import SourceFile

TRIAGE = "workflow_rules:\n  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
HOOKS = """\
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", idempotency_key: key}
  - {id: delete_node, endpoint: "https://api.example.test/nodes", idempotency_key: key}
"""
RUNBOOK = """\
runbooks:
  fix:
    match: incident.labels.alertname == "Slow"
    steps: [{id: a, hook: delete_node}]
"""


def codes(text):
    linted = lint_rulebook([SourceFile("x.yaml", text)])
    return [item.code for item in linted.diagnostics]


GATED = """\
  - transition: TRIAGE -> MITIGATING
    validator: incident.title != ""
    gate: {approvals: 2, expires: 5m}
"""


@pytest.mark.parametrize(
    "other",
    [
        "{transition: TRIAGE -> MITIGATING, validator: 'incident.severity == \"P4\"'}",
        "{transition: TRIAGE -> MITIGATING, trigger: engineer.ack}",
        "{transition: TRIAGE -> MITIGATING, trigger: deploy.finished}",
        "{transition: TRIAGE -> MITIGATING, after: 30m}",
        "{transition: TRIAGE -> MITIGATING, validator: 'false'}",
        "{id: b, transition: TRIAGE -> MITIGATING, validator: always_true, gate: {expires: 5m}}",
        "{transition: RESOLVED -> MITIGATING, trigger: alert.triggered}",
    ],
)
def test_another_way_that_asks_for_something_else_goes_round_no_gate(other):
    assert "B604" not in codes(f"{TRIAGE}{GATED}  - {other}\n")


def test_a_way_that_asks_for_less_goes_round_the_gate_wherever_it_stands():
    other = "  - {transition: TRIAGE -> MITIGATING, validator: always_true}\n"
    assert "B604" in codes(TRIAGE + GATED + other)
    assert "B604" in codes(TRIAGE + other + GATED)


@pytest.mark.parametrize(
    "gate", ["when: severity.approval_required, expires: 5m", "expires: 5m, on_expiry: approve"]
)
def test_a_gate_that_does_not_always_stand_is_not_gone_round(gate):
    gated = f"  - {{transition: TRIAGE -> MITIGATING, validator: always_true, gate: {{{gate}}}}}\n"
    other = "  - {id: b, transition: TRIAGE -> MITIGATING, validator: always_true}\n"
    assert "B604" not in codes(TRIAGE + gated + other)


@pytest.mark.parametrize(
    "rule",
    [
        "trigger: x.y, gate: {exclude: [requester], expires: 5m}",
        "trigger: x.y, gate: {approvals: 2, expires: 5m}",
        "validator: severity_defined, gate: {expires: 5m}",
        "trigger: [x.y, alert.triggered], gate: {expires: 5m}",
        "trigger: runbook.failed, gate: {expires: 5m}",
        "after: 5m, gate: {expires: 5m}",
    ],
)
def test_who_asks_cannot_approve_alone(rule):
    assert "B605" not in codes(f"{TRIAGE}  - {{transition: TRIAGE -> MITIGATING, {rule}}}\n")


AGAIN = "{transition: MITIGATING -> MITIGATING, trigger: runbook.failed, "
START = "  - {transition: TRIAGE -> MITIGATING, trigger: x.y, action: execute_remediation_steps}\n"


@pytest.mark.parametrize(
    "rules",
    [
        "  - {transition: MITIGATING -> TRIAGE, trigger: runbook.failed}\n",
        f"  - {AGAIN}action: assign_on_call}}\n",
        (
            "  - {transition: MITIGATING -> MITIGATING, trigger: runbook.failed,"
            " validator: 'incident.generation < 3', action: execute_remediation_steps}\n"
        ),
        (
            "  - {transition: MITIGATING -> MITIGATING, trigger: runbook.failed,"
            " gate: {approvals: 2, expires: 5m}, action: execute_remediation_steps}\n"
        ),
        (
            "  - {transition: MITIGATING -> TRIAGE, trigger: runbook.failed,"
            " validator: 'incident.generation > 3'}\n"
            "  - {transition: MITIGATING -> MITIGATING, trigger: runbook.failed,"
            " action: execute_remediation_steps}\n"
        ),
        (
            "  - {transition: MITIGATING -> MITIGATING, after: 5m,"
            " action: execute_remediation_steps}\n"
        ),
    ],
)
def test_what_ends_or_is_bounded_is_no_loop(rules):
    assert "R408" not in codes(TRIAGE + START + rules)


def test_a_loop_over_two_rules_is_told_once():
    rules = (
        "  - {id: a, transition: MITIGATING -> TRIAGE, trigger: runbook.failed, action: fix}\n"
        "  - {id: b, transition: TRIAGE -> MITIGATING, trigger: runbook.failed, action: fix}\n"
    )
    text = TRIAGE + rules + RUNBOOK.replace("delete_node", "call") + HOOKS
    assert codes(text).count("R408") == 1


@pytest.mark.parametrize(
    ("matrix", "rule", "is_found"),
    [
        ("{auto_remediation: true}", "", True),
        ("{auto_remediation: false}", "", False),
        ("{}", "", False),
        ("{auto_remediation: true, approval_required: true}", "", False),
        ("{auto_remediation: true}", "gate: {expires: 5m}", False),
        ("{auto_remediation: true}", "gate: {expires: 5m, on_expiry: approve}", True),
        ("{auto_remediation: true}", "gate: {when: 'incident.title != \"\"', expires: 5m}", True),
        ("{auto_remediation: true}", "automation: ask", False),
        ("{auto_remediation: true}", "trigger: engineer.ack", False),
    ],
)
def test_a_destructive_hook_needs_a_person_before_it(matrix, rule, is_found):
    validator = "" if "trigger" in rule else "validator: always_true, "
    text = (
        f"severity_matrix: {{P2: {matrix}}}\n{TRIAGE}"
        f"  - {{transition: TRIAGE -> MITIGATING, {validator}action: execute_remediation_steps"
        f"{', ' if rule else ''}{rule}}}\n{RUNBOOK}{HOOKS}"
    )
    assert ("B603" in codes(text)) is is_found


@pytest.mark.parametrize(
    ("hook", "is_found"),
    [
        ("id: delete_node", True),
        ("id: delete_node, automation: ask", False),
        ("id: undelete", False),
        ("id: informat", False),
        ("id: x, method: DELETE", True),
    ],
)
def test_what_is_destructive_is_told_by_method_and_words(hook, is_found):
    name = hook.split(",")[0].removeprefix("id: ")
    text = (
        "severity_matrix: {P2: {auto_remediation: true}}\n"
        + RUNBOOK.replace("delete_node", name)
        + f'remediation_hooks: [{{{hook}, endpoint: "https://a.test/x", idempotency_key: k}}]\n'
    )
    assert ("B603" in codes(text)) is is_found


@pytest.mark.parametrize(
    ("retry", "is_found"),
    [
        ("{attempts: 3, initial: 100ms, factor: 1}", False),
        ("{attempts: 10, initial: 5s, factor: 1}", False),
        ("{attempts: 10, initial: 100ms}", False),
        ("{attempts: 10, initial: 100ms, factor: 1}", True),
        ("{attempts: 2, initial: 2m}", True),
        ("{attempts: 1, initial: 2m}", False),
    ],
)
def test_pauses_grow_or_are_long(retry, is_found):
    steps = f"runbooks: {{r: {{match: always_true, steps: [{{hook: call, retry: {retry}}}]}}}}\n"
    assert ("A507" in codes(steps + HOOKS)) is is_found


@pytest.mark.parametrize(
    "post_mortem", ["lifecycle: {extend: default, states: [X], final: [X]}\n", ""]
)
def test_a_lifecycle_with_a_post_mortem_makes_one(post_mortem):
    text = f"{post_mortem}severity_matrix: {{P1: {{post_mortem: true}}}}\n"
    assert "G306" not in codes(text)
