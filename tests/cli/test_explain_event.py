"""`interlock explain --event`: what each rule's guard was made of."""

from __future__ import annotations

import json

import pytest

RULEBOOK = """\
severity_matrix: {P2: {auto_remediation: true, notification_channels: [chat]}}
notification_channels: {chat: {type: log}}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: >-
      incident.severity in ["P1", "P2"] && incident.metrics.load > 0.2 && has(incident.labels.x)
  - {id: cancel, transition: TRIAGE -> RESOLVED, trigger: [incident.false_positive]}
  - {id: raw, transition: TRIAGE -> RESOLVED, validator: alert.payload.severity == "P9"}
"""
FALSE = """\
incident/c-1: alert.triggered was applied
rule mitigate   NOT TAKEN (state TRIAGE, alert.triggered)
  because: incident.metrics.load > 0.2  FALSE (0.05 > 0.2)
  guard: incident.severity in ["P1", "P2"] && incident.metrics.load > 0.2 && has(incident.labels.x)
         true                                 FALSE (0.05 > 0.2)             not evaluated
also tried: 2; taken: DETECTED->TRIAGE
"""
ERROR = """\
incident/c-1: alert.triggered was applied
rule mitigate   ERROR (state TRIAGE, alert.triggered)
  because: incident.metrics.load  error: no such key: 'load'
"""


def alert(**payload):
    return json.dumps(
        {"type": "alert.triggered", "payload": {"id": "c-1", "severity": "P2", **payload}}
    )


@pytest.fixture
def explain(tmp_path, interlock):
    book = tmp_path / "rules.yaml"
    book.write_text(RULEBOOK)

    def run(*lines, rule=None):
        file = tmp_path / "event.jsonl"
        file.write_text("\n".join(lines))
        only = () if rule is None else ("--rule", rule)
        return interlock("explain", "--event", str(file), "--rulebook", str(book), *only)

    return run


def test_a_false_guard_shows_what_decided_and_what_it_compared(explain):
    outcome = explain(alert(metrics={"load": 0.05}), rule="mitigate")
    assert (outcome.status, outcome.out) == (0, FALSE)


def test_an_error_shows_the_part_that_failed(explain):
    assert explain(alert(labels={"x": ""}), rule="mitigate").out.startswith(ERROR)


def test_every_rule_that_was_tried_is_shown_in_order(explain):
    lines = explain(alert(metrics={"load": 0.05})).out.splitlines()
    rules = [line.split()[1] for line in lines if line.startswith("rule ")]
    assert rules == ["DETECTED->TRIAGE", "mitigate", "raw"]


def test_the_last_line_is_explained_and_the_earlier_are_history(explain):
    first = alert(metrics={"load": 0.05})
    lines = explain(first, alert(metrics={"load": 0.4})).out.splitlines()
    assert "rule mitigate   NOT TAKEN (state TRIAGE, alert.triggered)" in lines
    assert "  because: has(incident.labels.x)  FALSE" in lines


def test_what_reads_the_raw_alert_is_told_without_a_tree(explain):
    lines = explain(alert(), rule="raw").out.splitlines()
    assert not any("guard:" in line for line in lines)


def test_a_rule_that_the_event_does_not_ask_for_was_not_tried(explain):
    assert "rule cancel   NOT TRIED" in explain(alert(), rule="cancel").out


def test_text_of_alerts_does_not_reach_the_terminal_as_it_is(explain):
    assert "\x1b" not in explain(alert(id="c\x1b[2J", title="\x1b[2J")).out


@pytest.mark.parametrize(
    ("lines", "rule", "status", "said"),
    [
        ((alert(),), "mitigat", 2, "did you mean `mitigate`?"),
        (("{}",), None, 1, "error:"),
        ((), None, 2, "holds no event"),
    ],
)
def test_what_cannot_be_explained_is_said(explain, lines, rule, status, said):
    outcome = explain(*lines, rule=rule)
    assert (outcome.status, outcome.out) == (status, "")
    assert said in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [("--event", "x"), ("--rulebook", "x"), ("X203", "--event", "x", "--rulebook", "y")],
)
def test_options_that_do_not_go_together_are_refused(interlock, arguments):
    assert interlock("explain", *arguments).status == 2


def test_an_absent_file_is_said(interlock, tmp_path):
    book = tmp_path / "rules.yaml"
    book.write_text(RULEBOOK)
    outcome = interlock("explain", "--event", "/absent", "--rulebook", str(book))
    assert outcome.status == 2
    assert "cannot read" in outcome.err
