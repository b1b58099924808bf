"""Plain scalars to values, by the YAML 1.2 core schema.

Responsible for which unquoted words are null, a bool or a number (YAML 1.2.2 chapter 10.3.2). `no`,
`on`, `1_000` and `1:30` are strings. Never sees quoted text, which is always a string.
"""

from __future__ import annotations

import re

_WORDS: dict[str, bool | float | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip
_WORDS |= {
    sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
_BASES = {"int": 10, "octal": 8, "hex": 16}
_DIGITS_MAX = 400  # beyond any value we accept; int() is quadratic in the number of digits
_FIRST = frozenset("~.+-0123456789nNtTfF")


def resolve_plain(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar; what is no core-schema word or number is a string."""
    if text and text[0] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > _DIGITS_MAX:
        return text
    kind = match.lastgroup or "float"
    digits = match[kind]
    return float(digits) if kind == "float" else int(digits, _BASES[kind])
