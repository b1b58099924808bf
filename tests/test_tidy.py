"""The house stays as it is described: sizes, packages, boundaries, words."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("cli", "interpreter", "rulebook", "schemas", "policies")
MODULES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.is_file()
)
MODULE_LINES_MAX = 350
FUNCTION_LINES_MAX = 60
LONG_MODULES: dict[str, str] = {}
"""Modules over the limit, each with the reason why."""

BOUNDARIES = {
    "cli/main.py": "whatever a command lets through becomes one line and exit 3",
    "interpreter/hooks/python_hooks.py": "a user's hook function may raise anything",
    "interpreter/journal/sqlite_thread.py": "what a job raises is handed to whoever waits for it",
    "interpreter/runtime/batch.py": "an input whose decision raises goes to quarantine",
    "interpreter/runtime/dispatcher.py": "an executor that raises leaves its effect in doubt",
    "interpreter/runtime/doubts.py": "an executor that raises leaves the doubt what it was",
    "interpreter/server/app.py": "a request that raises is answered, and never shown why",
    "interpreter/server/slack.py": "a decision that is made after its answer must not vanish",
}
"""The named boundaries at which any exception is caught."""

CLOCKS = {
    "interpreter/runtime/clock.py": "the one place that tells the time and waits for it",
    "interpreter/journal/postgres_pool.py": "how long a lost server is waited for",
    "interpreter/hooks/http_hooks.py": "a target's time to answer is bounded on the wire",
    "interpreter/channels/smtp.py": "a mail server's time to answer is bounded on the wire",
    "interpreter/server/bodies.py": "a sender's time to send is bounded on the wire",
    "interpreter/runtime/engine.py": "gives way to other tasks (`sleep(0)`), waits for no time",
}
"""Where the interpreter may meet real time. Everywhere else it asks a `Clock`, and rolls no dice,
so that one seed gives one run (tests/simulation)."""

UNPREDICTABLE = re.compile(
    r"^(time\.\w+|random\.\w+|secrets\.\w+|uuid\.\w+|os\.urandom|asyncio\.(sleep|timeout|timeout_at"
    r"|wait_for)|\w+\.(call_later|call_at)|(datetime\.)?datetime\.(now|utcnow|today)|date\.today)$"
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_of_a_size_to_read(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES_MAX or name_of(path) in LONG_MODULES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_function_fits_a_screen(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def is_raised_again(node: ast.ExceptHandler) -> bool:
    """Cleaning up and raising the same again is no boundary."""
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_exception_is_caught_at_named_boundaries_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    broad = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        if node.type is None
        or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        if not is_raised_again(node)
    ]
    assert broad == [] or name_of(path) in BOUNDARIES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_time_and_chance_come_through_the_clock_alone(path):
    if not name_of(path).startswith("interpreter/") or name_of(path) in CLOCKS:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [name for name in called if UNPREDICTABLE.match(name)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_says_what_it_is_responsible_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert "TBD" not in docstring


def test_every_package_is_in_the_distribution():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = settings["tool"]["setuptools"]["packages"]
    found = sorted(
        "interlock." + name_of(path.parent).replace("/", ".")
        for path in MODULES
        if path.name == "__init__.py"
    )
    assert listed == found


def test_names_avoid_the_words_that_say_nothing():
    empty = re.compile(r"(^|_)(manager|helper|util|utils|handler|common|misc)(s?)(_|$)")
    assert [name_of(path) for path in MODULES if empty.search(path.stem)] == []
