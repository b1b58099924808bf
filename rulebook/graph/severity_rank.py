"""The order of severities, by the numbers in their names."""

from __future__ import annotations

import re
from typing import Final

_NUMBERED: Final = re.compile(r"[A-Za-z]{1,8}-?([0-9]{1,3})")
_LAST_RANK: Final = 1000


def severity_rank(severity: str | None) -> int:
    """Order severities by their number (`P1` is 1, worst first); other names come after all."""
    match = _NUMBERED.fullmatch(severity or "")
    return int(match[1]) if match else _LAST_RANK
