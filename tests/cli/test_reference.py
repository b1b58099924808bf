from __future__ import annotations

import pytest
from click.testing import CliRunner

from interlock.cli.reference import __main__ as reference
from interlock.cli.reference.functions_page import (
    render_functions,
    render_operators,
    signatures_of,
)
from interlock.cli.reference.pages import PAGES
from interlock.rulebook.guard.functions import FUNCTIONS


@pytest.mark.parametrize("name", PAGES)
def test_a_committed_page_equals_the_generated_one(name):
    assert (reference.DOCS / name).read_text("utf-8") == PAGES[name](), "run `make docs`"


def test_writing_repairs_what_comparing_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    run = CliRunner().invoke
    missing = run(reference.command)
    assert missing.exit_code == 1
    assert "docs/lint.md differs: run `make docs`" in missing.output
    assert run(reference.command, ["--write"]).exit_code == 0
    assert {file.name for file in tmp_path.iterdir()} == set(PAGES)
    assert run(reference.command).output == ""


def test_every_function_is_documented():
    tables = render_operators(FUNCTIONS.values()) + render_functions(FUNCTIONS.values())
    assert tables.count("\n| `") == len(FUNCTIONS)


@pytest.mark.parametrize("shown", ["`x + y`", "`x in y`", "`!x`", "`-x`", "`x[y]`", "`x ? y : z`"])
def test_operators_are_written_as_an_author_writes_them(shown):
    assert f"| {shown} |" in render_operators(FUNCTIONS.values())


@pytest.mark.parametrize(
    ("name", "signatures"),
    [
        (
            "_<_",
            [
                "(T, T) -> bool for bool, int, uint, double, string, bytes, timestamp, duration",
                "(number, number) -> bool",
            ],
        ),
        ("double", ["(double or int or uint or string) -> double"]),
        ("getHours", ["(timestamp or duration).() -> int", "timestamp.(string) -> int"]),
        ("_==_", ["(A, A) -> bool"]),
        ("contains", ["string.(string) -> bool"]),
        ("optional.none", ["() -> optional(A)"]),
    ],
)
def test_overloads_that_differ_in_one_type_are_written_as_one(name, signatures):
    assert signatures_of(FUNCTIONS[name].overloads) == signatures
