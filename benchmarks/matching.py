"""One event against many guards: our index, the dict look-up that is its floor, and a plain loop.

Guard i names service i and two severities; each event matches one guard. The floor is one dict
look-up on the service and then the rest of the guard as a lambda. Slices of both alternate; build
time is not counted. Then one alert against many silences that are active, of which one matches.

Targets: with 10,000 guards at least 0.7 of the rate with 10, at least 0.25 of the floor; with
10,000 silences at least 0.7 of the rate with 10. Exit
status 1 when one is missed.
"""

from __future__ import annotations

import sys
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, Any

from events import make_event
from pairs import Pair, measure_pair

from interlock.interpreter.core.suppression import find_silence
from interlock.interpreter.runtime.silencing import compile_match
from interlock.rulebook.graph.matching import make_silence_entries
from interlock.rulebook.graph.routes import Silence
from interlock.rulebook.guard import compile_guard
from interlock.rulebook.guard.index import GuardIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    Match = Callable[[dict[str, Any]], list[int]]

SIZES = (10, 100, 1_000, 10_000)
LOOP_MAX = 1_000  # the loop over all guards is measured up to here
FLOOR_MIN = 0.25
GROWTH_MIN = 0.7


def floor(count: int) -> Match:
    found = {
        f"svc-{number}": [(number, lambda e: e["incident"]["severity"] in ("P1", "P2"))]
        for number in range(count)
    }

    def match(event: dict[str, Any]) -> list[int]:
        entries = found.get(event["incident"]["labels"]["service"], ())
        return [number for number, test in entries if test(event)]

    return match


def loop(count: int) -> Match:
    guards = [(number, compile_guard(guard(number))) for number in range(count)]
    return lambda event: [number for number, test in guards if test(event)]


def guard(number: int) -> str:
    return f'incident.labels.service == "svc-{number}" && incident.severity in ["P1", "P2"]'


def show(name: str, pair: Pair) -> float:
    print(f"  {name:<6} {1e9 / pair.ns:>12,.0f} events/s {1 / pair.ratio:>8.3f} of the floor")
    return 1 / pair.ratio


def main() -> int:
    random = Random(7)
    missed = False
    indexes = {count: GuardIndex(compile_guard(guard(i)) for i in range(count)) for count in SIZES}
    pools = {
        count: [make_event(service=f"svc-{random.randrange(count)}") for _ in range(256)]
        for count in SIZES
    }
    for count in SIZES:
        print(f"{count:,} guards")

        def events(calls: int, count: int = count) -> list[dict[str, Any]]:
            return list(islice(cycle(pools[count]), calls))

        base = floor(count)
        for event in pools[count]:
            if indexes[count].matching(event) != base(event):
                raise SystemExit("the index is wrong")
        share = show("index", measure_pair(indexes[count].matching, base, events))
        missed |= share < FLOOR_MIN
        if count <= LOOP_MAX:
            show("loop", measure_pair(loop(count), base, events, rounds=5))
    few, many = SIZES[0], SIZES[-1]

    def match(which: int) -> Callable[[int], Any]:
        index, pool = indexes[which], pools[which]
        return lambda call: index.matching(pool[call & 255])

    growth = 1 / measure_pair(match(many), match(few), lambda calls: list(range(calls))).ratio
    print(f"{many:,} guards at {growth:.2f} of the rate with {few}")
    silenced = measure_silences(few, many)
    print(f"{many:,} silences at {silenced:.2f} of the rate with {few}")
    return int(missed or min(growth, silenced) < GROWTH_MIN)


def measure_silences(few: int, many: int) -> float:
    """Return the rate with many silences as a share of the rate with few."""

    def match(count: int) -> Callable[[int], Any]:
        silences = [
            Silence(f"silence {n}", compile_match(f'event.labels.service == "svc-{n}"'))
            for n in range(count)
        ]
        entries = (make_silence_entries(silences),)
        active = dict.fromkeys((silence.name for silence in silences), None)
        event = {"event": {"labels": {"service": f"svc-{count // 2}"}}, "alert": {}}
        if find_silence(entries, active, event).by is None:
            raise SystemExit("the silence is not found")
        return lambda _: find_silence(entries, active, event)

    return 1 / measure_pair(match(many), match(few), lambda calls: list(range(calls))).ratio


if __name__ == "__main__":
    sys.exit(main())
