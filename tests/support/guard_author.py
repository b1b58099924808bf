"""Random guards and random bindings, from what an author would write to what nobody should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.values import Duration, OptionalValue, Timestamp, Uint

if TYPE_CHECKING:
    from random import Random

# what a field may hold and an author may write: above all what Python and CEL read differently
NATIVE = (
    "P1", "P2", "", "prod", "payments", "1", "é", "a\nlatency", "High x latency", "svc:a",
    "x" * 6000,     True, False, 0, 1, 2, -1, 5, 2**53, 2**53 + 1, 2**63 - 1, -(2**63),
    0.0, 1.0, -0.0, 0.5, 1500.0, float(2**53), float("nan"), float("inf"),
    Uint(0), Uint(1), Uint(5), Uint(2**64 - 1), None, b"", b"prod",
    Timestamp(0), Timestamp(1_700_000_000_000_000_000), Duration(0), Duration(60_000_000_000),
    OptionalValue(has_value=True, value=1), OptionalValue(has_value=False),
)  # fmt: skip
LITERALS = (
    '"P1"', '"P2"', '""', '"prod"', '"pay"', '"a"', '"1"', "true", "false", "null", "0", "1", "2",
    "-1", "5", "9223372036854775807", "-9223372036854775808", "0.0", "1.0", "0.5", "1500.0", "-0.0",
    "9007199254740992.0", "0u", "1u", "5u", "18446744073709551615u", 'b"prod"', 'b""',
    'duration("1m")', 'duration("x")', 'timestamp("2023-11-14T22:13:20Z")', "int", "string",
)  # fmt: skip
PATTERNS = (
    '"^(High|Critical) .*latency.*$"', '"latency"', '"^svc:"', '"(P1|P2)"', '"a.*b.*c"', '"(a+)+$"',
    '"["',    '"^$"', '".*$"', '"^.*x"',
)  # fmt: skip
FIELDS = (
    "severity",
    "status",
    "labels",
    "metrics",
    "tags",
    "attempts",
    "title",
    "muted",
    "team",
    "0",
)


TEXT_PATHS = ("incident.severity", "incident.status", "incident.title", "incident.labels.team")
NUMBER_PATHS = ("incident.attempts", "incident.metrics.attempts", "incident.metrics.severity")
TEXTS = tuple(text for text in LITERALS if text[0] == '"')
NUMBERS = tuple(text for text in LITERALS if text[-1].isdigit() or text[-1] == "u")


class Author:
    """Writes random expressions; names in scope are tracked so that macros use their variables."""

    def __init__(self, random: Random, sense: float) -> None:
        self.random = random
        self.sense = sense  # how likely it is that an expression is what an author would write
        self.names: list[str] = []

    def expression(self, depth: int) -> str:
        if self.random.random() < self.sense:
            return self.plausible(depth - 1)
        if depth <= 0:
            return self.leaf()
        write = self.random.choice(
            (
                *(self.comparison, self.comparison, self.logical, self.logical, self.negation),
                *(self.membership, self.presence, self.text_test, self.conditional, self.macro),
                *(self.arithmetic, self.collection, self.indexing, self.binding, self.leaf),
                *(self.consumed, self.consumed, self.optional),
            )
        )
        return write(depth - 1)

    def leaf(self, _depth: int = 0) -> str:
        return self.path() if self.random.random() < 0.6 else self.random.choice(LITERALS)

    def plausible(self, depth: int) -> str:
        """What an author would write about data as it should be."""
        choice = self.random.choice
        if depth >= 0:
            operator = choice((" && ", " || "))
            return f"({operator.join(self.expression(depth) for _ in range(choice((2, 2, 3))))})"
        text, number = choice(TEXT_PATHS), choice(NUMBER_PATHS)
        order = choice(("<", "<=", ">", ">=", "==", "!="))
        return choice(
            (
                f"{text} {order} {choice(TEXTS)}",
                f"{text} in [{', '.join(self.random.choices(TEXTS, k=self.random.randrange(7)))}]",
                f"{text} {choice(('==', '!=', '<'))} {choice(TEXT_PATHS)}",
                f"{text} in incident.tags",
                f"{text}.{choice(('startsWith', 'endsWith', 'contains'))}({choice(TEXTS)})",
                f"{text}.matches({choice(PATTERNS)})",
                f"{number} {order} {choice(NUMBERS)}",
                f"{choice(NUMBERS)} {order} {number}",
                f"{number} {order} {choice(NUMBER_PATHS)}",
                f"({number} {choice('+-*/%')} {choice(NUMBERS)}) {order} {choice(NUMBERS)}",
                f"has({text}) && {text} != {choice(TEXTS)}",
                f"size({choice((text, 'incident.tags'))}) {order} {choice(NUMBERS)}",
                f"has(incident.{choice(('labels', 'metrics'))}.{choice(FIELDS[:-1])})",
                f"incident.tags.{choice(('all', 'exists', 'exists_one'))}(t, t != {choice(TEXTS)})",
                f"incident.tags.exists(t, t.startsWith({choice(TEXTS)}))",
                f"incident.tags.map(t, t + {choice(TEXTS)}).exists(t, t in incident.tags)",
                f"incident.labels.{choice(('all', 'exists'))}(k, v, v != {choice(TEXTS)})",
                f"incident.?{choice(FIELDS[:-1])}.orValue({choice(TEXTS)}) {order} {choice(TEXTS)}",
                f"incident.labels.?{choice(FIELDS[:-1])}.orValue({choice(TEXTS)}) == {text}",
                f"event.?labels.{choice(FIELDS[:-1])}.hasValue()",
                f"event.?labels[?{choice(TEXTS)}].optMap(t, t == {choice(TEXTS)}).orValue(false)",
                f"incident.labels.{choice(FIELDS[:-1])} {order} {choice(TEXTS)}",
                "incident.muted",
                "!incident.muted",
                f"(incident.muted ? {text} : {choice(TEXTS)}) == {choice(TEXTS)}",
            )
        )

    def path(self) -> str:
        root = self.random.choice(
            [*self.names, "incident", "incident", "incident", "event", "nowhere"]
        )
        fields = self.random.choices(FIELDS[:-1], k=self.random.choice((0, 1, 1, 2)))
        return ".".join((root, *fields))

    def pair(self, depth: int) -> tuple[str, str]:
        return self.expression(depth), self.expression(depth)

    def comparison(self, depth: int) -> str:
        operator = self.random.choice(("==", "!=", "<", "<=", ">", ">="))
        left, right = self.pair(depth)
        if self.random.random() < 0.5:
            right = self.random.choice(LITERALS)
        if self.random.random() < 0.2:
            left, right = right, left
        return f"({left} {operator} {right})"

    def logical(self, depth: int) -> str:
        operator = self.random.choice((" && ", " || "))
        count = self.random.choice((2, 2, 3))
        return f"({operator.join(self.expression(depth) for _ in range(count))})"

    def negation(self, depth: int) -> str:
        return f"{self.random.choice('!-')}({self.expression(depth)})"

    def conditional(self, depth: int) -> str:
        return f"({self.expression(depth)} ? {self.expression(depth)} : {self.expression(depth)})"

    def arithmetic(self, depth: int) -> str:
        left, right = self.pair(depth)
        if self.random.random() < 0.6:
            right = self.random.choice(LITERALS)
        return f"({left} {self.random.choice('+-*/%')} {right})"

    def optional(self, depth: int) -> str:
        """An optional, or what the author takes for one."""
        choice = self.random.choice
        target = self.path() if self.random.random() < 0.7 else self.expression(depth)
        field, key = choice(FIELDS[:-1]), choice(('"team"', "0", "1u", self.leaf()))
        name = choice("xyz")
        return choice(
            (
                f"({target}).?{field}",
                f"({target})[?{key}]",
                f"({self.optional(depth - 1) if depth > 0 else target}).?{field}",
                f"({self.optional(depth - 1) if depth > 0 else target}).{field}",
                f"({self.optional(depth - 1) if depth > 0 else target})[{key}]",
                f"({target}).?{field}.or(({target}).?{choice(FIELDS[:-1])})",
                f"({target}).?{field}.optMap({name}, {self.within((name,), depth)})",
                f"({target}).?{field}.optFlatMap({name}, {name}.?{choice(FIELDS[:-1])})",
                f"({target}).first()",
                f"optional.of({self.expression(depth)})",
                "optional.none()",
            )
        )

    def consumed(self, depth: int) -> str:
        """What becomes of an optional."""
        found, other = self.optional(depth), self.leaf()
        return self.random.choice(
            (
                f"{found}.orValue({self.expression(depth)})",
                f"{found}.orValue({other}) == {other}",
                f"{found}.hasValue()",
                f"({found}).value()",
                f"has(({found}).team)",
                f"[?{found}, {self.expression(depth)}]",
                f"{{?{self.leaf()}: {found}, {other}: {self.expression(depth)}}}",
                f"({found} == {self.optional(depth)})",
            )
        )

    def membership(self, depth: int) -> str:
        literals = ", ".join(self.random.choices(LITERALS, k=self.random.randrange(7)))
        container = self.random.choice((f"[{literals}]", self.path(), self.expression(depth)))
        return f"({self.expression(depth)} in {container})"

    def presence(self, _depth: int) -> str:
        return f"has({self.path()}.{self.random.choice(FIELDS[:-1])})"

    def text_test(self, depth: int) -> str:
        name = self.random.choice(("startsWith", "endsWith", "contains", "matches", "size"))
        target = self.expression(depth)
        if name == "size":
            return f"size({target})"
        literal = PATTERNS if name == "matches" else LITERALS
        argument = self.random.choice(literal) if self.random.random() < 0.8 else self.path()
        return f"({target}).{name}({argument})"

    def collection(self, depth: int) -> str:
        parts = [self.expression(depth) for _ in range(self.random.randrange(4))]
        if self.random.random() < 0.7:
            return f"[{', '.join(parts)}]"
        return f"{{{', '.join(f'{self.random.choice(LITERALS)}: {part}' for part in parts)}}}"

    def indexing(self, depth: int) -> str:
        key = self.random.choice(('"severity"', '"team"', "0", "1", "-1", "true", "1.0", "1u"))
        if self.random.random() < 0.3:
            key = self.expression(depth)
        return f"({self.expression(depth)})[{key}]"

    def binding(self, depth: int) -> str:
        name = self.random.choice("xyz")
        return f"cel.bind({name}, {self.expression(depth)}, {self.within((name,), depth)})"

    def macro(self, depth: int) -> str:
        macro = self.random.choice(
            (
                "all",
                "exists",
                "exists",
                "exists_one",
                "filter",
                "map",
                "transformList",
                "transformMap",
            )
        )
        names = self.random.choice(("x", "y", "t"))
        variables = (names,)
        if macro.startswith("transform") or (
            macro in {"all", "exists"} and self.random.random() < 0.3
        ):
            variables = (names, "v")
        parts = [self.within(variables, depth)]
        if macro in {"map", "transformList"} and self.random.random() < 0.5:
            parts.append(self.within(variables, depth))
        iterated = self.path() if self.random.random() < 0.7 else self.expression(depth)
        return f"({iterated}).{macro}({', '.join((*variables, *parts))})"

    def within(self, names: tuple[str, ...], depth: int) -> str:
        self.names.extend(names)
        body = self.expression(depth)
        del self.names[-len(names) :]
        return body


def record(random: Random, depth: int = 0) -> dict[str, Any]:
    return {
        name: value(random, depth + 1) for name in random.sample(FIELDS, k=random.randrange(2, 9))
    }


def value(random: Random, depth: int) -> Any:
    choice = random.random()
    if depth > 2 or choice < 0.5:
        return random.choice(NATIVE)
    if choice < 0.72:
        return record(random, depth)
    if choice < 0.9:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    if choice < 0.94:
        return tuple(random.choices(NATIVE, k=2))
    return random.choice(({True: 1, "severity": 2}, {1: "a", 2: "b"}, {0: "z"}, {}))


def plausible(random: Random) -> dict[str, Any]:
    """A record as it should be, with now and then a surprise."""
    texts = tuple(item for item in NATIVE if type(item) is str)
    numbers = tuple(item for item in NATIVE if type(item) in {int, float})
    shaped = {
        "severity": random.choice(texts),
        "status": random.choice(texts),
        "title": random.choice(texts),
        "attempts": random.choice(numbers),
        "muted": random.random() < 0.5,
        "tags": random.choice((list, tuple))(random.choices(texts, k=random.randrange(4))),
        "labels": {name: random.choice(texts) for name in ("team", *random.sample(FIELDS, k=3))},
        "metrics": {
            name: random.choice(numbers) for name in ("attempts", *random.sample(FIELDS, k=3))
        },
    }
    for name in random.sample(sorted(shaped), k=random.choice((0, 0, 0, 1, 2))):
        shaped[name] = value(random, 1)
    return shaped


def bindings(random: Random, sense: float) -> dict[str, Any]:
    if random.random() < sense:
        return {"incident": plausible(random), "event": plausible(random)}
    bound = {"incident": record(random), "event": value(random, 1)}
    if random.random() < 0.1:
        del bound[random.choice(tuple(bound))]
    if random.random() < 0.1:
        bound["x"] = random.choice(NATIVE)
    return bound


def outcome(call: Any) -> Any:
    """The value, told apart from Python's look-alikes, or everything about the error."""
    try:
        return distinct(call())
    except GuardError as error:
        return ("error", error.kind, error.message, error.start, error.end)


def distinct(result: Any) -> Any:
    match result:
        case Mapping():
            return "map", [(distinct(key), distinct(item)) for key, item in result.items()]
        case list() | tuple():
            return "list", [distinct(item) for item in result]
        case _:
            return type(result), repr(result)
