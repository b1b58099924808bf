"""Sessions as a user sees them: commands, what they print and their exit status.

A script holds lines `$ interlock ...`, each followed by its standard output, by its standard error
with `! ` before each line, and by `[exit N]` unless N is 0; after `-- name --` follow the files.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.txt"))
FILE = re.compile(r"^-- (\S+) --\n", re.MULTILINE)


def split(text):
    """Return the session and the files of a script."""
    session, *rest = FILE.split(text)
    return session, dict(zip(rest[::2], rest[1::2], strict=True))


def play(session, interlock):
    """Run the commands of a session and return it as it should read."""
    lines = []
    for line in session.splitlines():
        if line.startswith("#") or not line:
            lines.append(line)
        elif line.startswith("$ interlock "):
            outcome = interlock(*shlex.split(line)[2:])
            lines.append(line)
            lines += outcome.out.splitlines()
            lines += [f"! {said}".rstrip() for said in outcome.err.splitlines()]
            if outcome.status:
                lines.append(f"[exit {outcome.status}]")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script, interlock, golden, tmp_path, monkeypatch):
    text = script.read_text("utf-8")
    session, files = split(text)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    golden(play(collapse(session), interlock) + text[len(session) :], script)


def collapse(session):
    """Keep the comments, the commands and one empty line before each block of them."""
    kept = []
    for line in session.splitlines():
        if line.startswith("$ interlock "):
            kept += [line, ""]
        elif line.startswith("#"):
            kept.append(line)
    return "\n".join(kept)
