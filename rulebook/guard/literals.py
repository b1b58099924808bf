"""Text and number literals to values.

Responsible for quotes, escapes, radixes and ranges of literals as written. Never sees a whole
expression. Source: cel-spec `doc/langdef.md`, "String and Bytes Values".
"""

from __future__ import annotations

import re
from typing import Final

from interlock.rulebook.guard.values import INT_MAX, UINT_MAX, Uint

DIGITS_MAX: Final = 32  # more than 64 bits need, in any radix
_ESCAPE = (
    r"\\(?:(?P<plain>[\\?\"'`abfnrtv])|[xX](?P<hex>[0-9a-fA-F]{2})"
    r"|u(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<bad>.?))"
)
_PLAIN: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_CODE_POINT_MAX: Final = 0x10FFFF


class LiteralProblem(Exception):  # noqa: N818 - caught and turned into a value within this folder
    """A literal that has no value; `start` and `end` count from the literal's first character."""

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


def read_int(text: str) -> int:
    """Return the value of an int literal; 2**63 is left to the sign before it."""
    number = _whole(text)
    if number > INT_MAX + 1:
        raise LiteralProblem(f"{text} is outside int (64 bits); write {text}u for uint")
    return number


def read_uint(text: str) -> Uint:
    """Return the value of a uint literal, its `u` included."""
    number = _whole(text[:-1])
    if number > UINT_MAX:
        raise LiteralProblem(f"{text} is outside uint (64 bits)")
    return Uint(number)


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX:
        text = (
            text[:2] + text[2:].lstrip("0") if text[1:2] in {"x", "X"} else text.lstrip("0") or "0"
        )
    if len(text) > DIGITS_MAX:
        raise LiteralProblem(f"a number of {len(text)} digits is outside 64 bits")
    return int(text, 16) if text[1:2] in {"x", "X"} else int(text)


def read_float(text: str) -> float:
    """Return the value of a double literal."""
    number = float(text)
    if number == float("inf"):
        raise LiteralProblem(f"{text[:40]} is outside double")
    return number


def _body(text: str, prefix: int) -> tuple[str, int]:
    quotes = 3 if text.startswith(('"""', "'''"), prefix) and len(text) >= prefix + 6 else 1
    return text[prefix + quotes : -quotes], prefix + quotes


def read_raw_string(text: str) -> str:
    """Return the value of `r"..."`."""
    return _body(text, 1)[0]


def read_raw_bytes(text: str) -> bytes:
    """Return the value of `br"..."`."""
    return _body(text, 2)[0].encode()


def read_string(text: str) -> str:
    """Return the value of `"..."`."""
    body, offset = _body(text, 0)
    if "\\" not in body:
        return body

    def replace(match: re.Match[str]) -> str:
        start, end = match.start() + offset, match.end() + offset
        return _unescape(match, start, end)

    return re.sub(_ESCAPE, replace, body, flags=re.DOTALL)


def _unescape(match: re.Match[str], start: int, end: int) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "plain":
        return _PLAIN.get(value, value)
    if kind == "bad":
        raise LiteralProblem(
            f"`{match[0]}` is no escape; a backslash is written `\\\\`", start, end
        )
    if kind == "pair":
        high, low = int(value[:4], 16), int(value[6:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    code = int(value, 8 if kind == "octal" else 16)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates
        raise LiteralProblem(f"`{match[0]}` is half of a character (a lone surrogate)", start, end)
    if code > _CODE_POINT_MAX:
        raise LiteralProblem(f"`{match[0]}` is above U+10FFFF", start, end)
    return chr(code)


def read_bytes(text: str) -> bytes:
    r"""Return the value of `b"..."`: UTF-8, where `\x` and octal escapes are single bytes."""
    body, offset = _body(text, 1)
    parts: list[bytes] = []
    position = 0
    for match in re.finditer(_ESCAPE, body, re.DOTALL):
        parts.append(body[position : match.start()].encode())
        position = match.end()
        kind = match.lastgroup or ""
        start, end = match.start() + offset, match.end() + offset
        if kind in {"hex", "octal"}:
            parts.append(bytes([int(match[kind], 16 if kind == "hex" else 8)]))
        elif kind == "plain":
            parts.append(_unescape(match, start, end).encode())
        else:
            raise LiteralProblem(f"`{match[0]}` is no escape of bytes", start, end)
    parts.append(body[position:].encode())
    return b"".join(parts)
