"""The spaces inside a guard.

Responsible for one space round binary operators and after commas, none inside brackets: the spacing
of the unparser. Every token stays as the author wrote it, parentheses, quotes and number formats
too, which the unparser would rewrite; so its canonical text is the proof here and not the result.
Never touches a guard that does not parse or that holds a comment.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.parser import parse, tokenize
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.unparser import unparse

if TYPE_CHECKING:
    from interlock.rulebook.guard.syntax import Token

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_DOTS: Final = frozenset({".", ".?"})
_OPERAND_ENDS: Final = frozenset(
    {"IDENT", "RESERVED", "QUOTED", "INT", "UINT", "FLOAT", "STRING", "RAW_STRING", "BYTES",
     "RAW_BYTES", "TRUE", "FALSE", "NULL", "RPAR", "RSQB", "RBRACE"}
)  # fmt: skip
_SPACE: Final = "SPACE"
_LINE_END: Final = re.compile(r"[ \t]*\r?\n")


@lru_cache(maxsize=4096)
def space_guard(text: str) -> str:
    """Return the guard in canonical spacing; line breaks stay where they are."""
    before = parse(text)
    if isinstance(before, ParseProblem):
        return text
    tokens = tokenize(text)
    if any(token.kind == _SPACE and "//" in token.text for token in tokens):
        return text
    spaced = _join(tokens)
    after = parse(spaced)
    is_same = not isinstance(after, ParseProblem) and unparse(after) == unparse(before)
    return spaced if is_same and _words(tokenize(spaced)) == _words(tokens) else text


def _words(tokens: tuple[Token, ...]) -> list[str]:
    return [token.text for token in tokens if token.kind != _SPACE]


def _join(tokens: tuple[Token, ...]) -> str:
    writer = _Writer()
    for token in tokens:
        if token.kind == _SPACE:
            writer.line_break = _LINE_END.sub("\n", token.text) if "\n" in token.text else ""
        else:
            writer.add(token)
    return "".join(writer.parts)


class _Writer:
    """Writes tokens one after the other; knows the brackets that are open."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.line_break = ""
        self._last: Token | None = None
        self._sticks = True  # whether the next token follows the last one without a space
        self._open: list[list[int | str]] = [["", 0]]  # bracket, conditions waiting for their `:`

    def add(self, token: Token) -> None:
        """Write one token and what belongs before it."""
        ends_operand = self._last is not None and self._last.kind in _OPERAND_ENDS
        is_marker = token.text == "?" and not ends_operand
        is_entry = token.text == ":" and self._open[-1] == ["{", 0]
        sticks = self._sticks or token.text in _CLOSING or token.text == "," or is_entry
        sticks |= ends_operand and (token.text in _DOTS or token.text in ("(", "["))
        if self._last is not None:
            self.parts.append(self.line_break or ("" if sticks else " "))
        self.parts.append(token.text)
        self.line_break = ""
        is_unary = token.kind == "NOT" or (token.kind == "MINUS" and not ends_operand)
        self._sticks = is_unary or is_marker or token.text in _OPENING or token.text in _DOTS
        self._follow_brackets(token.text, is_condition=not is_marker, is_entry=is_entry)
        self._last = token

    def _follow_brackets(self, text: str, *, is_condition: bool, is_entry: bool) -> None:
        if text in _OPENING:
            self._open.append([text, 0])
        elif text in _CLOSING:
            self._open.pop()
        elif text == "?" and is_condition:
            self._open[-1][1] = int(self._open[-1][1]) + 1
        elif text == ":" and not is_entry:
            self._open[-1][1] = int(self._open[-1][1]) - 1
