"""What a trace took and what differs from an older rulebook, on a picture."""

from __future__ import annotations

import json

import jsonschema
import pytest

from interlock import schemas
from interlock.rulebook import compile_rulebook
from interlock.rulebook.picture import (
    outline,
    outline_difference,
    strangers,
    to_document,
    to_dot,
    to_mermaid,
    to_svg,
    trace_of,
    with_trace,
)

OLD = """\
lifecycle: {extend: default, states: [PARKED, CANCELLED], final: [CANCELLED]}
guards: {burning: incident.metrics.error_rate > 0.2}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - {id: fix, transition: TRIAGE -> MITIGATING, validator: burning, gate: {approvals: 1}}
  - {transition: TRIAGE -> PARKED, trigger: vendor.asked}
  - {transition: PARKED -> TRIAGE, after: 2h}
  - {transition: DETECTED -> CANCELLED, trigger: incident.false_positive}
"""
NEW = """\
lifecycle: {extend: default, states: [CANCELLED, HELD], final: [CANCELLED], resolved: [CANCELLED]}
guards: {burning: incident.metrics.error_rate > 0.5}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: "severity_defined",   action: assign_on_call}
  - {id: fix, transition: TRIAGE -> MITIGATING, validator: burning, gate: {approvals: 2}}
  - {transition: TRIAGE -> HELD, trigger: vendor.asked}
  - {transition: HELD -> TRIAGE, after: 2h}
  - {transition: DETECTED -> CANCELLED, trigger: incident.false_positive}
"""
RECORDS = [
    {"stream": "incident/a", "changes": [{"kind": "opened", "to": "DETECTED", "rulebook": "sha"}]},
    {
        "changes": [
            {"kind": "transition", "from": "DETECTED", "to": "TRIAGE", "rule": "DETECTED->TRIAGE"},
            {"kind": "transition", "from": "TRIAGE", "to": "TRIAGE", "rule": "gone"},
            {"kind": "alert", "to": "firing"},
        ]
    },
    {"changes": [{"kind": "reopened", "from": "RESOLVED", "to": "DETECTED"}]},
    {"changes": "none"},
    "no record",
]
WRITERS = (to_mermaid, to_dot, to_document)


@pytest.fixture
def compared():
    return outline_difference(compile_rulebook(NEW, name="x"), compile_rulebook(OLD, name="x"))


def changes(parts):
    return {
        getattr(one, "name", None) or one.rule: (str(one.change), *getattr(one, "changed", ()))
        for one in parts
        if one.change is not None
    }


def test_what_was_added_removed_and_changed_is_told_apart(compared):
    assert changes(compared.states) == {
        "CANCELLED": ("changed",),
        "HELD": ("added",),
        "PARKED": ("removed",),
    }
    assert changes(compared.transitions) == {
        "fix": ("changed", "guard", "gate"),
        "TRIAGE->HELD": ("added",),
        "HELD->TRIAGE": ("added",),
        "TRIAGE->PARKED": ("removed",),
        "PARKED->TRIAGE": ("removed",),
    }


def test_a_rulebook_does_not_differ_from_itself_in_another_layout():
    again = compile_rulebook(OLD.replace("  - {transition", "  -   {transition"), name="x")
    drawn = outline_difference(again, compile_rulebook(OLD, name="x"))
    assert changes((*drawn.states, *drawn.transitions)) == {}
    assert not any(one.is_highlighted for one in (*drawn.states, *drawn.transitions))


def test_a_trace_counts_entering_and_taking():
    trace = trace_of(RECORDS)
    assert trace.entered == {"DETECTED": 2, "TRIAGE": 1}
    assert trace.taken == {"DETECTED->TRIAGE": 1, "gone": 1}
    assert trace.digests == {"sha"}
    drawn = with_trace(outline(compile_rulebook(OLD)), trace)
    assert {state.name: state.taken for state in drawn.states if state.taken} == trace.entered
    assert [one.rule for one in drawn.transitions if one.is_highlighted] == ["DETECTED->TRIAGE"]
    assert strangers(drawn, trace) == ("gone",)


def test_what_holds_no_change_is_an_empty_trace():
    assert trace_of([{}, 3, {"changes": [{"kind": "opened"}]}]).is_empty


@pytest.mark.parametrize("write", WRITERS)
def test_every_form_says_how_often_and_how_it_differs(compared, write):
    text = write(compared)
    assert all(word in text for word in ("added", "removed", "changed", "PARKED"))
    traced = write(with_trace(outline(compile_rulebook(OLD)), trace_of(RECORDS)))
    assert ("once" in traced and "never" in traced) or '"taken": 0' in traced


def test_the_json_of_both_is_as_its_schema_says(compared):
    schema = schemas.load("graph.v1.json")
    traced = with_trace(outline(compile_rulebook(OLD)), trace_of(RECORDS))
    for drawn in (compared, traced):
        jsonschema.validate(json.loads(to_document(drawn)), schema)


def test_the_drawing_marks_each_way_to_differ_with_its_colour(compared):
    graphviz = pytest.importorskip(
        "interlock.rulebook.picture.graphviz", reason="laid out by an extra"
    )
    pytest.importorskip("pygraphviz", reason="the drawing is laid out by pygraphviz, an extra")
    text = to_svg(compared, graphviz.arrange)
    for mark in ("marked added", "marked removed", "marked changed"):
        assert f'class="{mark}"' in text
    assert "changed: guard, gate" in text
