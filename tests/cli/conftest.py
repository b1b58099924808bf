from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from interlock.cli.main import main

SCRIPT = Path(sys.executable).with_name("interlock")


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


@pytest.fixture
def interlock(capsys, monkeypatch):
    """Run a command in this process: `interlock("lint", "x.yaml", stdin="...")`."""

    def run(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", _Stdin(stdin))
        status = main(arguments)
        out, err = capsys.readouterr()
        return Outcome(int(status), out, err)

    return run


class _Stdin:
    """Standard input holding these bytes, text or raw."""

    def __init__(self, content):
        raw = content if isinstance(content, bytes) else content.encode()
        self.buffer = io.BytesIO(raw)

    def read(self):
        return self.buffer.read().decode()

    def isatty(self):
        return False


@pytest.fixture
def installed():
    """Run the installed script as its own process."""

    def run(*arguments, cwd=None, stdin=None, env=None):
        done = subprocess.run(
            [SCRIPT, *arguments],
            cwd=cwd,
            input=stdin,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
