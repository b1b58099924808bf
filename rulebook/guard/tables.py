"""The parsing tables: made from grammar.lark with Lark, kept as grammar.json, read at run time.

Responsible for running Lark's LALR generator (as a program, when the grammar changes) and for
reading its result. Lark itself is never imported by a process that only parses: its import takes
longer than compiling a hundred guards.

Run `python -m interlock.rulebook.guard.tables` after changing grammar.lark.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

END: Final = "$END"
_GRAMMAR: Final = "grammar.lark"
_TABLES: Final = "grammar.json"


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
    return msgspec.json.decode(_data(_TABLES).read_bytes(), type=Tables)


def _data(name: str) -> Any:
    return resources.files("interlock.rulebook.guard").joinpath(name)


def generate() -> bytes:
    """Return the content grammar.json should have, made by Lark from grammar.lark."""
    from lark import Lark  # noqa: PLC0415 - needed only here, and slow to import

    lark = Lark(
        _data(_GRAMMAR).read_text("utf-8"), parser="lalr", lexer="basic", keep_all_tokens=True
    )
    tables = _tables(lark)
    encoded = msgspec.json.encode(tables, order="deterministic")
    # one state or rule a line, so that a change of the grammar can be reviewed
    return re.sub(rb"([}\]]),(?=[{\[])", rb"\1,\n", encoded) + b"\n"


def _tables(lark: Any) -> Tables:
    table: Any = lark.parser.parser._parse_table  # noqa: SLF001 - Lark offers no public access
    rules = list(lark.rules)
    number = {rule: position for position, rule in enumerate(rules)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(table.states)):
        row = table.states[state]
        actions.append({})
        gotos.append({})
        for symbol, (action, argument) in row.items():
            if str(action) == "Reduce":
                actions[-1][str(symbol)] = -1 - number[argument]
            else:
                (actions if symbol.isupper() or symbol == END else gotos)[-1][str(symbol)] = (
                    argument
                )
    terminals, keywords = _lexis(lark)
    return Tables(
        terminals,
        keywords,
        tuple(
            Rule(str(rule.origin.name), len(rule.expansion), rule.alias and str(rule.alias))
            for rule in rules
        ),
        tuple(actions),
        tuple(gotos),
        table.start_states["start"],
        table.end_states["start"],
    )


def _lexis(lark: Any) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    ident = re.compile(next(t.pattern.value for t in lark.terminals if t.name == "IDENT"))
    ordered = sorted(
        lark.terminals,
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    keywords: dict[str, str] = {}
    terminals: list[tuple[str, str]] = []
    for terminal in ordered:
        pattern = terminal.pattern
        words = [pattern.value] if pattern.type == "str" else pattern.value.strip("(?:)").split("|")
        if terminal.name != "IDENT" and all(ident.fullmatch(word) for word in words):
            keywords |= dict.fromkeys(words, terminal.name)
        else:
            terminals.append((terminal.name, pattern.to_regexp()))
    return tuple(terminals), keywords


def _write() -> None:
    target = _data(_TABLES)
    target.write_bytes(generate())
    sys.stdout.write(f"wrote {target}\n")


if __name__ == "__main__":
    _write()
