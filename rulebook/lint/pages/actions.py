"""A and B: actions, hooks and runbooks."""

from __future__ import annotations

from interlock.rulebook.lint.pages.describe import describe

SECRET = describe(
    "A509",
    why=(
        "Rulebooks are reviewed, diffed and kept for ever, and what a hook is sent is written "
        "into the journal before it is sent. A secret belongs in `auth`, by reference: "
        "`${env:NAME}` or `${file:NAME}`."
    ),
    bad="""\
remediation_hooks:
  - id: restart
    endpoint: https://api.example.test/restart
    headers: {Authorization: "Bearer 3f9a1c77e2"}
    idempotency_key: request_id
""",
    good="""\
remediation_hooks:
  - id: restart
    endpoint: https://api.example.test/restart
    auth: {bearer: "${env:RESTART_TOKEN}"}
    idempotency_key: request_id
""",
    limits=(
        "In headers, arguments and URLs a secret is recognised by the name it stands under "
        "(password, token, api_key, ...) or by the shape of well-known tokens."
    ),
)

PAGES = (
    describe(
        "A501",
        why="When the transition commits, nothing would be done.",
        bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: asign_on_call}
""",
        good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
""",
    ),
    describe(
        "A502",
        why="The action would do something else than its author wrote down, or fail every time.",
        bad="""\
notification_channels: {ops: {type: log}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: notify, with: {too: [ops]}}
""",
        good="""\
notification_channels: {ops: {type: log}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: notify, with: {to: [ops]}}
""",
        limits=(
            "A hook's arguments are checked where it says what it `accepts`, a Python function's "
            "where `--hooks` names its module. What a template will give is not known, but that "
            "it is text."
        ),
    ),
    SECRET,
    describe(
        "B602",
        why="The steps that were to run do not exist.",
        bad="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain_node}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: execute_remediation_steps, with: {runbook: drian}}
""",
        good="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain_node}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: execute_remediation_steps, with: {runbook: drain}}
""",
    ),
)
