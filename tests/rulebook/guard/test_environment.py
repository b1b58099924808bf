from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from interlock import schemas
from interlock.interpreter.core import bindings
from interlock.interpreter.core.event import Event, Facts, Origin
from interlock.interpreter.core.incident import Incident, Member, StepState, StepStatus
from interlock.rulebook.graph.state_graph import SeverityRow
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.environment import Variable, declare, dynamic
from interlock.rulebook.guard.hover import hover_at
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.places import Place, Vocabulary, environment_at, environments
from interlock.rulebook.guard.type_text import describe, describe_fully
from interlock.rulebook.guard.types import (
    DURATION,
    DYN,
    INT,
    STRING,
    EnumType,
    Field,
    ListType,
    MapType,
    ObjectType,
    parse_type,
)
from interlock.rulebook.guard.values import Duration, Timestamp, type_name

FILES = ("guard.v1.json", "incident.v1.json", "event.v1.json")
RULE = {"incident", "event", "alert", "severity", "group", "now"}


@pytest.mark.parametrize("file", FILES)
def test_the_schemas_are_valid_and_describe_every_property(file):
    schema = schemas.load(file)
    Draft202012Validator.check_schema(schema)
    records = [schema, *(d for d in schema["$defs"].values() if "properties" in d)]
    for record in records:
        assert set(record.get("required", ())) <= set(record["properties"])
        assert all(part["description"].endswith(".") for part in record["properties"].values())


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        (Place.RULE, RULE),
        (Place.GATE, RULE),
        (Place.RUNBOOK, RULE | {"steps"}),
        (Place.STEP, RULE | {"steps"}),
        (Place.CORRELATION, {"event", "alert"}),
        (Place.SILENCE, {"event", "alert"}),
        (Place.INHIBITION, {"event", "alert"}),
        (Place.SOURCE, {"alert", "delivery"}),
        (Place.PROPERTY, {"state", "severity", "incident"}),
    ],
)
def test_a_place_has_its_variables_and_functions(place, variables):
    environment = environment_at(place)
    assert set(environment.variables) == variables
    is_clocked = "incident" in variables and place is not Place.PROPERTY
    assert ("on_call" in environment.functions) is is_clocked
    assert ("in_schedule" in environment.functions) is is_clocked
    assert ("visited" in environment.functions) is (place is Place.PROPERTY)
    assert set(environment.elsewhere).isdisjoint(environment.variables)


def test_environments_cannot_be_changed():
    environment = environment_at(Place.RULE)
    with pytest.raises(TypeError):
        environment.variables["x"] = None
    with pytest.raises(AttributeError):
        environment.name = "x"
    extended = environment.with_variables({"burning": INT})
    assert "burning" in extended.variables
    assert "burning" not in environment.variables


def test_every_variable_and_field_is_documented():
    for environment in environments().values():
        assert all(variable.doc for variable in environment.variables.values())
        for variable in environment.variables.values():
            if isinstance(variable.type, ObjectType):
                assert all(field.doc for field in variable.type.fields)


def test_closed_sets_make_enums_and_open_ones_strings():
    closed = environment_at(Place.RULE, Vocabulary(states=("A",), severities=("P1", "P2")))
    incident = closed.variables["incident"].type
    assert incident.field("state").type == EnumType("State", ("A",))
    assert incident.field("severity").type == EnumType("Severity", ("P1", "P2"))
    assert closed.variables["event"].type.field("type").type == STRING
    assert environment_at(Place.RULE).variables["incident"].type.field("state").type == STRING


def test_what_is_untyped_is_dyn():
    variables = environment_at(Place.RULE).variables
    assert variables["alert"].type == DYN
    assert variables["incident"].type.field("metadata").type == MapType(STRING, DYN)


def test_steps_are_known_by_id_when_their_runbook_is():
    steps = environment_at(Place.STEP, Vocabulary(steps=("scale",))).variables["steps"].type
    assert [field.name for field in steps.fields] == ["scale"]
    assert isinstance(environment_at(Place.STEP).variables["steps"].type, MapType)


def incident(**unset):
    fields = {
        "id": "a", "base_id": "a", "origin": "ingest", "title": "t", "severity": "P1",
        "source": "s", "state": "TRIAGE", "group_key": "g", "created_at": 1, "updated_at": 1,
        "state_since": 1, "opened_at": 1, "revision": 1, "rulebook": "sha256:0",
        "labels": {"a": "b"}, "metrics": {"x": 1.5}, "tags": ("t",), "remediation_steps": ("r",),
        "metadata": {"k": 1}, "annotations": {"a": "b"},
        "alerts": {
            "s/f": Member(source="s", fingerprint="f", status="firing", severity="P1", title="t",
                          starts_at=1, ends_at=2, updated_at=1)
        },
        "steps": {"p": StepState(path="p", id="i", hook="h", status=StepStatus.PENDING)},
    }  # fmt: skip
    return Incident(**{**fields, **unset})


OPTIONAL = {
    "owner": "o", "assigned_engineer": "e", "acknowledged_by": "e", "acknowledged_at": 1,
    "resolved_at": 1, "closed_at": 1,
}  # fmt: skip


def event(**optional):
    return Event(type="alert.triggered", origin=Origin.ALERT, labels={"a": "b"}, **optional)


EVENT_OPTIONAL = {
    "id": "i", "fingerprint": "f", "severity": "P1", "status": "firing", "title": "t",
    "reason": "r", "starts_at": 1, "ends_at": 1,
}  # fmt: skip
ROW = SeverityRow(name="P1", rank=1, sla_ns=60_000_000_000, channels=("c",))


def holds(value, kind):
    """Whether a value that guards see is of the type that the checker believes."""
    match kind:
        case ObjectType(fields=fields):
            known = {field.name: field for field in fields}
            required = {field.name for field in fields if field.is_required}
            return required <= set(value) <= set(known) and all(
                holds(part, known[name].type) for name, part in value.items()
            )
        case ListType(element):
            return isinstance(value, list | tuple) and all(holds(item, element) for item in value)
        case MapType(key, content):
            return all(holds(k, key) and holds(v, content) for k, v in value.items())
        case EnumType(values=values):
            return value in values
        case _:
            return kind == DYN or type_name(value) == str(kind)


def rule_bindings(one, happened, alert):
    return bindings.RuleBindings(
        one, happened, alert=alert, row=ROW, facts=Facts(), now=1, schedules=()
    )


@pytest.mark.parametrize("is_full", [True, False])
def test_the_bindings_of_the_core_have_the_declared_types(is_full):
    one = incident(**(OPTIONAL if is_full else {}))
    happened = event(**(EVENT_OPTIONAL if is_full else {}))
    seen = rule_bindings(one, happened, {"raw": 1})
    variables = environment_at(Place.STEP).variables
    for name, variable in variables.items():
        assert holds(seen[name], variable.type), name


def test_every_optional_field_can_be_present():
    seen = rule_bindings(incident(**OPTIONAL), event(**EVENT_OPTIONAL), None)
    variables = environment_at(Place.RULE).variables
    for name in ("incident", "event", "severity", "group"):
        assert set(seen[name]) == {field.name for field in variables[name].type.fields}


def test_holds_refuses_other_types():
    assert not holds(1, STRING)
    assert not holds([1], ListType(STRING))
    assert not holds(Duration(1), parse_type("timestamp"))
    assert holds(Timestamp(1), parse_type("timestamp"))


def test_declared_types_are_read_from_text():
    environment = declare({"x": "map(string, list(int))"})
    assert str(environment.variables["x"].type) == "map(string, list(int))"
    with pytest.raises(ValueError, match="names no type"):
        declare({"x": "strin"})


def test_dynamic_variables_take_anything():
    assert check(parse("x.y[0] + z == 'a'"), dynamic(["x", "z"])).problems == ()


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("google.protobuf.Timestamp", "timestamp"),
        ("duration", "duration"),
        ("list(dyn)", "list"),
        ("map(string, list(int))", "map(string, list(int))"),
        ("map(dyn, dyn)", "map"),
        ("optional_type(string)", "optional(string)"),
        ("type(int)", "type"),
        ("null_type", "null"),
    ],
)
def test_types_are_described_in_words(text, described):
    assert describe(parse_type(text)) == described


def test_closed_sets_and_records_are_described_fully():
    assert describe_fully(EnumType("State", ("A", "B"))) == "State, one of A, B"
    group = environment_at(Place.RULE).variables["group"].type
    assert describe_fully(group) == "Group with count, first_at, last_at"
    assert describe_fully(DURATION) == "duration"


@pytest.mark.parametrize(
    ("offset", "title", "doc"),
    [
        (0, "Record with x", "A record."),
        (2, "State, one of A", "Its state."),
        (5, "bool", ""),
        (18, "string.contains(string) -> bool", "has the part"),
        (29, "string", ""),
    ],
)
def test_a_hover_shows_type_and_documentation(offset, title, doc):
    source = 'r.x == "A" && "ab".contains("a")'
    record = ObjectType("Record", (Field("x", EnumType("State", ("A",)), doc="Its state."),))
    environment = replace(declare({}), variables={"r": Variable(record, "A record.")})
    checked = check(parse(source), environment, source=source)
    hover = hover_at(checked, environment, offset)
    assert (hover.title, hover.doc) == (title, doc)


def test_there_is_no_hover_outside():
    environment = declare({})
    assert hover_at(check(parse(" true"), environment), environment, 0) is None
