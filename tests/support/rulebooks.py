"""Rulebooks that tests share, as operators would write them."""

REFERENCE = """\
severity_matrix:
  P1:
    sla_minutes: 15
    auto_remediation: false
    approval_required: true
    notification_channels: [slack_critical, pagerduty]
  P2:
    sla_minutes: 60
    auto_remediation: true
    approval_required: false
    notification_channels: [slack_ops, email]
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: assign_on_call
  - transition: TRIAGE -> MITIGATING
    validator: approval_or_severity_check
    action: execute_remediation_steps
  - transition: RESOLVED -> POST_MORTEM
    validator: always_true
    action: create_postmortem_ticket
remediation_hooks:
  - id: scale_up_service
    endpoint: https://api.internal/scaling
    method: POST
    idempotency_key: correlation_id
  - id: restart_container
    endpoint: https://api.internal/containers/restart
    method: POST
    idempotency_key: correlation_id
"""

REMEDIATING = """\
severity_matrix:
  P1: {sla_minutes: 15, auto_remediation: false, approval_required: true}
  P2: {sla_minutes: 60, auto_remediation: true, approval_required: false}
default_channel: ops
runbooks:
  slow:
    match: "true"
    steps:
      - id: scale
        hook: scale_up
        with: {service: checkout}
        retry: {attempts: 3, initial: 1s, factor: 2, max: 30s}
      - {id: restart, hook: restart}
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale", idempotency_key: correlation_id}
  - {id: restart, endpoint: "https://api.example.test/restart"}
notification_channels:
  ops: {type: log}
"""
"""One runbook of two steps: the first target honours the key, the second does not."""
