"""Times as people and senders write them: RFC 3339 text for int64 nanoseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = 1_000_000_000


def rfc3339(instant: int) -> str:
    """Return an instant in UTC with as many digits of fraction as it needs (0, 3, 6 or 9)."""
    seconds, fraction = divmod(instant, _NANOSECONDS)
    text = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    if fraction:
        digits = f"{fraction:09d}"
        while digits.endswith("000"):
            digits = digits[:-3]
        text += "." + digits
    return text + "Z"
