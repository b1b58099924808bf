"""Gates that nobody could open are refused before they stand in the way."""

from __future__ import annotations

import pytest

from interlock.interpreter.runtime.gate_check import gate_obstacle
from interlock.rulebook import compile_rulebook
from support.people import People

IDENTITY = People().current


def graph_of(gate):
    return compile_rulebook(
        "workflow_rules:\n  - transition: TRIAGE -> MITIGATING\n    validator: severity_defined\n"
        f"    gate: {gate}\n"
    )


@pytest.mark.parametrize(
    "gate",
    ["{approvals: 3, from: [leads]}", "{approvals: 2}", "{exclude: ['principal:lin', requester]}"],
)
def test_gates_that_there_are_people_for(gate):
    assert gate_obstacle(graph_of(gate), IDENTITY, None) is None
    assert "--identity" in gate_obstacle(graph_of(gate), None, None)


@pytest.mark.parametrize(
    ("gate", "author", "words"),
    [
        ("{approvals: 4, from: [leads]}", None, "needs 4 approvals from leads"),
        ("{from: [directors]}", None, "0 such principals"),
        ("{exclude: [author]}", None, "--rulebook-author"),
        ("{approvals: 3, from: [leads], exclude: [author]}", "ada", "2 such principals"),
        ("{exclude: ['principal:eve']}", None, "no such principal"),
    ],
)
def test_gates_that_nobody_could_open(gate, author, words):
    assert words in gate_obstacle(graph_of(gate), IDENTITY, author)


def of_team(approvers, gate="{approvals: 1}"):
    rules = "workflow_rules:\n  - {transition: TRIAGE -> MITIGATING, validator: severity_defined, "
    return compile_rulebook(f"{rules}gate: {gate}}}\nteams: {{db: {{approvers: [{approvers}]}}}}\n")


def test_a_gate_that_names_nobody_needs_the_approvers_of_each_team():
    assert gate_obstacle(of_team("leads"), IDENTITY, None) is None
    assert "from dba, and the identity file has 0" in gate_obstacle(of_team("dba"), IDENTITY, None)
    assert "--identity" in gate_obstacle(of_team("leads"), None, None)
    assert gate_obstacle(of_team("dba", "{from: [leads]}"), IDENTITY, None) is None
