"""What a target or function answered, to something fit to be recorded and shown.

Responsible for bounds on remote content: size, depth, integers, secrets echoed back, terminal
escapes. Pure; never raises for any bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.interpreter.hooks.secret import conceal

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULT_BYTES_MAX: Final = 262_144
"""Longest answer that is kept as a result."""

_DEPTH_MAX: Final = 32
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1
_LINE_LENGTH_MAX: Final = 200


class _TooDeepError(Exception):
    pass


def read_result(data: bytes, forms: Iterable[str] = ()) -> tuple[Any, str | None]:
    """Return an answer's JSON value and None, or None and why there is no value.

    Integers outside int64 become text; the concealed `forms` of secrets become `***`.
    """
    if not data.strip():
        return None, None
    if len(data) > RESULT_BYTES_MAX:
        return None, f"its answer is longer than {RESULT_BYTES_MAX} bytes and was not kept"
    try:
        return _kept(msgspec.json.decode(data), tuple(forms), _DEPTH_MAX), None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, "its answer is not JSON and was not kept"
    except (RecursionError, _TooDeepError):
        return None, f"its answer nests deeper than {_DEPTH_MAX} levels and was not kept"


def _kept(value: Any, forms: tuple[str, ...], depth: int) -> Any:
    match value:
        case str():
            return conceal(value, forms)
        case bool() | float() | None:
            return value
        case int():
            return value if _INT64_MIN <= value <= _INT64_MAX else str(value)
    if depth == 0:
        raise _TooDeepError
    if isinstance(value, dict):
        return {
            conceal(key, forms): _kept(member, forms, depth - 1) for key, member in value.items()
        }
    return [_kept(member, forms, depth - 1) for member in value]


def one_line(text: str, *, length_max: int = _LINE_LENGTH_MAX) -> str:
    """Return remote text as one short printable line: no escapes, line breaks or bidi controls."""
    cut = text[: 4 * length_max]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else " " for c in cut)
    line = " ".join(cut.split())
    return line if len(line) <= length_max else f"{line[: length_max - 1]}…"
