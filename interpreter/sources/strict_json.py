"""Bytes from strangers to JSON values, or to a problem: the only door for what senders wrote.

Stricter than RFC 8259 where two readers could disagree: UTF-8 without a byte order mark, nesting of
at most `DEPTH_MAX`, each key of an object once, integers within int64, finite doubles, no lone
surrogates. U+0000 is a character like any other here. Never raises for any bytes, never rounds
an integer to a double, never reads more than the caller allows, or more than `CONTAINERS_MAX`
objects and lists (a body of empty lists costs a hundred times what its bytes suggest).
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from interlock.interpreter.sources.delivery import Problem, ProblemCode

DEPTH_MAX: Final = 64
CONTAINERS_MAX: Final = 500_000
_INTEGER_DIGITS_MAX: Final = 19
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1
_SHOWN_LENGTH: Final = 60

# For the quick proof in `_is_plain`: all digits alike, all white space alike.
_BLURRED: Final = bytes.maketrans(b"123456789\t\n\r", b"000000000   ")
_LONG_NUMBER: Final = b"0" * _INTEGER_DIGITS_MAX
_ESCAPED_MARKS: Final = (b"\\u0022", b"\\u003a", b"\\u003A")


def decode_json(data: bytes, *, bytes_max: int) -> Any | Problem:
    """Return the value that `data` holds, or the Problem with it.

    A Problem is never a JSON value, so the caller tells the two apart by `isinstance`.
    """
    if len(data) > bytes_max:
        return Problem(
            ProblemCode.TOO_LARGE, f"{len(data)} bytes, where at most {bytes_max} are read"
        )
    brackets = data.count(b"{") + data.count(b"[")
    if brackets > CONTAINERS_MAX:
        return Problem(
            ProblemCode.TOO_LARGE,
            f"{brackets} opening brackets, where at most {CONTAINERS_MAX} are read",
        )
    try:
        return _read(data, brackets)
    except _RefusedError as refused:
        return Problem(ProblemCode.MALFORMED, f"not the JSON we read: {refused}")


class _RefusedError(Exception):
    """The text says why the bytes are not taken."""


def _read(data: bytes, brackets: int) -> Any:
    try:
        value = msgspec.json.decode(data)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise _RefusedError("not UTF-8") from None
    except msgspec.DecodeError as error:
        raise _RefusedError(_in_our_words(str(error)) if data.strip() else "empty") from None
    if brackets > DEPTH_MAX and _is_deeper_than(value, DEPTH_MAX):
        raise _too_deep()
    if _is_plain(data, value):
        return value
    # Well-formed and shallow, so that reading it once more, with checks, cannot fail otherwise.
    return _checking.decode(data.decode())


def _is_plain(data: bytes, value: Any) -> bool:
    r"""Tell whether `value` is proved to hold every key of `data`, and integers within int64.

    Where no quote or colon is written as `\u0022` or `\u003a` and no space stands before a colon,
    `":` stands in the text once for each key, and otherwise only inside strings, from where
    encoding repeats it. So equal counts mean that no key was overwritten by its repetition. Runs of
    fewer than 19 digits fit int64.
    """
    blurred = data.translate(_BLURRED)
    if _LONG_NUMBER in blurred or b" :" in blurred:
        return False
    if b"\\u00" in data and any(mark in data for mark in _ESCAPED_MARKS):
        return False
    return data.count(b'":') == msgspec.json.encode(value).count(b'":')


def _is_deeper_than(value: Any, depth_max: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(depth_max):
        level = [
            member
            for container in level
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _RefusedError(f"the key {key[:_SHOWN_LENGTH]!r} stands twice in one object")
        seen.add(key)
    return members


def _int64(digits: str) -> int:
    if len(digits.lstrip("-")) <= _INTEGER_DIGITS_MAX:
        number = int(digits)
        if _INT64_MIN <= number <= _INT64_MAX:
            return number
    raise _RefusedError(f"the integer {digits[:_SHOWN_LENGTH]} does not fit in 64 bits")


_checking = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_int64)


def _in_our_words(text: str) -> str:
    """Shorten msgspec's "JSON is malformed: trailing comma in array (byte 3)"."""
    words = text.removeprefix("JSON is malformed: ")
    return "cut off in the middle" if words == "Input data was truncated" else words


def _too_deep() -> _RefusedError:
    return _RefusedError(f"nested deeper than {DEPTH_MAX} levels")
