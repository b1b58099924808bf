"""Times as senders write them, to int64 nanoseconds since 1970 (UTC).

Never reads a clock and never raises: what is no time, or outside int64, becomes None and a remark.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import parse_timestamp

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant

_NANOSECONDS: Final = 1_000_000_000
_MILLISECONDS_FROM: Final = 1e11  # epoch seconds reach this in the year 5138
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1
_SHOWN_LENGTH: Final = 40
_EPOCH: Final = re.compile(r"[0-9]{9,16}(?:\.[0-9]{1,9})?", re.ASCII)


def read_instant(name: str, value: Any, remarks: list[str]) -> Instant | None:
    """Return the instant that a field names: RFC 3339 text, or epoch seconds or milliseconds.

    An epoch number may be text, since senders with templates quote everything.

    Year 1 is how Go writes "no time": None without a remark, like null and the empty text.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        instant = _from_digits(value) if _EPOCH.fullmatch(value) else _from_text(value)
        if instant is None and value.startswith("0001-"):
            return None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        instant = _from_epoch(value)
    else:
        instant = None
    if instant is None:
        remarks.append(f"{name} {_shown(value)} is no time we can hold; left out")
    return instant


def _from_text(text: str) -> Instant | None:
    try:
        instant = parse_timestamp(text.upper()).nanoseconds
    except GuardError:
        return None
    return instant if _INT64_MIN <= instant <= _INT64_MAX else None


def _from_digits(text: str) -> Instant | None:
    return _from_epoch(float(text) if "." in text else int(text))


def _from_epoch(number: float) -> Instant | None:
    scale = _NANOSECONDS if abs(number) < _MILLISECONDS_FROM else 1_000_000
    whole = int(number)
    # The fraction is scaled alone: a double has too few digits for whole and fraction together.
    instant = whole * scale + round((number - whole) * scale)
    return instant if _INT64_MIN <= instant <= _INT64_MAX else None


def _shown(value: Any) -> str:
    return repr(value)[:_SHOWN_LENGTH] if isinstance(value, str | int | float) else "given"
