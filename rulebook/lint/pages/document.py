"""Y: what can be wrong with the text before anything is compiled."""

from __future__ import annotations

from interlock.rulebook.lint.pages.describe import describe

PAGES = (
    describe(
        "Y001",
        why=(
            "Nothing of the file can be used, so nothing else can be checked. A guard is a common "
            "cause: `: `, ` #` and a leading `!`, `*` or `{` mean something to YAML, so quote it."
        ),
        bad="""\
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: !has(incident.owner)
""",
        good="""\
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: '!has(incident.owner)'
""",
        limits="A YAML parser stops at its first error; the next one shows when this is repaired.",
    ),
    describe(
        "Y002",
        why=(
            "Most YAML readers silently keep the last one. Which of the two was meant, only the "
            "author knows."
        ),
        bad="""\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true}
  P1: {sla_minutes: 60}
""",
        good="""\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true}
  P2: {sla_minutes: 60}
""",
    ),
    describe(
        "Y003",
        why="It is nearly always misspelled, and what it was to switch on stays off.",
        bad="""\
severity_matrix:
  P1: {sla_minutes: 15, aproval_required: true}
""",
        good="""\
severity_matrix:
  P1: {sla_minutes: 15, approval_required: true}
""",
    ),
    describe(
        "Y004",
        why="There is no sensible default for it.",
        bad="""\
remediation_hooks:
  - {endpoint: "https://api.example.test/scale"}
""",
        good="""\
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale"}
""",
    ),
    describe(
        "Y005",
        why="The value cannot mean anything here; guessing would hide the mistake.",
        bad="""\
severity_matrix:
  P1: {sla_minutes: fifteen}
""",
        good="""\
severity_matrix:
  P1: {sla_minutes: 15}
""",
    ),
    describe(
        "Y006",
        why=(
            "YAML reads an unquoted number, `true` or `null` as such, and older readers take "
            "`on`, `no` and `12:30` for something else as well. Where text is wanted, quotes say "
            "so to every reader."
        ),
        bad="""\
notification_channels:
  chat: {type: slack, token: "${env:SLACK_TOKEN}", channel: 12345}
""",
        good="""\
notification_channels:
  chat: {type: slack, token: "${env:SLACK_TOKEN}", channel: "12345"}
""",
    ),
    describe(
        "Y007",
        why=(
            "Whatever names the id could mean either, and the journal could not say which of the "
            "two acted."
        ),
        bad="""\
workflow_rules:
  - {id: ack, transition: DETECTED -> TRIAGE, trigger: engineer.ack}
  - {id: ack, transition: TRIAGE -> MITIGATING, trigger: engineer.started}
""",
        good="""\
workflow_rules:
  - {id: ack, transition: DETECTED -> TRIAGE, trigger: engineer.ack}
  - {id: start, transition: TRIAGE -> MITIGATING, trigger: engineer.started}
""",
    ),
    describe(
        "Y010",
        why=(
            "A few lines of aliases can stand for millions of values, and merge keys hide which "
            "value holds. YAML 1.2 has no merge keys."
        ),
        bad="""\
severity_matrix:
  P1: &worst {sla_minutes: 15}
  P2: {<<: *worst, approval_required: true}
""",
        good="""\
severity_matrix:
  P1: {sla_minutes: 15}
  P2: {sla_minutes: 15, approval_required: true}
""",
    ),
)
