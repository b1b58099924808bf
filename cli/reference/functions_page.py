"""The functions and operators of guards as one Markdown page, from their table.

Rules of this file: signatures and descriptions come from the table of functions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.rulebook.guard.signature import Function

_OPERATOR = re.compile(r"[_@!-]")
_BINARY = re.compile(r"_([^_\[?]+)_")


def render_functions(functions: Iterable[Function]) -> str:
    """Return the page, operators first, each in order of its name."""
    table = sorted(functions, key=lambda function: function.name)
    operators = [function for function in table if _OPERATOR.match(function.name)]
    named = [function for function in table if not _OPERATOR.match(function.name)]
    return "".join(
        (
            "# Guards: operators and functions\n\n",
            "Guards are [CEL](https://github.com/google/cel-spec) expressions. In a signature\n",
            "`string.(int)` is a function called on its first argument, `A` and `B` are any\n",
            "type, and `, ...` means that the last argument may be repeated.\n\n",
            "## Operators\n\n",
            *_rows(operators),
            "\n## Functions\n\n",
            *_rows(named),
        )
    )


def _rows(functions: Iterable[Function]) -> Iterator[str]:
    yield "| name | does | signatures |\n|---|---|---|\n"
    for function in functions:
        signatures = "<br>".join(_code(_signature(str(one))) for one in function.overloads)
        yield f"| {_code(_written(function.name))} | {_cell(function.doc)} | {signatures} |\n"


def _written(name: str) -> str:
    """Return an operator as an author writes it: `_+_` is `x + y`."""
    if name == "@in":
        return "x in y"
    if binary := _BINARY.fullmatch(name):
        return f"x {binary[1]} y"
    if _OPERATOR.match(name):
        for operand in "xyz":
            name = name.replace("_", operand, 1)
    return name


def _signature(text: str) -> str:
    return text.replace("google.protobuf.Timestamp", "timestamp").replace(
        "google.protobuf.Duration", "duration"
    )


def _code(text: str) -> str:
    return _cell(f"`{text}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
