"""Which of many number ranges hold a number.

Responsible for one search over ranges that are given once: an interval tree in arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Range = tuple[float, float, int]  # low, high, and what to answer; both ends included


class Ranges:
    """Ranges sorted by their low end: a balanced tree in arrays, with each part's greatest high."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = sorted(ranges)
        self._greatest = [0.0] * len(self._ranges)
        self._fill(0, len(self._ranges))

    def _fill(self, start: int, end: int) -> float:
        if start >= end:
            return float("-inf")
        middle = (start + end) // 2
        below, above = self._fill(start, middle), self._fill(middle + 1, end)
        greatest = max(below, above, self._ranges[middle][1])
        self._greatest[middle] = greatest
        return greatest

    def holding(self, number: float) -> list[int]:
        """Return the answers of all ranges that hold the number, in no order; none hold NaN."""
        found: list[int] = []
        pending = [(0, len(self._ranges))]
        while pending:
            start, end = pending.pop()
            if start >= end:
                continue
            middle = (start + end) // 2
            if not self._greatest[middle] >= number:
                continue
            low, high, answer = self._ranges[middle]
            pending.append((start, middle))
            if low <= number:
                if number <= high:
                    found.append(answer)
                pending.append((middle + 1, end))
        return found
