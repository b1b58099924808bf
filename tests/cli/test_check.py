from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from interlock.cli.commands import COMMANDS

GOOD = "severity_matrix:\n  P1:\n    sla_minutes: 15\n"
WRONG = "severity_matrix:\n  P1:\n    sla_minuts: 15\n"
UNTIDY = "severity_matrix:   {P1:   {sla_minutes:   15}}\n"
HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


@pytest.mark.parametrize(
    ("text", "status"), [(GOOD, 0), (WRONG, 1), (UNTIDY, 1), ("a: [\n", 1), (WRONG + UNTIDY, 1)]
)
def test_the_status_is_the_worst_of_all_steps(interlock, tmp_path, text, status):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert interlock("check", str(file)).status == status


def test_every_step_runs_whatever_the_one_before_found(interlock, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(UNTIDY.replace("sla_minutes", "sla_minuts"))
    outcome = interlock("check", str(file))
    assert "== fmt --check" in outcome.err
    assert "error[Y003]" in outcome.out


def test_a_missing_file_is_said_with_status_2(interlock):
    assert interlock("check", "missing.yaml").status == 2


def test_the_pre_commit_hooks_name_commands_and_options_there_are():
    hooks = yaml.safe_load(HOOKS.read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["interlock-lint", "interlock-fmt"]
    for hook in hooks:
        program, command, *options = hook["entry"].split()
        assert program == "interlock"
        assert command in COMMANDS
        assert options == []
