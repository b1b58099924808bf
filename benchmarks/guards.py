"""Guards: ours, other CEL engines and hand-written lambdas, as ratios to the lambda in one run.

Six predicates, from one equality to a mix of a dozen comparisons. Each call gets an event that no
call got shortly before: engines that convert an event do so every time, as in a daemon. Before,
the compilation of 10,000 distinct guards, cold and from a warm cache. Engines that are missing are
left out (`pip install cel-expr-python common-expression-language cel-python`).

Two more predicates of ours alone read fields that are missing, which is where evaluation leaves the
straight path.

Targets: the median of ours over the six at most 1.2, none above 1.5; cold compilation, with types
checked, at most 3.0 of cel-expr-python's, warm at most 0.3. Exit status 1 when one is missed.
"""

from __future__ import annotations

import re
import sys
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from events import make_event
from pairs import measure_pair

from interlock.rulebook.guard import compile_guard
from interlock.rulebook.guard.cache import CachedGuard, GuardCache, fingerprint, key_of
from interlock.rulebook.guard.compiled import link
from interlock.rulebook.guard.environment import dynamic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Predicate = Callable[[dict[str, Any]], Any]

MEDIAN_MAX = 1.2
EACH_MAX = 1.5
COLD_MAX = 3.0
WARM_MAX = 0.3
COUNT = 10_000

GUARDS = {
    "equality": 'incident.state == "TRIAGE"',
    "in, equality": 'incident.severity in ["P1", "P2"] && incident.labels.region == "us-east-1"',
    "has, prefix, number": "has(incident.labels.service) && "
    'incident.labels.service.startsWith("check") '
    "&& incident.metrics.burn > 10.0",
    "exists, size": 'incident.tags.exists(tag, tag.startsWith("slo:")) && size(incident.tags) < 10',
    "pattern or number": 'incident.title.matches("^(Critical|Fatal): .*latency.*$") '
    "|| incident.metrics.p99_ms > 1000.0",
    "twelve comparisons": '(incident.severity == "P1" || incident.severity == "P2") '
    '&& incident.state != "RESOLVED" && incident.labels.env == "prod" '
    '&& (incident.labels.region == "eu-west-1" || incident.labels.region == "us-east-1") '
    '&& !(incident.labels.team == "sandbox") && incident.metrics.error_rate >= 0.01 '
    "&& incident.metrics.rps > 100 "
    '&& (incident.labels.service == "checkout" || incident.labels.namespace == "checkout") '
    "&& incident.generation < 3",
}

_TITLE = re.compile("^(Critical|Fatal): .*latency.*$")
LAMBDAS: dict[str, Predicate] = {
    "equality": lambda e: e["incident"]["state"] == "TRIAGE",
    "in, equality": lambda e: (
        e["incident"]["severity"] in ("P1", "P2")
        and e["incident"]["labels"]["region"] == "us-east-1"
    ),
    "has, prefix, number": lambda e: (
        "service" in e["incident"]["labels"]
        and e["incident"]["labels"]["service"].startswith("check")
        and e["incident"]["metrics"]["burn"] > 10.0
    ),
    "exists, size": lambda e: (
        any(tag.startswith("slo:") for tag in e["incident"]["tags"])
        and len(e["incident"]["tags"]) < 10
    ),
    "pattern or number": lambda e: (
        _TITLE.search(e["incident"]["title"]) is not None
        or e["incident"]["metrics"]["p99_ms"] > 1000.0
    ),
    "twelve comparisons": lambda e: (
        (e["incident"]["severity"] == "P1" or e["incident"]["severity"] == "P2")
        and e["incident"]["state"] != "RESOLVED"
        and e["incident"]["labels"]["env"] == "prod"
        and (
            e["incident"]["labels"]["region"] == "eu-west-1"
            or e["incident"]["labels"]["region"] == "us-east-1"
        )
        and e["incident"]["labels"]["team"] != "sandbox"
        and e["incident"]["metrics"]["error_rate"] >= 0.01
        and e["incident"]["metrics"]["rps"] > 100
        and (
            e["incident"]["labels"]["service"] == "checkout"
            or e["incident"]["labels"]["namespace"] == "checkout"
        )
        and e["incident"]["generation"] < 3
    ),
}

MISSING: dict[str, tuple[str, Predicate]] = {
    "optional, default": (
        'incident.labels.?tier.orValue("gold") == "gold" && incident.?owner.orValue("") == ""',
        lambda e: (
            e["incident"]["labels"].get("tier", "gold") == "gold"
            and e["incident"].get("owner", "") == ""
        ),
    ),
    "absorbed": (
        'incident.labels.tier == "gold" || incident.labels.service.startsWith("check")',
        lambda e: (
            e["incident"]["labels"].get("tier") == "gold"
            or e["incident"]["labels"]["service"].startswith("check")
        ),
    ),
}


def cel_expr_python() -> Callable[[str], Predicate]:
    from cel_expr_python import cel  # noqa: PLC0415 - may be missing

    env = cel.NewEnv(variables={"incident": cel.Type.DYN})

    def make(source: str) -> Predicate:
        program = env.compile(source)
        return lambda event: program.eval(data={"incident": event["incident"]}).value()

    return make


def common_expression_language() -> Callable[[str], Predicate]:
    import cel  # noqa: PLC0415 - may be missing

    def make(source: str) -> Predicate:
        program = cel.compile(source)
        return lambda event: program.execute({"incident": event["incident"]})

    return make


def cel_python() -> Callable[[str], Predicate]:
    import celpy  # noqa: PLC0415 - may be missing

    env = celpy.Environment(runner_class=celpy.CompiledRunner)

    def make(source: str) -> Predicate:
        program = env.program(env.compile(source))
        return lambda event: program.evaluate({"incident": celpy.json_to_cel(event["incident"])})

    return make


def contenders() -> Iterator[tuple[str, Callable[[str], Predicate]]]:
    yield "interlock", compile_guard
    for start in (cel_expr_python, common_expression_language, cel_python):
        try:
            yield start.__name__.replace("_", "-"), start()
        except ImportError:
            print(f"{start.__name__.replace('_', '-')}: not installed")


POOL = [make_event(pod=f"checkout-queue-{number}") for number in range(64)]


def events(count: int) -> list[dict[str, Any]]:
    return list(islice(cycle(POOL), count))


def missing_fields() -> None:
    """Print what ours takes where fields are missing."""
    for title, (source, by_hand) in MISSING.items():
        guard = compile_guard(source)
        if guard(POOL[0]) is not True or by_hand(POOL[0]) is not True:
            raise SystemExit(f"{title} is wrong")
        pair = measure_pair(guard, by_hand, events)
        print(f"a missing field, {title}: {pair.ns:,.0f} ns, {pair.ratio:.2f}x of the lambda")


def evaluation(name: str, make: Callable[[str], Predicate]) -> list[float]:
    """Print nanoseconds and ratios of a contender, and return the ratios."""
    cells, ratios = [], []
    for title, source in GUARDS.items():
        predicate = make(source)
        if bool(predicate(POOL[0])) is not True:
            raise SystemExit(f"{name}: {title} is wrong")
        pair = measure_pair(predicate, LAMBDAS[title], events)
        ratios.append(pair.ratio)
        cells.append(f"{pair.ns:>9,.0f} {pair.ratio:>8.2f}x")
    print(f"{name:<28}" + "".join(f"{cell:>20}" for cell in cells), flush=True)
    return ratios


def compilation() -> dict[str, float]:
    """Return seconds to compile all guards, in turns, by each way there is."""
    sources = [
        f'incident.labels.service == "svc-{number}" && incident.severity in ["P1", "P2"]'
        for number in range(COUNT)
    ]
    environment = dynamic(["incident"])
    place = fingerprint(environment, "benchmark")
    cache = GuardCache()
    for source in sources:
        cache.store(key_of(source, place), CachedGuard(compile_guard(source).expr, "bool"))
    data = cache.to_bytes()

    def warm() -> list[Any]:
        read = GuardCache(data)
        found = ((source, read.find(key_of(source, place))) for source in sources)
        return [link(source, guard.expr) for source, guard in found if guard is not None]

    ways: dict[str, Callable[[], list[Any]]] = {
        "interlock, cold": lambda: [compile_guard(source, environment) for source in sources],
        "interlock, warm": warm,
    }
    try:
        from cel_expr_python import cel  # noqa: PLC0415 - may be missing

        env = cel.NewEnv(variables={"incident": cel.Type.DYN})
        ways["cel-expr-python"] = lambda: [env.compile(source) for source in sources]
    except ImportError:
        pass
    try:
        import cel as rust  # noqa: PLC0415 - may be missing

        ways["common-expression-language"] = lambda: [rust.compile(source) for source in sources]
    except ImportError:
        pass
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(5):
        for name, way in ways.items():
            begin = perf_counter()
            made = way()
            seconds[name].append(perf_counter() - begin)
            assert len(made) == COUNT
            del made
    return {name: median(taken) for name, taken in seconds.items()}


def main() -> int:
    missed = False
    seconds = compilation()
    for name, taken in seconds.items():
        print(f"{COUNT:,} guards, {name}: {taken:.3f} s")
    if "cel-expr-python" in seconds:
        cold, warm = (
            seconds[f"interlock, {state}"] / seconds["cel-expr-python"]
            for state in ("cold", "warm")
        )
        print(f"cold is {cold:.2f} of cel-expr-python, warm {warm:.2f}")
        missed |= cold > COLD_MAX or warm > WARM_MAX
    print(f"{'ns and x of the lambda':<28}" + "".join(f"{title:>20}" for title in GUARDS))
    for name, make in contenders():
        ratios = evaluation(name, make)
        if name == "interlock":
            print(f"{'':<28}median {median(ratios):.2f}, most {max(ratios):.2f}")
            missed |= median(ratios) > MEDIAN_MAX or max(ratios) > EACH_MAX
            missing_fields()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
