"""The parsing tables of the guard language, read from grammar.json.

Responsible for the shape of the tables and for reading them. Never makes them; grammar.py does,
with Lark, when the grammar changes.
"""

from __future__ import annotations

from functools import cache
from pkgutil import get_data
from typing import Final

import msgspec

END: Final = "$END"
TABLES: Final = "grammar.json"


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """A production: what it makes, of how many symbols, and which function builds it."""

    origin: str
    size: int
    alias: str | None


class Tables(msgspec.Struct, frozen=True):
    """LALR(1) tables and the lexer's patterns.

    Attributes:
        terminals: Name and pattern of each terminal, in the order in which they are tried.
        keywords: Text that `IDENT` matches, to the name of its terminal.
        rules: The productions; an action refers to them by position.
        actions: For each state, terminal to action: a state to shift to, or -1 - rule to reduce.
        gotos: For each state, what was made to the next state.
        start: The state in which parsing starts.
        final: The state in which it ends.
    """

    terminals: tuple[tuple[str, str], ...]
    keywords: dict[str, str]
    rules: tuple[Rule, ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    start: int
    final: int


@cache
def load_tables() -> Tables:
    """Return the tables that belong to this package."""
    data = get_data("interlock.rulebook.guard", TABLES)
    assert data is not None, "the loader of this package reads files"
    return msgspec.json.decode(data, type=Tables)
