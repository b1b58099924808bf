"""Every example in README and docs is run as it stands.

A fenced block marked `console` holds commands after `$ ` and what they print, to the letter; a line
of `...` stands for any lines. A block marked `yaml rulebook` compiles. A block marked `console
not-run` shows what needs two terminals or a daemon, and is compared with nothing.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from interlock.rulebook import check_rulebook
from interlock.rulebook.source import SourceFile

ROOT = Path(__file__).parents[2]
GENERATED = {"lint.md", "rulebook.md", "guards.md"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    page: str
    line: int
    kind: str
    text: str


def examples() -> list[Example]:
    found = []
    for page in PAGES:
        if page.name in GENERATED or not page.is_file():
            continue
        content = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(content):
            line = content.count("\n", 0, block.start()) + 1
            found.append(Example(page.name, line, block["kind"].strip(), block["text"]))
    return found


def commands(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command.strip(), output) for command, _, output in (p.partition("\n") for p in parts)]


def pattern_of(expected: str) -> re.Pattern[str]:
    parts = re.split(r"^\.\.\.\n", expected.strip("\n") + "\n", flags=re.MULTILINE)
    return re.compile(r"(?:.*\n)*?".join(re.escape(part) for part in parts))


EXAMPLES = examples()


def label(example: Example) -> str:
    return f"{example.page}:{example.line}"


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.kind == "console"], ids=label)
def test_command_prints_what_the_page_shows(example):
    assert commands(example.text), "a console block shows at least one command"
    for command, expected in commands(example.text):
        words = shlex.split(command, comments=True)
        assert words[0] == "interlock", "only our own commands are run"
        done = subprocess.run(
            [sys.executable, "-m", "interlock.cli", *words[1:]],
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert pattern_of(expected).fullmatch(printed.strip("\n") + "\n"), printed


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.kind == "yaml rulebook"], ids=label)
def test_rulebook_of_a_page_compiles(example):
    checked = check_rulebook([SourceFile(label(example), example.text)])
    assert checked.graph is not None, [str(d.message) for d in checked.diagnostics]


def test_every_block_says_what_it_is():
    known = {
        "console",
        "console not-run",
        "yaml rulebook",
        "yaml",
        "json",
        "toml",
        "lua",
        "python",
        "text",
        "sh",
    }
    assert {e.kind for e in EXAMPLES} - known - {""} == set()


def test_pages_link_to_files_that_exist():
    link = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")
    missing = [
        f"{page.name}: {target}"
        for page in PAGES
        if page.is_file()
        for target in link.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []
