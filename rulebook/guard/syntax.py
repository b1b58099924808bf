"""What is wrong with text that is no guard, in words.

Responsible for `ParseProblem` and for its messages and hints. Never decides whether text is right;
the parser has done that.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.tables import END


class ParseProblem(msgspec.Struct, frozen=True):
    """Why a text is no guard.

    Attributes:
        message: What is wrong; no full stop.
        start: 0-based code point where the wrong text starts.
        end: Where it ends (exclusive).
        help: One possible remedy, or None.
    """

    message: str
    start: int
    end: int
    help: str | None = None

    def error(self) -> GuardError:
        """Return the problem as the exception of the language."""
        text = self.message if self.help is None else f"{self.message}; {self.help}"
        return GuardError(text, ErrorKind.SYNTAX, self.start, self.end)


class Token(msgspec.Struct, frozen=True):
    """A terminal of the grammar with its text and place."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends (exclusive)."""
        return self.start + len(self.text)


_WORDS: Final = {
    "and": "`and` is written `&&`",
    "AND": "`AND` is written `&&`",
    "or": "`or` is written `||`",
    "OR": "`OR` is written `||`",
    "not": "`not x` is written `!x`, and `x not in y` is `!(x in y)`",
    "is": "`is` is written `==`",
    "if": "a condition is written `condition ? value : other`",
    "else": "a condition is written `condition ? value : other`",
    "matches": "`matches` is called: text.matches(pattern)",
    "contains": "`contains` is called: text.contains(part)",
}
_CHARACTERS: Final = {
    "=": "equality is written `==`",
    "&": "and is written `&&`",
    "|": "or is written `||`",
    ";": "a guard is one expression",
    "#": "a comment starts with `//`",
    "$": "variables have no `$`",
    "@": None,
    "^": "there is no power operator; math.bitXor(a, b) is exclusive or",
    "~": "math.bitNot(a) is the ones' complement; text.matches(pattern) tests a pattern",
}
_SMART_QUOTES: Final = "\u2018\u2019\u201c\u201d"
_VALUE_STARTS: Final = frozenset({"IDENT", "STRING", "INT"})
_CLOSERS: Final = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}
_WORD = re.compile(r"[^\W\d]\w*")


def describe_bad_text(source: str, position: int) -> ParseProblem:
    """Return the problem of text at `position` that starts no token."""
    character = source[position]
    end = position + 1
    if character in "\"'":
        quotes = 3 if source.startswith(character * 3, position) else 1
        return ParseProblem(
            f"the text that starts with {character * quotes} is never closed",
            position,
            len(source),
            _how_to_close(source, position, character) if quotes == 1 else None,
        )
    if character == "`":
        return ParseProblem(
            "a name in backquotes holds letters, digits, `_ . - /` and spaces", position, end
        )
    if character in _SMART_QUOTES:
        return ParseProblem(
            f"`{character}` quotes nothing", position, end, "text is written in \" or '"
        )
    if word := _word_around(source, position):
        return ParseProblem(
            f"`{word[0]}` is no name",
            word.start(),
            word.end(),
            "names are ASCII letters, digits and `_`",
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return ParseProblem(f"`{shown}` has no meaning here", position, end, _CHARACTERS.get(character))


def _how_to_close(source: str, position: int, opening: str) -> str:
    """Return how to end a text, by whether the other kind of quote or the line ends first."""
    rest = source[position + 1 :].partition("\n")[0]
    other = "'" if opening == '"' else '"'
    if rest.count(other) == 1:
        return f"it begins with {opening} and ends with {other}: use one of them at both ends"
    return f"end it with {opening} on the same line" if rest else "text ends on its line"


def _word_around(source: str, position: int) -> re.Match[str] | None:
    return next((m for m in _WORD.finditer(source) if m.start() <= position < m.end()), None)


def describe_unexpected(
    token: Token, accepted: set[str], opened: list[tuple[str, int]]
) -> ParseProblem:
    """Return the problem of a token that cannot stand where it stands.

    Args:
        token: The first token that is wrong.
        accepted: The kinds of tokens that could stand there.
        opened: The brackets open at that place and where they start, outermost first.
    """
    wants_value = accepted >= _VALUE_STARTS
    if token.kind == END:
        if opened and not wants_value and "QUOTED" not in accepted:
            bracket, start = opened[-1]
            return ParseProblem(f"`{bracket}` is never closed", start, start + 1)
        wanted = "a value" if wants_value else "a field name"
        return ParseProblem(f"the guard ends where {wanted} should stand", token.start, token.start)
    if token.kind in _CLOSERS and not wants_value:
        if not opened:
            return ParseProblem(f"`{token.text}` closes nothing", token.start, token.end)
        bracket, start = opened[-1]
        return ParseProblem(
            f"`{token.text}` does not close the `{bracket}` at column {start + 1}",
            token.start,
            token.end,
        )
    message, remedy = _words(token, accepted, wants_value=wants_value)
    return ParseProblem(message, token.start, token.end, remedy)


def _words(token: Token, accepted: set[str], *, wants_value: bool) -> tuple[str, str | None]:
    shown = token.text if len(token.text) <= 40 else f"{token.text[:40]}..."  # noqa: PLR2004 - a line
    if token.text in _WORDS:
        return f"`{token.text}` is no operator", _WORDS[token.text]
    if token.kind == "RESERVED" and wants_value:
        return f"`{token.text}` is a reserved word; no variable can have that name", None
    if wants_value:
        return f"a value should stand before `{shown}`", None
    if accepted >= {"IDENT", "QUOTED"}:
        return f"a field name should stand instead of `{shown}`", "other keys are written x['key']"
    if token.kind == "LBRACE":
        return "messages cannot be built in a guard", None
    return f"an operator should stand before `{shown}`", None
