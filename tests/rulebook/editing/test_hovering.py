from __future__ import annotations

import pytest

from interlock.rulebook.editing.hovering import show_at
from support.editing import analysed, cut

RULEBOOK = """\
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true, notification_channels: [page]}
guards:
  burning: incident.metrics.error_rate > 0.2
workflow_rules:
  - id: ack
    transition: DETECTED -> TRIAGE
    trigger: engineer.ack
    validator: burning && incident.state == "DETECTED" && size(incident.tags) > 0
  - transition: TRIAGE -> MITIGATING
    after: 90m
    validator: >-
      severity.approval_required &&
      !has(incident.resolved_at)
    gate: {approvals: 2, expires: 30m}
    action: scale_up
  - {transition: any -> CANCELLED, trigger: incident.false_positive}
runbooks:
  latency: {steps: [{id: scale, hook: scale_up, when: 'on_call("sre") != ""'}]}
remediation_hooks:
  - {id: scale_up, endpoint: https://api.example.test, method: PUT, timeout: 90s}
notification_channels: {page: {type: log}}
on_call: {schedules: {sre: {people: [ada], rotation: weekly}}}
"""


def hovered(before, after="", text=RULEBOOK):
    """Return what is shown at the first character of `after` where it follows `before`."""
    offset = text.index(before + after) + len(before)
    shown = show_at(analysed(text), offset)
    return None if shown is None else (shown.text, text[shown.start : shown.end])


@pytest.mark.parametrize(
    ("before", "after", "words", "covered"),
    [
        ("", "workflow_rules", "without this section those of the default", "workflow_rules"),
        ("", "sla_minutes", "Minutes from opening", "sla_minutes"),
        ("  - ", "id: ack", "Also its gate's name", "id"),
        ("", "approvals:", "Default: `1`", "approvals"),
        ("after: ", "90m", "`1h30m` (5,400 s)", "90m"),
        ("timeout: ", "90s", "`1m30s` (90 s)", "90s"),
        ("method: ", "PUT", "The HTTP method", "PUT"),
        ("states: [", "CANCELLED", "final state `CANCELLED`", "CANCELLED"),
        ("DETECTED -> ", "TRIAGE", "`ack` from DETECTED (on engineer.ack", "TRIAGE"),
        ("", "TRIAGE -> MIT", "to MITIGATING (after 1h30m; ", "TRIAGE"),
        ('state == "', "DETECTED", "initial state `DETECTED`", "DETECTED"),
        ("validator: ", "burning", "incident.metrics.error_rate > 0.2", "burning"),
        ("guards:\n  ", "burning", "named guard `burning`", "burning"),
        ("incident.", "metrics.error_rate > 0", "map(string, double)", "incident.metrics"),
        ("&& ", "incident.state ==", "The incident that is decided about", "incident"),
        ("&& incident.", "state ==", "State, one of CANCELLED", "incident.state"),
        ("&& ", "size(", "size(string) -> int", "size(incident.tags)"),
        ("severity.", "approval_required &&", "needs an approval", "severity.approval_required"),
        ("has(incident.", "resolved_at", "a resolved state was first", "has(incident.resolved_at)"),
        ("action: ", "scale_up", "`PUT https://api.example.test`", "scale_up"),
        ("hook: ", "scale_up", "- timeout 1m30s", "scale_up"),
        ('on_call("', "sre", "ada; turns of 7d, UTC", "sre"),
        ("schedules: {", "sre", "on-call schedule `sre`", "sre"),
        ("", "latency: {", "1. `scale` calls `scale_up`", "latency"),
        ("notification_channels: [", "page", "hears P1", "page"),
        ("  ", "P1:", "- SLA 15m", "P1"),
        ("trigger: ", "engineer.ack", "Asks for `TRIAGE`. Tries `ack`.", "engineer.ack"),
    ],
)  # fmt: skip
def test_a_hover_says_what_it_is(before, after, words, covered):
    text, shown = hovered(before, after)
    assert words in text
    assert shown == covered


@pytest.mark.parametrize(
    ("before", "after"),
    [("validator:", " burning"), ("approvals", ":"), ("unknown_key", ": 1"), ("", "# note")],
)
def test_where_nothing_is_known_nothing_is_shown(before, after):
    text = f"{RULEBOOK}unknown_key: 1\n# note\n"
    assert hovered(before, after, text) is None


def test_keys_are_explained_while_the_text_is_broken():
    text, offset = cut("workflow_rules:\n  - trans§ition: A -> B\n    gate: {approvals: [\n")
    shown = show_at(analysed(text), offset)
    assert "`A -> B`" in shown.text


def test_names_are_explained_while_another_part_does_not_conform():
    text = RULEBOOK.replace("approvals: 2", "approvals: many")
    assert "`PUT https" in hovered("hook: ", "scale_up", text)[0]
