"""T: channels, schedules and the names that people stand behind."""

from __future__ import annotations

from interlock.rulebook.lint.pages.describe import describe

PAGES = (
    describe(
        "T707",
        why=(
            "The page goes nowhere. A rulebook that declares no channel at all may name any: they "
            "go to the log, and this is then a warning."
        ),
        bad="""\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [pgae]}
notification_channels: {page: {type: log}}
""",
        good="""\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [page]}
notification_channels: {page: {type: log}}
""",
    ),
    describe(
        "T712",
        why="Nobody would be assigned, or the silence would never begin.",
        bad="""\
on_call:
  schedules: {sre: {timezone: Europe/Berlin, people: [ada, grace]}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: assign_on_call, with: {schedule: ser}}
""",
        good="""\
on_call:
  schedules: {sre: {timezone: Europe/Berlin, people: [ada, grace]}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: assign_on_call, with: {schedule: sre}}
""",
    ),
)
