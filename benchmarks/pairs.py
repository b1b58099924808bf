"""Two functions measured in turns, so that a slow moment of the machine hits both."""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Pair(NamedTuple):
    """Median nanoseconds of a call, and the median ratio to the base in the same slice."""

    ns: float
    ratio: float


def slice_ns(function: Callable[[Any], Any], arguments: list[Any]) -> float:
    """Return nanoseconds of a call, over one call with each argument."""
    begin = perf_counter_ns()
    for argument in arguments:
        function(argument)
    return (perf_counter_ns() - begin) / len(arguments)


def measure_pair(
    function: Callable[[Any], Any],
    base: Callable[[Any], Any],
    make_arguments: Callable[[int], list[Any]],
    *,
    rounds: int = 15,
    slice_s: float = 0.02,
) -> Pair:
    """Measure `function` against `base` in alternating slices."""

    def enough(one: Callable[[Any], Any]) -> list[Any]:
        ns = max(min(slice_ns(one, make_arguments(3)) for _ in range(3)), 30.0)
        return make_arguments(max(1, int(slice_s * 1e9 / ns)))

    own, other = enough(function), enough(base)
    times, ratios = [], []
    for _ in range(rounds):
        base_ns = slice_ns(base, other)
        ns = slice_ns(function, own)
        times.append(ns)
        ratios.append(ns / base_ns)
    return Pair(median(times), median(ratios))
