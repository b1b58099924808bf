"""`lint --hooks` and `run --hooks`: arguments of Python functions against their models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "arguments.md"
RULEBOOK = """\
remediation_hooks: [{id: drain}]
runbooks:
  drain_node:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain, timeout: 30s, with: {nod: a, grace_s: "30"}}]
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
"""
MODULE = """\
from pydantic import BaseModel, ConfigDict
from interlock.interpreter.hooks import hook

class Drain(BaseModel):
    model_config = ConfigDict(extra="forbid")
    node: str
    grace_s: int = 30

@hook("drain", accepts=Drain)
def drain(call): ...
"""


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "draining.py").write_text(MODULE)
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def documented():
    """The rulebook of the page about arguments: a hook with `accepts`, called as it wants."""
    return PAGE.read_text("utf-8").partition("```yaml rulebook\n")[2].partition("```")[0]


def test_without_the_module_arguments_are_not_checked(interlock):
    assert "A502" not in interlock("lint", "rulebook.yaml").out


def test_with_it_they_are_and_what_the_model_converts_is_left_alone(interlock):
    outcome = interlock("lint", "--hooks", "draining", "--format", "compact", "rulebook.yaml")
    assert outcome.status == 1
    assert outcome.out.count("A502") == 1
    assert "rulebook.yaml:5:59: error[A502]: `nod` is not an argument of `drain`" in outcome.out
    assert "did you mean `node`?" in outcome.out


@pytest.mark.parametrize("command", [("lint", "rulebook.yaml"), ("run", "rulebook.yaml")])
def test_a_module_that_cannot_be_used_is_a_wrong_configuration(interlock, command):
    outcome = interlock(*command, "--hooks", "nowhere")
    assert outcome.status == 2
    assert "nowhere cannot be imported" in outcome.err


def test_the_daemon_does_not_start_with_arguments_its_hooks_refuse(interlock):
    outcome = interlock("run", "rulebook.yaml", "--hooks", "draining", "--store", "memory://")
    assert outcome.status == 1
    assert "`nod` is not an argument of `drain`" in outcome.err


def test_arguments_that_are_right_need_no_validator(documented, tmp_path):
    (tmp_path / "right.yaml").write_text(documented)
    program = (
        "import sys; from interlock.cli.main import main\n"
        "try: main(['lint', 'right.yaml'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([name for name in sys.modules if name.startswith('jsonschema')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
