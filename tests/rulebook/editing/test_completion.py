from __future__ import annotations

import pytest

from interlock.rulebook.editing.completion import complete
from interlock.rulebook.editing.names import Names
from support.editing import analysed, cut

RULEBOOK = """\
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
severity_matrix:
  P1: {notification_channels: [page]}
guards: {burning: incident.metrics.error_rate > 0.2}
workflow_rules:
  - {transition: any -> CANCELLED, trigger: incident.false_positive}
  - {transition: TRIAGE -> MITIGATING, gate: {from: [leads]}, action: scale_up}
runbooks:
  latency:
    steps:
      - {id: scale, hook: scale_up, with: {to: x}}
remediation_hooks:
  - {id: scale_up, endpoint: https://api.example.test}
notification_channels:
  page: {type: log}
on_call: {schedules: {sre: {people: [ada]}}}
"""
NAMES = analysed(RULEBOOK).names
STATES = ["DETECTED", "TRIAGE", "MITIGATING", "RESOLVED", "POST_MORTEM"]
RULE = "workflow_rules:\n  - transition: A -> B\n    "
STEP = "runbooks:\n  latency:\n    steps:\n      - hook: scale_up\n        "


def completed(marked, names=NAMES):
    text, offset = cut(marked)
    return complete(text, offset, names), text, offset


def labels(marked, names=NAMES):
    return [item.label for item in completed(marked, names)[0]]


def written(marked, label, names=NAMES):
    """Return the text after a completion is taken, places of its snippet as they are."""
    items, text, _ = completed(marked, names)
    item = next(item for item in items if item.label == label)
    return text[: item.start] + item.insert + text[item.end :]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("workflow_rules:\n  - transition: DETECTED -> §", ["CANCELLED", *STATES]),
        ("workflow_rules:\n  - {transition: DETECTED -> TR§}", ["CANCELLED", *STATES]),
        ("lifecycle: {extend: default, final: [§]}", ["CANCELLED", *STATES]),
        ("events: {x: §}", ["CANCELLED", *STATES]),
        ("severity_matrix: {P1: {notification_channels: [§]}}", ["page"]),
        ("severity_matrix:\n  P1:\n    escalation:\n      - {notify: [§", ["page"]),
        ("default_channel: §", ["page"]),
        (f"{STEP}undo: {{hook: §}}", ["scale_up"]),
        ("on_call:\n  default: §", ["sre"]),
        ("teams: {db: {on_call: §", ["sre"]),
        (f"{RULE}gate: {{from: [§", ["leads"]),
        (f"{RULE}action: {{do: execute_remediation_steps, with: {{runbook: §", ["latency"]),
        (f"{RULE}automation: §", ["off", "observe", "ask", "auto"]),
        (f"{RULE}gate: {{on_expiry: §", ["deny", "escalate", "approve"]),
        ("remediation_hooks:\n  - method: §", ["GET", "POST", "PUT", "PATCH", "DELETE"]),
        (
            "notification_channels: {x: {type: §",
            ["pagerduty", "opsgenie", "slack", "teams", "email", "webhook", "log"],
        ),
        ("severity_matrix: {P1: {auto_remediation: §", ["true", "false"]),
        ("name: 'x' §", []),
        ("a: b # §", []),
        ("unknown: {deep: §", []),
    ],
)
def test_a_value_is_one_of_what_may_stand_there(marked, expected):
    assert labels(marked) == expected


@pytest.mark.parametrize(
    ("marked", "present", "absent"),
    [
        ("§", ["workflow_rules", "severity_matrix"], ["transition"]),
        ("name: x\n§", ["workflow_rules"], ["name"]),
        ("§\nname: x\n", ["workflow_rules"], ["name"]),
        ("workflow_rules:\n  - §", ["transition", "validator"], ["hook"]),
        (f"{RULE}§", ["validator", "gate"], ["transition"]),
        ("workflow_rules:\n  - {§, validator: x}", ["transition"], ["validator"]),
        (f"{RULE}gate:\n      §", ["approvals", "expires"], ["transition"]),
        (f"{RULE}action: {{§", ["do", "with"], ["transition"]),
        (f"{STEP}§", ["when", "retry", "on_failure"], ["hook", "transition"]),
        ("runbooks:\n  r:\n    steps:\n      - parallel:\n        - §", ["hook", "when"], []),
        ("notification_channels:\n  x:\n    type: slack\n    §", ["webhook"], ["routing_key"]),
        ("notification_channels: {x: {type: email, §", ["to", "server"], ["webhook"]),
        ("notification_channels:\n  x:\n    §", ["type", "webhook", "routing_key"], []),
        ("severity_matrix:\n  §", ["P1", "P2", "P3", "P4"], []),
        ("severity_matrix:\n  P1: {}\n  §", ["P2"], ["P1"]),
        ("sources: {x: {map: {§", ["severity", "title", "labels"], []),
        ("sources: {x: {severity: {§", ["critical", "warning"], []),
        ("events:\n  §", ["engineer.ack", "incident.false_positive", "opens"], []),
        ("workflow_rules:\n  §", ["transition"], []),
    ],
)
def test_a_key_is_one_that_the_mapping_lacks(marked, present, absent):
    found = labels(marked)
    assert [label for label in present if label not in found] == []
    assert [label for label in absent if label in found] == []


@pytest.mark.parametrize(
    ("marked", "present", "absent"),
    [
        ("validator: §", ["burning", "incident", "severity_defined", "has", "on_call"], ["steps"]),
        ("validator: inc§", ["incident"], []),
        ("validator: incident.§", ["state", "severity", "metrics"], ["incident"]),
        ("validator: incident.labels.team.st§", ["startsWith", "size"], ["state", "all"]),
        ("validator: incident.tags.§", ["exists", "all", "size"], ["startsWith"]),
        ("validator: incident.alerts.exists(a, a.§", ["status", "fingerprint"], ["state"]),
        ("validator: incident.alerts.exists(a, §", ["a", "incident"], []),
        ("validator: math.§", ["greatest", "abs"], ["incident"]),
        ("validator: burning && nonsense +* incident.§", ["state"], []),
        ('validator: "incident.§', ["state"], []),
        ("validator: >-\n      burning &&\n      incident.§", ["state"], []),
        ("validator: burning &&\n      incident.§", ["state"], []),
        ("gate: {when: severity.§", ["approval_required", "sla"], []),
        ("validator: has(incident.§", ["resolved_at"], []),
        ("validator: // incident.§", [], ["state"]),
    ],
)
def test_a_guard_offers_what_it_may_say(marked, present, absent):
    found = labels(RULE + marked)
    assert [label for label in present if label not in found] == []
    assert [label for label in absent if label in found] == []


@pytest.mark.parametrize(
    ("marked", "first"),
    [
        ("validator: incident.state == §", ["CANCELLED", *STATES]),
        ("validator: incident.state in [§", ["CANCELLED", *STATES]),
        ('validator: \'"P1" == incident.severity && incident.state != §', ["CANCELLED", *STATES]),
        ("validator: incident.severity == §", ["P1", "P2", "P3", "P4"]),
        ("validator: on_call(§", ["sre"]),
        ("validator: in_schedule('§", ["sre"]),
    ],
)
def test_a_guard_offers_the_members_of_a_closed_set_first(marked, first):
    assert labels(RULE + marked)[: len(first)] == first


def test_a_step_sees_the_steps_of_its_runbook():
    assert labels(f"{STEP}when: steps.§")[0] == "scale"
    assert "result" in labels(f"{STEP}when: steps.scale.§")


def test_a_sender_is_seen_through_event_and_alert_alone():
    found = labels("correlation:\n  - match: §")
    assert {"event", "alert"} <= set(found)
    assert not {"incident", "now", "on_call"} & set(found)


def test_labels_are_those_that_the_file_reads_elsewhere():
    marked = "owner: event.labels.team\nguards: {a: 'event.labels.§'}"
    assert labels(marked)[0] == "team"


def test_templates_know_the_incident():
    found = labels(f'{STEP}with: {{service: "{{{{ incident.§ }}}}"}}')
    assert "labels" in found
    assert "size" not in found


@pytest.mark.parametrize(
    ("marked", "label", "text"),
    [
        ("work§", "workflow_rules", "workflow_rules:\n  - $1"),
        ("wo§: []", "workflow_rules", "workflow_rules: []"),
        ("workflow_rules:\n  §", "transition", "workflow_rules:\n  - transition: $1"),
        ("severity_matrix:\n  P§", "P1", "severity_matrix:\n  P1:\n  $1"),
        (f"{RULE}gat§", "gate", f"{RULE}gate:\n  $1"),
        ("workflow_rules:\n  - {gat§}", "gate", "workflow_rules:\n  - {gate: {$1}}"),
        ("lifecycle: {init§", "initial", "lifecycle: {initial: $1"),
        ("default_channel:§", "page", "default_channel: page"),
        ("default_channel: pa§ge", "page", "default_channel: page"),
        ("workflow_rules: [{transition: A §", "->", "workflow_rules: [{transition: A -> "),
        ("# interlock: ign§", "ignore", "# interlock: ignore[${1:CODE}] ${2:why}"),
        ("a: 1 # interlock: ignore[T7§]", "T707", "a: 1 # interlock: ignore[T707]"),
    ],
)  # fmt: skip
def test_a_completion_writes_what_the_place_needs(marked, label, text):
    assert written(marked, label) == text


@pytest.mark.parametrize(
    ("marked", "label", "guard"),
    [
        ('"incident.state == §', "TRIAGE", "\"incident.state == 'TRIAGE'"),
        ("'incident.state == §", "TRIAGE", '\'incident.state == "TRIAGE"'),
        ('incident.state == "§"', "TRIAGE", 'incident.state == "TRIAGE"'),
        ("incident.la§bels.team", "labels", "incident.labels.team"),
        ("siz§", "size", "size($1)"),
    ],
)
def test_a_completion_in_a_guard_fits_its_quotes(marked, label, guard):
    assert written(f"{RULE}validator: {marked}", label) == f"{RULE}validator: {guard}"


def test_what_is_written_behind_the_cursor_is_replaced_to_the_end_of_its_word():
    assert written(f"{RULE}validator: sev§erity_defined", "burning") == f"{RULE}validator: burning"


def test_names_without_a_rulebook_are_those_of_the_defaults():
    assert labels("workflow_rules: [{transition: TRIAGE -> §", Names()) == STATES


def test_every_completion_says_what_it_is():
    for item in completed(f"{RULE}§")[0]:
        assert item.doc, item.label
    for item in completed(f"{RULE}validator: incident.§")[0]:
        assert item.detail, item.label


def test_a_word_on_the_line_above_is_not_the_one_that_is_typed():
    marked = "guards:\n  a: |\n    burning ||\n    incident.state\n§"
    items, text, offset = completed(marked.replace("\n§", "\n    §"))
    assert {(item.start, item.end) for item in items} == {(offset, offset)}
    assert text.endswith("state\n    ")


ACCEPTING = """\
remediation_hooks:
  - id: scale
    endpoint: https://api.example.test
    accepts:
      properties:
        service: {type: string, description: Which one., pattern: "^[a-z]+$"}
        mode: {enum: [fast, slow]}
        deep: {properties: {depth: {type: integer}}}
      required: [service]
  - {id: half, accepts: {properties: [], required: x, items: 3}}
"""


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("workflow_rules:\n  - {action: {do: notify, with: {§", ["to", "message"]),
        ("workflow_rules:\n  - {action: [{do: notify, with: {to: a, §", ["message"]),
        ("workflow_rules:\n  - {action: {do: scale, with: {§", ["service", "mode", "deep"]),
        ("runbooks: {r: {steps: [{hook: scale, with: {§", ["service", "mode", "deep"]),
        ("runbooks: {r: {steps: [{hook: scale, with: {mode: §", ["fast", "slow"]),
        ("runbooks: {r: {steps: [{hook: scale, with: {deep: {§", ["depth"]),
        ("runbooks: {r: {steps: [{undo: {hook: scale, with: {§", ["service", "mode", "deep"]),
        ("runbooks: {r: {steps: [{hook: half, with: {§", []),
        ("runbooks: {r: {steps: [{hook: unknown, with: {§", []),
    ],
)
def test_arguments_are_those_that_the_called_one_accepts(marked, expected):
    assert labels(marked, analysed(ACCEPTING).names) == expected
