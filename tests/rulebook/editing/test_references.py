from __future__ import annotations

import pytest

from interlock.rulebook.editing.analysis import follow
from interlock.rulebook.editing.references import declarations_of, places_of, target_at
from interlock.rulebook.editing.roles import Kind
from interlock.rulebook.source import SourceFile
from support.editing import analysed, cut

RULEBOOK = """\
lifecycle: {extend: default, states: [PARKED], resolved: [PARKED]}
events: {engineer.parks: PARKED}
severity_matrix:
  P1: {notification_channels: [page], escalation: [{after: 5m, notify: [page]}]}
sources: {am: {type: alertmanager, severity: {critical: P1}}}
correlation: [{threshold: {P1: 1}}]
teams: {db: {on_call: sre, channels: {page: page}}}
guards:
  burning: incident.state == "PARKED" || incident.severity in ["P1", "P2"]
  both: burning && !burning
workflow_rules:
  - {transition: "DETECTED, PARKED -> TRIAGE", validator: burning, action: scale}
  - transition: TRIAGE -> PARKED
    validator: >-
      on_call("sre") != "" &&
      burning
    action: [latency, {do: notify, with: {to: [page]}}, {do: scale, with: {to: page}}]
runbooks:
  latency:
    steps: [{hook: scale, undo: {hook: scale}}]
remediation_hooks: [{id: scale, endpoint: https://a.example.test}]
notification_channels: {page: {type: log}}
default_channel: page
on_call: {default: sre, schedules: {sre: {people: [ada]}}}
"""


@pytest.mark.parametrize(
    ("marked", "kind", "count", "lines"),
    [
        ("states: [§PARKED", Kind.STATE, 6, [1, 1, 2, 9, 12, 13]),
        ('incident.state == "PARK§ED', Kind.STATE, 6, [1, 1, 2, 9, 12, 13]),
        ("DETECTED, PAR§KED ->", Kind.STATE, 6, [1, 1, 2, 9, 12, 13]),
        ("critical: P§1", Kind.SEVERITY, 4, [4, 5, 6, 9]),
        ("  both: §burning", Kind.GUARD, 5, [9, 10, 10, 12, 16]),
        ("validator: burning§, action", Kind.GUARD, 5, [9, 10, 10, 12, 16]),
        ("undo: {hook: §scale", Kind.HOOK, 5, [12, 17, 20, 20, 21]),
        ("action: [§latency", Kind.RUNBOOK, 2, [17, 19]),
        ("default_channel: §page", Kind.CHANNEL, 7, [4, 4, 7, 7, 17, 22, 23]),
        ('on_call("§sre', Kind.SCHEDULE, 4, [7, 15, 24, 24]),
    ],
)
def test_every_place_of_a_name_is_found(marked, kind, count, lines):
    bare, offset = cut(marked)
    analysis = analysed(RULEBOOK)
    target = target_at(analysis, RULEBOOK.index(bare) + offset)
    places = places_of(analysis, target)
    assert target.kind is kind
    assert len(places) == count
    assert [place.span.line for place in places] == lines
    assert {place.span.text for place in places} == {target.name}
    assert len(declarations_of(analysis, target)) == 1


@pytest.mark.parametrize("marked", ["ext§end: default", "people: [a§da]", "with: {to: pa§ge}"])
def test_what_is_no_name_has_no_target(marked):
    bare, offset = cut(marked)
    assert target_at(analysed(RULEBOOK), RULEBOOK.index(bare) + offset) is None


def test_what_is_built_in_is_declared_nowhere():
    analysis = analysed(RULEBOOK)
    target = target_at(analysis, RULEBOOK.index("TRIAGE -> PARKED"))
    assert declarations_of(analysis, target) == ()
    assert len(places_of(analysis, target)) == 2


def test_a_broken_text_still_leads_to_what_was_declared():
    broken, offset = cut(f"{RULEBOOK}x: [\ndefault_channel: pa§ge\n")
    analysis = follow(analysed(RULEBOOK), SourceFile("rulebook.yaml", broken))
    assert analysis.file.root is None
    target = target_at(analysis, offset)
    assert [place.span.line for place in declarations_of(analysis, target)] == [22]


def test_a_folder_is_one_rulebook():
    shared = "remediation_hooks: [{id: scale, endpoint: https://a.example.test}]\n"
    own, offset = cut("scope: 'true'\nrunbooks: {r: {steps: [{hook: sc§ale}]}}\n")
    analysis = analysed(own, "db.yaml", [("_shared.yaml", shared)])
    places = places_of(analysis, target_at(analysis, offset))
    assert [place.span.source.name for place in places] == ["_shared.yaml", "db.yaml"]
