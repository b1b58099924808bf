"""What holds for any expression: checking never raises, and what it deduces is true."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlock.rulebook.guard import GuardError, Timestamp, evaluate
from interlock.rulebook.guard.checker import check, check_guard
from interlock.rulebook.guard.environment import declare
from interlock.rulebook.guard.nodes import Entry, walk
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.places import Place, Vocabulary, environment_at
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.types import (
    DYN,
    NOTHING,
    ListType,
    MapType,
    OptionalType,
    TypeType,
)
from interlock.rulebook.guard.values import type_name

VARIABLES = {
    "i": ("int", 3),
    "d": ("double", 1.5),
    "s": ("string", "ab"),
    "b": ("bool", True),
    "t": ("timestamp", Timestamp(0)),
    "li": ("list(int)", [1, 2]),
    "ls": ("list(string)", ["a"]),
    "m": ("map(string, int)", {"a": 1}),
    "a": ("dyn", {"x": [1, "y"]}),
}
ENVIRONMENT = declare({name: kind for name, (kind, _) in VARIABLES.items()})
BINDINGS = {name: value for name, (_, value) in VARIABLES.items()}
RULE = environment_at(Place.RULE, Vocabulary(states=("A", "B"), severities=("P1", "P2")))

LEAVES = st.sampled_from(
    [*VARIABLES, "1", "2u", "0.5", "'a'", "true", "null", "[]", "{}", "x", "incident.state",
     "incident.owner", "now", "duration('1m')", "optional.none()", "int", "incident.alerts"]
)  # fmt: skip
FORMS = [
    "({0} + {1})", "({0} - {1})", "({0} == {1})", "({0} < {1})", "({0} in {1})", "({0} && {1})",
    "({0} || {1})", "({0} ? {1} : {2})", "!({0})", "-({0})", "[{0}, {1}]", "{{{0}: {1}}}",
    "{0}.a", "{0}.?a", "has({0}.a)", "{0}[{1}]", "{0}[?{1}]", "{0}.all(x, {1})",
    "{0}.exists(x, k, {1})", "{0}.map(x, {1})", "{0}.map(x, {1}, {2})", "{0}.filter(x, {1})",
    "{0}.transformMap(x, y, {1})", "cel.bind(x, {0}, {1})", "optional.of({0})",
    "{0}.orValue({1})", "{0}.optMap(x, {1})", "size({0})", "{0}.size()", "{0}.contains({1})",
    "string({0})", "type({0})", "dyn({0})", "{0}.first()", "math.greatest({0}, {1})", "[?{0}]",
    "{0}.optFlatMap(x, {1})", "{0}.nope({1})", "matches({0}, {1})", "{0}.distinct()",
]  # fmt: skip


def compound(inner):
    return st.builds(str.format, st.sampled_from(FORMS), inner, inner, inner)


SOURCES = st.recursive(LEAVES, compound, max_leaves=12)


def holds(value, kind):
    """Whether a value is of a deduced type."""
    match kind:
        case ListType(element):
            return isinstance(value, list | tuple) and all(holds(item, element) for item in value)
        case MapType(key, content):
            return all(holds(k, key) and holds(v, content) for k, v in value.items())
        case OptionalType(element):
            return not value.has_value or holds(value.value, element)
        case TypeType():
            return type_name(value) == "type"
        case _:
            return kind == DYN or (kind != NOTHING and type_name(value) == str(kind))


@settings(max_examples=400, deadline=None)
@given(SOURCES)
def test_checking_never_raises_and_types_everything(source):
    expr = parse(source, nesting_max=None)
    assume(not isinstance(expr, ParseProblem))  # `has(!(b).a)` is none
    for environment in (ENVIRONMENT, RULE):
        checked = check_guard(expr, environment, source=source)
        for problem in checked.problems:
            assert 0 <= problem.start < problem.end <= len(source)
            assert problem.message
        nodes = [node for node in walk(expr) if not isinstance(node, Entry)]
        assert all(id(node) in checked.types for node in nodes)


@settings(max_examples=600, deadline=None)
@given(SOURCES)
def test_a_value_is_of_the_deduced_type(source):
    expr = parse(source, nesting_max=None)
    assume(not isinstance(expr, ParseProblem))  # `has(!(b).a)` is none
    checked = check(expr, ENVIRONMENT, source=source)
    if checked.problems:
        return
    try:
        value = evaluate(source, BINDINGS)
    except GuardError:
        return
    assert holds(value, checked.type)


@given(st.text("abin.?()[]{}'\" 01+-=&|!<>,:\n", max_size=30))
def test_any_text_that_parses_can_be_checked(source):
    expr = parse(source, nesting_max=None)
    if not isinstance(expr, ParseProblem):
        check_guard(expr, RULE, source=source)
