"""Guard source to nodes.

Responsible for reading text with the tables made from grammar.lark, and for saying what is wrong
with text that is no expression. Never types, resolves or evaluates. No recursion: nesting is
bounded and told, never a RecursionError.

The tables are Lark's, the loop here is not: it reads plain dicts and skips productions of one
symbol, which is where the time of an expression grammar goes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.builder import ACTIONS
from interlock.rulebook.guard.literals import LiteralProblem
from interlock.rulebook.guard.macros import MacroProblem
from interlock.rulebook.guard.nodes import Comprehension, Expr, Literal, children, walk
from interlock.rulebook.guard.syntax import (
    ParseProblem,
    Token,
    describe_bad_text,
    describe_unexpected,
)
from interlock.rulebook.guard.tables import END, load_tables
from interlock.rulebook.guard.values import INT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE_LENGTH_MAX: Final = 131_072
DEPTH_MAX: Final = 128
NESTING_MAX: Final = 2  # loops within loops, unless told otherwise
# half characters, and those that make text look other than it is
_HIDDEN = "[\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_LOOPS = r"\b(?:all|exists|exists_one|existsOne|filter|map|transform\w+)\b"
_BAD: Final = "BAD"  # a character that begins no token
_TEXTS: Final = ("STRING", "RAW_STRING")
_OPENING: Final = ("LPAR", "LSQB", "LBRACE")
_CLOSING: Final = ("RPAR", "RSQB", "RBRACE")


class _Unparsable(Exception):  # noqa: N818 - never leaves this file
    """Carries a problem out of the loop."""

    def __init__(self, problem: ParseProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Machine:
    """The tables in the shape that the loop reads, with the lexer made from them."""

    def __init__(self) -> None:
        tables = load_tables()
        names = [name for name, _ in tables.terminals]
        self._tokens = "|".join(f"({pattern})" for _, pattern in (*tables.terminals, (END, r"\Z")))
        # Each with the white space before it, which is never given back, and whatever is no token.
        space = dict(tables.terminals)["SPACE"]
        self.find_words = re.compile(f"(?:{space})?+(?:{self._tokens}|(?s:(.)))").finditer
        self.kinds = ("", *names, END, _BAD)
        self.ident = names.index("IDENT") + 1
        self.keywords = tables.keywords
        self.actions = tables.actions
        self.gotos = tables.gotos
        self.start = tables.start
        self.final = tables.final
        self.rules = tuple(
            (rule.size, rule.origin, ACTIONS[rule.alias] if rule.alias else None)
            for rule in tables.rules
        )
        self.paths: dict[tuple[int, str, str], tuple[int, int | None]] = {}

    @cached_property
    def find_tokens(self) -> Callable[..., Iterator[re.Match[str]]]:
        """Finds the tokens of a text that has been parsed, white space among them."""
        return re.compile(self._tokens).finditer

    def path(self, below: int, made: str, kind: str) -> tuple[int, int | None]:
        """Return the state after `made` and its action on `kind`, single productions skipped."""
        state = self.gotos[below][made]
        action = self.actions[state].get(kind)
        while action is not None and action < 0:
            size, origin, build = self.rules[-1 - action]
            if size != 1 or build is not None:
                break
            state = self.gotos[below][origin]
            action = 0 if state == self.final else self.actions[state].get(kind)
        found = self.paths[below, made, kind] = (state, action)
        return found

    def accepts(self, states: list[int], kind: str) -> bool:
        """Tell whether `kind` may come next."""
        states = [*states]
        action = self.actions[states[-1]].get(kind)
        while action is not None and action < 0:
            size, origin, _ = self.rules[-1 - action]
            del states[-size:]
            state, action = self.path(states[-1], origin, kind)
            states.append(state)
        return action is not None


@cache
def _machine() -> _Machine:
    return _Machine()


def parse(source: str, *, nesting_max: int | None = NESTING_MAX) -> Expr | ParseProblem:
    """Return the expression that `source` writes, or why it writes none.

    Args:
        source: The text.
        nesting_max: How many macros over lists or maps may stand within each other; None: any
            number.
    """
    length = len(source)
    if length > SOURCE_LENGTH_MAX:
        return ParseProblem(
            f"a guard of {length} characters is longer than {SOURCE_LENGTH_MAX}", 0, length
        )
    if not source.isascii() and (hidden := re.search(_HIDDEN, source)):
        return _refuse_hidden(hidden)
    machine = _machine()
    try:
        if sum(map(source.count, "([{")) > DEPTH_MAX:
            _refuse_deep_brackets(machine, source)
        node = _run(machine, source)
        if "9223372036854775808" in source or "8000000000000000" in source:
            _refuse_large_literals(node)
        if length > DEPTH_MAX:
            _refuse_deep_nodes(node)
        if nesting_max is not None and "(" in source and _loops(source) > nesting_max:
            _refuse_nested_loops(node, nesting_max)
    except _Unparsable as failure:
        return failure.problem
    except MacroProblem as problem:
        return ParseProblem(problem.message, problem.node.start, problem.node.end)
    return node


def _loops(source: str) -> int:
    """Count what may be a macro over a list or map, none of which goes without a bracket."""
    return len(re.findall(_LOOPS, source))


def tokenize(source: str) -> tuple[Token, ...]:
    """Return the tokens of an expression that parses, white space (kind `SPACE`) among them."""
    machine = _machine()
    found = (
        Token(machine.kinds[match.lastindex or 0], match[0], match.start())
        for match in machine.find_tokens(source)
    )
    return tuple(
        Token(machine.keywords.get(token.text, "IDENT"), token.text, token.start)
        if token.kind == "IDENT"
        else token
        for token in found
        if token.kind != END
    )


def _run(machine: _Machine, source: str) -> Expr:
    """Shift and reduce until the end; `starts` holds where each symbol on the stack begins."""
    actions, rules, paths = machine.actions, machine.rules, machine.paths
    kinds, keywords, ident = machine.kinds, machine.keywords, machine.ident
    state = machine.start
    states: list[int] = [state]
    values: list[Any] = []
    starts: list[int] = []
    start = end = 0
    try:
        for match in machine.find_words(source):
            index = match.lastindex or 0
            text = match[index]
            kind = keywords.get(text, "IDENT") if index == ident else kinds[index]
            action = actions[state].get(kind)
            while action is not None and action < 0:
                size, origin, build = rules[-1 - action]
                start = starts[-size]
                if size == 1:
                    if build:
                        values[-1] = build(values[-1:], start, end)
                    del states[-1]
                else:
                    symbols = values[-size:]
                    values[-size:] = (build(symbols, start, end) if build else symbols[0],)
                    del starts[1 - size :], states[-size:]
                below = states[-1]
                state, action = paths.get((below, origin, kind)) or machine.path(
                    below, origin, kind
                )
                states.append(state)
            if action is None:
                raise _unexpected(machine, source, states, Token(kind, text, match.start(index)))
            if kind == END:
                break
            state = action
            states.append(state)
            values.append(text)
            begin, end = match.span(index)
            starts.append(begin)
    except LiteralProblem as problem:
        stop = len(source) if problem.end is None else start + problem.end
        raise _Unparsable(
            ParseProblem(problem.message, start + problem.start, min(stop, end))
        ) from None
    node: Expr = values[0]
    return node


def _unexpected(machine: _Machine, source: str, states: list[int], token: Token) -> _Unparsable:
    if token.kind == _BAD:
        return _Unparsable(describe_bad_text(source, token.start))
    accepted = {
        kind
        for kind in (*machine.kinds[1:-1], *machine.keywords.values())
        if machine.accepts(states, kind)
    }
    quote = token.text[:1]
    if token.kind in _TEXTS and source.endswith(quote * 2, 0, token.start):
        # what was read as an empty text was the start of one in triple quotes
        return _Unparsable(describe_bad_text(source, token.start - 2))
    opened = [(source[at], at) for at in _open_brackets(machine, source, token.start)]
    return _Unparsable(describe_unexpected(token, accepted, opened))


def _open_brackets(
    machine: _Machine, source: str, stop: int, limit: int = SOURCE_LENGTH_MAX
) -> list[int]:
    """Return where the brackets open at `stop` start, no more than `limit` of them."""
    opened: list[int] = []
    for match in machine.find_tokens(source, 0, stop):
        kind = machine.kinds[match.lastindex or 0]
        if kind in _OPENING:
            opened.append(match.start())
            if len(opened) > limit:
                break
        elif kind in _CLOSING and opened:
            opened.pop()
    return opened


def _refuse_deep_brackets(machine: _Machine, source: str) -> None:
    opened = _open_brackets(machine, source, len(source), DEPTH_MAX)
    if len(opened) > DEPTH_MAX:
        raise _Unparsable(_too_deep(opened[-1], opened[-1] + 1))


def _refuse_deep_nodes(root: Expr) -> None:
    level = [root]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise _Unparsable(_too_deep(level[0].start, level[0].end))


def _too_deep(start: int, end: int) -> ParseProblem:
    return ParseProblem(
        f"nested deeper than {DEPTH_MAX} levels", start, end, "split the guard into named guards"
    )


def _refuse_hidden(found: re.Match[str]) -> ParseProblem:
    start, end, code = found.start(), found.end(), ord(found[0])
    if unicodedata.category(found[0]) == "Cs":
        return ParseProblem("half of a character (a lone surrogate)", start, end)
    return ParseProblem(
        f"U+{code:04X} ({unicodedata.name(found[0])}) makes a guard look other than it is",
        start,
        end,
        f"delete it; where it is meant, write it as `\\u{code:04x}` in quotes",
    )


def _refuse_nested_loops(root: Expr, nesting_max: int) -> None:
    pending = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, Comprehension):
            if depth == nesting_max:
                raise _Unparsable(_too_nested(node, nesting_max))
            pending.append((node.iterated, depth))
            bodies = (node.result, node.condition)
            pending.extend((body, depth + 1) for body in bodies if body is not None)
        else:
            pending.extend((child, depth) for child in reversed(children(node)))


def _too_nested(node: Comprehension, nesting_max: int) -> ParseProblem:
    return ParseProblem(
        f"loops nest {nesting_max} deep at most, and this `{node.macro}` is nested deeper",
        node.start,
        node.end,
        "filter or flatten the list before, so that one loop less is needed",
    )


def _refuse_large_literals(root: Expr) -> None:
    for node in walk(root):
        if isinstance(node, Literal) and type(node.value) is int and node.value > INT_MAX:
            raise _Unparsable(
                ParseProblem(f"{node.value} is outside int (64 bits)", node.start, node.end)
            )
