"""What the checker says about an expression.

Responsible for `Problem`, a finding whose place is a range of the guard's own text. Whoever knows
where the guard stands in a file turns it into a diagnostic; nothing here knows files.
"""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One finding.

    Attributes:
        code: Catalogue code, `X201` to `X209` or `X215` to `X217`.
        message: What is wrong, with the author's own words in backquotes; no full stop.
        start: 0-based code point of the guard's text where the wrong characters begin.
        end: Where they end (exclusive).
        help: One possible remedy, or None.
        notes: Further facts, such as the members of a closed set.
        replacement: Text that could stand at `start:end` instead, or None; of an error what was
            certainly meant, of a warning perhaps.
        is_warning: Whether the guard may still be right.
    """

    code: str
    message: str
    start: int
    end: int
    help: str | None = None
    notes: tuple[str, ...] = ()
    replacement: str | None = None
    is_warning: bool = False
