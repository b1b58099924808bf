"""The rulebooks that simulated daemons run, and what the checker knows of each, written by hand."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from interlock.rulebook import check_rulebook
from interlock.rulebook.source import SourceFile

FULL = """\
version: 1
name: simulated
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
events: {incident.false_positive: CANCELLED}
severity_matrix:
  P1:
    sla_minutes: 15
    auto_remediation: false
    approval_required: true
    notification_channels: [page, chat]
    escalation: [{after: 5m, notify: [page]}, {after: 15m, notify: [directors]}]
  P2:
    sla_minutes: 60
    auto_remediation: true
    approval_required: false
    notification_channels: [chat]
  P3: {auto_remediation: false, approval_required: false, notification_channels: [chat]}
sources:
  am: {type: alertmanager, auth: none, severity: {critical: P1, warning: P2, info: P3}}
correlation:
  - {match: 'event.labels.team == "db"', group_by: [event.labels.cluster], reopen_within: 10m}
  - {group_by: [event.labels.service], reopen_within: 30m}
default_channel: chat
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: approval_or_severity_check
    gate: {when: severity.approval_required, approvals: 2, exclude: [requester], expires: 30m,
           on_expiry: escalate}
    action: execute_remediation_steps
  - id: nag
    transition: TRIAGE -> TRIAGE
    after: 20m
    action: {do: escalate, with: {to: [directors]}}
  - {id: cancel, transition: any -> CANCELLED, trigger: [incident.false_positive]}
  - id: review
    transition: RESOLVED -> POST_MORTEM
    validator: always_true
    action: create_postmortem_ticket
runbooks:
  slow:
    match: incident.labels.service != "none"
    steps:
      - id: scale
        hook: scale_up
        with: {service: "{{ incident.labels.service }}"}
        retry: {attempts: 3, initial: 1s, factor: 2, max: 30s}
      - {id: restart, hook: restart, on_failure: continue}
      - {id: verify, hook: probe, retry: {attempts: 2, initial: 2s}}
remediation_hooks:
  - id: scale_up
    endpoint: "https://api.example.test/scale"
    limits: {max: 9999, concurrent: 99}
    idempotency_key: correlation_id
  - id: restart
    endpoint: "https://api.example.test/restart"
    limits: {max: 9999, concurrent: 99}
  - id: probe
    endpoint: "https://api.example.test/probe"
    limits: {max: 9999, concurrent: 99}
    idempotency_key: correlation_id
notification_channels:
  page: {type: log}
  chat: {type: log}
  directors: {type: log}
on_call:
  schedules:
    sre: {timezone: Europe/Berlin, rotation: weekly, people: [ada, grace]}
"""

FULL_FACTS = {
    "ranks": {"P1": 1, "P2": 2, "P3": 3, "P4": 4},
    "initial": "DETECTED",
    "gates": {
        "mitigate": {
            "approvals": 2,
            "severities": ["P1"],
            "excludes_requester": True,
            "asked_by": ["mitigation.approved"],
        }
    },
}


class Rulebook(NamedTuple):
    """A compiled rulebook with what the checker must know of it."""

    graph: Any
    sources: list
    facts: dict


@cache
def full():
    """The one with everything in it."""
    sources = [SourceFile("simulated.yaml", FULL)]
    checked = check_rulebook(sources)
    assert checked.graph is not None, checked.diagnostics
    return Rulebook(checked.graph, sources, FULL_FACTS)
