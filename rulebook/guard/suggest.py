"""Near spellings and short lists for messages.

Responsible for choosing the word an author most likely meant and for showing closed sets briefly.
Never knows where the words come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTED_MAX: Final = 8
DISTANCE_MAX: Final = 2
_SHORT: Final = 3  # words of so few letters are near to everything at distance 2
_TINY: Final = 2  # ... and of so few at distance 1
_DIGITS: Final = str.maketrans("", "", "0123456789")


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate nearest to `word`, or None when none is near.

    Near is an edit distance of at most 2 (less for short words), where upper and lower case, `-`
    and `_` do not count. Words that differ only in their numbers are not near: nobody who writes
    `P9` certainly means `P1`. Among equally near ones the first wins.
    """
    limit = 0 if len(word) <= _TINY else 1 if len(word) <= _SHORT else DISTANCE_MAX
    plain = _plain(word)
    letters = plain.translate(_DIGITS)
    best: str | None = None
    for candidate in candidates:
        if candidate == word:
            continue
        other = _plain(candidate)
        if other != plain and other.translate(_DIGITS) == letters:
            continue
        distance = edit_distance(plain, other, limit)
        if distance <= limit:
            best, limit = candidate, distance - 1
    return best


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def edit_distance(left: str, right: str, limit: int) -> int:
    """Return how many insertions, deletions, changes and swaps of neighbours lead to `right`.

    Above `limit` the answer is some number above it.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def listed(words: Iterable[str]) -> str:
    """Return the words with commas, at most eight of them: `a, b, c, … (4 more)`."""
    every = list(words)
    shown = every[:LISTED_MAX]
    if len(every) > LISTED_MAX:
        shown.append(f"… ({len(every) - LISTED_MAX} more)")
    return ", ".join(shown)
