"""From grammar.lark to grammar.json, by `python -m interlock.rulebook.guard.grammar`.

Responsible for running Lark's LALR generator and writing its tables in an order that does not
depend on the run. A developer's program: nothing imports this module, so that a process that only
parses never imports Lark, which takes longer than compiling a hundred guards.
"""

from __future__ import annotations

import re
import sys
from importlib import resources
from typing import Any, Final

import msgspec
from lark import Lark

from interlock.rulebook.guard.tables import END, TABLES, Rule, Tables

_GRAMMAR: Final = "grammar.lark"
_NO_LONGER_WORD: Final = ")(?![_a-zA-Z0-9])"  # how a terminal of several keywords ends


def _data(name: str) -> Any:
    return resources.files("interlock.rulebook.guard").joinpath(name)


def load_lark() -> Lark:
    """Return Lark's own parser of the grammar."""
    return Lark(_data(_GRAMMAR).read_text("utf-8"), parser="lalr", lexer="basic")


def generate() -> bytes:
    """Return the content grammar.json should have, made by Lark from grammar.lark."""
    tables = _tables(load_lark())
    encoded = msgspec.json.encode(tables, order="deterministic")
    # one state or rule a line, so that a change of the grammar can be reviewed
    return re.sub(rb"([}\]]),(?=[{\[])", rb"\1,\n", encoded) + b"\n"


def _tables(lark: Any) -> Tables:
    table: Any = lark.parser.parser._parse_table  # noqa: SLF001 - Lark offers no public access
    rules = sorted(lark.rules, key=str)
    rule_number = {rule: position for position, rule in enumerate(rules)}
    states = _ordered_states(table)
    state_number = {state: position for position, state in enumerate(states)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in states:
        actions.append({})
        gotos.append({})
        for symbol, (action, argument) in table.states[state].items():
            is_terminal = symbol.isupper() or symbol == END
            if str(action) == "Reduce":
                actions[-1][str(symbol)] = -1 - rule_number[argument]
            else:
                (actions if is_terminal else gotos)[-1][str(symbol)] = state_number[argument]
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
        state_number[table.start_states["start"]],
        state_number[table.end_states["start"]],
    )


def _ordered_states(table: Any) -> list[Any]:
    """Return the states as they are met from the start; Lark's own numbers differ at each run."""
    ordered = [table.start_states["start"]]
    for state in ordered:
        row = table.states[state]
        for symbol in sorted(row, key=str):
            action, argument = row[symbol]
            if str(action) != "Reduce" and argument not in ordered:
                ordered.append(argument)
    return ordered


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
        words = pattern.value.removeprefix("(?:").removesuffix(_NO_LONGER_WORD).split("|")
        if terminal.name != "IDENT" and all(ident.fullmatch(word) for word in words):
            keywords |= dict.fromkeys(words, terminal.name)
        else:
            terminals.append((terminal.name, pattern.to_regexp()))
    return tuple(terminals), keywords


def _write() -> None:
    target = _data(TABLES)
    target.write_bytes(generate())
    sys.stdout.write(f"wrote {target}\n")


if __name__ == "__main__":
    _write()
