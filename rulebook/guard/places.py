"""The places of a rulebook where guards stand, and what each may name.

Responsible for one environment per place, from the schemas and from the closed sets of one rulebook
(`Vocabulary`). Never checks anything.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from interlock.rulebook.guard.environment import Environment, Variable
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.schema_types import SchemaReader
from interlock.rulebook.guard.signature import Function, Overload, constant_cost
from interlock.rulebook.guard.types import BOOL, STRING, EnumType, Field, ObjectType, Type
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE: Final = "guard.v1.json"


class Place(StrEnum):
    """Where a guard stands; the value is how messages say it."""

    RULE = "a rule guard"
    GATE = "a gate's `when`"
    RUNBOOK = "a runbook's `match`"
    STEP = "a step's `when`"
    POST_MORTEM = "a post-mortem's owner"
    OWNER = "`owner`"
    SCOPE = "a file's `scope`"
    CORRELATION = "correlation"
    SILENCE = "a silence"
    INHIBITION = "an inhibition"
    SOURCE = "a source"
    PROPERTY = "a property"


_RULE: Final = frozenset({"incident", "event", "alert", "severity", "group", "now"})
_CLOCKED: Final = frozenset({"on_call", "in_schedule"})
_RAW: Final = frozenset({"event", "alert"})
_NAMES: Final = MappingProxyType(
    {
        Place.RULE: _RULE | _CLOCKED,
        Place.GATE: _RULE | _CLOCKED,
        Place.RUNBOOK: _RULE | _CLOCKED | {"steps"},
        Place.STEP: _RULE | _CLOCKED | {"steps"},
        Place.POST_MORTEM: _RULE | _CLOCKED,
        Place.OWNER: _RAW,
        Place.SCOPE: _RAW,
        Place.CORRELATION: _RAW,
        Place.SILENCE: _RAW,
        Place.INHIBITION: _RAW,
        Place.SOURCE: frozenset({"alert", "delivery"}),
    }
)
DECIDING: Final = tuple(_NAMES)
"""Every place whose guards decide something; a property's only claim."""


class Vocabulary(Struct, frozen=True):
    """The closed sets of one rulebook; None where a set is open, or not known.

    Attributes:
        states: Every state of the lifecycle.
        severities: Every severity an incident may have.
        event_types: Every event type that can arrive.
        schedules: Every on-call schedule.
        steps: The ids of the steps of the runbook whose `when` is checked.
    """

    states: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    event_types: tuple[str, ...] | None = None
    schedules: tuple[str, ...] | None = None
    steps: tuple[str, ...] | None = None


def environment_at(place: Place, vocabulary: Vocabulary | None = None) -> Environment:
    """Return what a guard at that place may name."""
    return environments(vocabulary, (place,))[place]


def environments(
    vocabulary: Vocabulary | None = None, places: Iterable[Place] = DECIDING
) -> dict[Place, Environment]:
    """Return the environments of several places; the types of records are made once."""
    words = vocabulary or Vocabulary()
    variables = _variables(words)
    functions = {entry.name: entry for entry in _on_call_functions(words.schedules)}
    made: dict[frozenset[str], Environment] = {}
    found: dict[Place, Environment] = {}
    for place in places:
        if place is Place.PROPERTY:
            found[place] = _property_environment(words)
            continue
        names = _NAMES[place]
        if names not in made:
            made[names] = Environment(
                place.value,
                MappingProxyType({n: v for n, v in variables.items() if n in names}),
                MappingProxyType(
                    {**FUNCTIONS, **{n: f for n, f in functions.items() if n in names}}
                ),
                MappingProxyType(_elsewhere(names)),
            )
        shared = made[names]
        found[place] = Environment(
            place.value, shared.variables, shared.functions, shared.elsewhere, shared.memo
        )
    return found


def _variables(words: Vocabulary) -> dict[str, Variable]:
    reader = _reader(words)
    described = reader.object_type(FILE)
    variables = {entry.name: Variable(entry.type, entry.doc) for entry in described.fields}
    if words.steps is not None:
        step = reader.type_of({"$ref": f"{FILE}#/$defs/Step"}, FILE)
        fields = tuple(Field(name, step, doc=f"Step `{name}`.") for name in words.steps)
        variables["steps"] = Variable(ObjectType("Steps", fields), variables["steps"].doc)
    return variables


def _reader(words: Vocabulary) -> SchemaReader:
    enums = {"State": words.states, "Severity": words.severities, "EventType": words.event_types}
    return SchemaReader(load, {name: values for name, values in enums.items() if values})


def _property_environment(words: Vocabulary) -> Environment:
    """Return what a property may name: it is claimed of moments, not decided at an event."""
    described = _reader(words).type_of({"$ref": f"{FILE}#/$defs/Property"}, FILE)
    assert isinstance(described, ObjectType)
    state = STRING if words.states is None else EnumType("State", words.states)
    visited = _bound_later("visited", "whether the incident was in a state before", state, BOOL)
    variables = {entry.name: Variable(entry.type, entry.doc) for entry in described.fields}
    every = frozenset[str]().union(*_NAMES.values()) - variables.keys()
    return Environment(
        Place.PROPERTY.value,
        MappingProxyType(variables),
        MappingProxyType({**FUNCTIONS, visited.name: visited}),
        MappingProxyType(dict.fromkeys(every, "guards that decide something")),
    )


def _elsewhere(names: frozenset[str]) -> Mapping[str, str]:
    every = frozenset[str]().union(*_NAMES.values())
    only_in = {"steps": "runbooks and steps", "delivery": "sources"}
    return {name: only_in.get(name, "rules, gates, runbooks and steps") for name in every - names}


def _on_call_functions(schedules: tuple[str, ...] | None) -> tuple[Function, ...]:
    name = STRING if schedules is None else EnumType("Schedule", schedules)
    return (
        _bound_later("on_call", "who holds the pager of a schedule now", name, STRING),
        _bound_later("in_schedule", "whether a schedule has anyone on call now", name, BOOL),
    )


def _bound_later(name: str, doc: str, param: Type, result: Type) -> Function:
    def call(*_args: Any) -> Any:
        raise GuardError(f"{name}() is not bound here", ErrorKind.UNBOUND)

    return Function(name, doc, (Overload((param,), result, is_member=False),), call, constant_cost)
