from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest

from interlock.cli import main as frame
from interlock.cli.commands import COMMANDS, SECTIONS, Entry
from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError
from interlock.cli.main import main
from interlock.cli.terminal import is_styled, write_result


@pytest.fixture
def command(monkeypatch):
    """Add a command `probe` whose body is the given function."""

    def add(body):
        module = import_module(__name__)
        monkeypatch.setattr(module, "probe", click.command("probe")(body), raising=False)
        monkeypatch.setitem(sys.modules, "probe_module", module)
        monkeypatch.setitem(COMMANDS, "probe", Entry("probe_module:probe", "Probe."))

    return add


def failing(error):
    def body():
        raise error

    return body


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_agrees_with_the_command_itself(name):
    entry = COMMANDS[name]
    module, _, attribute = entry.target.partition(":")
    found = getattr(import_module(module), attribute)
    assert isinstance(found, click.Command)
    assert found.help is not None
    assert found.help.splitlines()[0] == entry.summary


def test_help_lists_the_sections_in_use_and_only_those(interlock):
    outcome = interlock("--help")
    assert outcome.status == 0
    assert outcome.err == ""
    for section, entries in SECTIONS.items():
        assert (f"\n{section}:\n" in outcome.out) == bool(entries)
        for name in entries:
            assert f"  {name} " in outcome.out


def test_help_imports_no_command_and_no_part_of_the_language():
    script = (
        "import sys; from interlock.cli.main import main; main(['--help'])\n"
        "print([m for m in sys.modules if m.startswith('interlock.')], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert eval(done.stderr) == [
        "interlock.cli",
        "interlock.cli.commands",
        "interlock.cli.exits",
        "interlock.cli.terminal",
        "interlock.cli.main",
    ]


def test_version_is_the_installed_one(interlock):
    outcome = interlock("--version")
    assert (outcome.status, outcome.out) == (0, f"interlock {frame._version()}\n")


@pytest.mark.parametrize(
    ("name", "remedy"), [("prob", "did you mean `probe`?"), ("zzzz", "see `interlock --help`")]
)
def test_an_unknown_command_is_answered_with_the_nearest(interlock, command, name, remedy):
    command(lambda: None)
    outcome = interlock(name)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"no such command `{name}`; {remedy}" in outcome.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigurationError("no such file: x.yaml"), 2),
        (click.FileError("x.yaml", "unreadable"), 2),
        (click.UsageError("bad option"), 2),
        (UnavailableError("the daemon does not answer"), 4),
        (KeyboardInterrupt(), 130),
        (ValueError("broken"), 3),
    ],
)
def test_what_ends_a_command_decides_the_status(interlock, command, error, status):
    command(failing(error))
    outcome = interlock("probe")
    assert outcome.status == status
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("status", [None, *ExitStatus])
def test_a_command_returns_its_status(interlock, command, status):
    command(lambda: status)
    assert interlock("probe").status == (status or 0)


def test_an_internal_error_is_one_line_and_how_to_report_it(interlock, command):
    command(failing(KeyError("a\nb\x1b[31m")))
    first, *rest = interlock("probe").err.splitlines()
    assert first == r"interlock: internal error: KeyError: 'a\\nb\\x1b[31m'"
    assert "Please report it" in " ".join(rest)


def test_debug_shows_where_an_internal_error_is(interlock, command, monkeypatch):
    monkeypatch.setenv("INTERLOCK_DEBUG", "1")
    command(failing(KeyError("lost")))
    outcome = interlock("probe")
    assert outcome.status == 3
    assert "Traceback (most recent call last)" in outcome.err


def test_a_closed_pipe_ends_quietly():
    read, write = os.pipe()
    os.close(read)
    script = "import sys; from interlock.cli.main import main; sys.exit(main(['--help']))"
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    "case",
    [
        ([], {}, True, True),
        ([], {}, False, False),
        ([], {"NO_COLOR": "1"}, True, False),
        ([], {"TERM": "dumb"}, True, False),
        (["--color", "always"], {"NO_COLOR": "1"}, False, True),
        (["--color", "never"], {}, True, False),
        (["--color", "auto"], {}, False, False),
    ],
)
def test_colour_follows_option_environment_and_terminal(interlock, command, monkeypatch, case):
    arguments, environment, terminal, styled = case
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    class Stream:
        def isatty(self):
            return terminal

    command(lambda: write_result(str(is_styled(Stream()))))
    assert interlock(*arguments, "probe").out == str(styled)


def test_arguments_default_to_those_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["anything", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("interlock ")
