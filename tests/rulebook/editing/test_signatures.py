from __future__ import annotations

import pytest

from interlock.rulebook.editing.signatures import signature_at
from support.editing import analysed, cut

NAMES = analysed("on_call: {schedules: {sre: {people: [ada]}}}\n").names
RULE = "workflow_rules:\n  - transition: DETECTED -> TRIAGE\n    validator: "


def called(marked, lead=RULE):
    text, offset = cut(lead + marked)
    return signature_at(text, offset, NAMES)


@pytest.mark.parametrize(
    ("marked", "label", "argument"),
    [
        ("on_call(§", "on_call(Schedule) -> string", 0),
        ("size(§", "size(string) -> int", 0),
        ("incident.title.startsWith(§", "string.startsWith(string) -> bool", 0),
        ("incident.title.replace('a,b', §", "string.replace(string, string) -> string", 1),
        ("on_call(size(incident.title) > 1 ? 'x' : §", "on_call(Schedule) -> string", 0),
        ("math.greatest(1, [2, 3], §", "math.greatest(", 2),
        ("incident.title.startsWith((incident.id + §", "string.startsWith(string) -> bool", 0),
    ],
)
def test_the_innermost_open_call_is_shown(marked, label, argument):
    found = called(marked)
    assert any(one.label.startswith(label) for one in found.signatures)
    assert found.argument == argument
    assert found.doc
    for one in found.signatures:
        assert all(one.label[start:end].strip(" ,") for start, end in one.parameters)


@pytest.mark.parametrize(
    "marked", ["§on_call('sre')", "on_call('sre')§", "(§", "nothing(§", "incident.§", "[1, §"]
)
def test_outside_a_call_nothing_is(marked):
    assert called(marked) is None


def test_outside_guards_nothing_is():
    assert called("on_call(§", "description: ") is None


def test_visited_is_known_where_properties_stand():
    found = called("visited(§", "properties:\n  - id: x\n    never: ")
    assert found.signatures[0].label == "visited(State) -> bool"
    assert called("visited(§") is None
