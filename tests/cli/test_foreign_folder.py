"""A user's folder may hold our folder names and the names of our libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

GOOD = "severity_matrix: {P1: {sla_minutes: 15}}\n"
TRAP = "raise AssertionError('a file of the user was imported')\n"
NAMES = (
    "cli.py",
    "rulebook.py",
    "interpreter.py",
    "schemas/__init__.py",
    "policies/__init__.py",
    "tests/__init__.py",
    "click.py",
    "yaml.py",
    "lark.py",
    "msgspec.py",
    "json.py",
    "difflib.py",
    "interlock/__init__.py",
)
COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "lint a file": ["lint", "good.yaml"],
    "lint a folder": ["lint", "policies"],
    "explain": ["explain", "X203"],
    "graph": ["graph", "good.yaml"],
    "mistake": ["lnt"],
}


@pytest.fixture
def foreign(tmp_path):
    for name in NAMES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TRAP)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "policies" / "mine.yaml").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_the_installed_command_imports_nothing_of_the_folder(installed, foreign, name):
    outcome = installed(*COMMANDS[name], cwd=foreign)
    assert "imported" not in outcome.err
    assert outcome.status == (2 if name == "mistake" else 0)


def _python_m(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "interlock.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_python_m_imports_nothing_of_the_folder(foreign, name):
    # Before our first line runs, Python itself has looked for a package `interlock` here.
    (foreign / "interlock" / "__init__.py").unlink()
    done = _python_m(*COMMANDS[name], cwd=foreign)
    assert "imported" not in done.stderr
    assert done.returncode == (2 if name == "mistake" else 0)


def test_a_test_run_in_the_folder_sees_its_own_modules(tmp_path):
    for package in ("schemas", "policies", "rulebook", "interpreter"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("OWNER = 'user'\n")
    (tmp_path / "cli.py").write_text("OWNER = 'user'\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_mine.py").write_text(
        "import cli, interpreter, policies, rulebook, schemas\n"
        "import interlock.cli.main, interlock.rulebook, interlock.schemas\n"
        "def test_mine():\n"
        "    for mine in (cli, interpreter, policies, rulebook, schemas):\n"
        "        assert mine.OWNER == 'user'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
