"""G and R: states, transitions and events."""

from __future__ import annotations

from interlock.rulebook.lint.pages.describe import describe

UNKNOWN_EVENT = describe(
    "R406",
    why=(
        "The rule waits for something that never arrives. The names under `gate.`, "
        "`runbook.`, `sla.` and `silence.` are the engine's own, and no source may send them."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, trigger: sla.breeched}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, trigger: sla.breached}
""",
    limits=(
        "People and integrations may send types of their own, so another unknown type is only "
        "a warning, and only where it is spelled nearly like a known one."
    ),
)

PAGES = (
    describe(
        "G301",
        why="The transition could never be taken; it is usually misspelled.",
        bad="""\
workflow_rules:
  - {transition: DETECTED -> TRAIGE, validator: severity_defined}
""",
        good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
""",
    ),
    describe(
        "G302",
        why="Every incident begins in the initial state, so it must exist and be open.",
        bad="""\
lifecycle: {initial: CLOSED, states: [OPEN, CLOSED], final: [CLOSED]}
workflow_rules:
  - {transition: OPEN -> CLOSED, trigger: incident.resolved}
""",
        good="""\
lifecycle: {initial: OPEN, states: [OPEN, CLOSED], final: [CLOSED]}
workflow_rules:
  - {transition: OPEN -> CLOSED, trigger: incident.resolved}
""",
    ),
    describe(
        "G307",
        why=(
            "A final state is where an incident ends: clocks, timers and gates are closed there. "
            "Only reopening leads out, back to the initial state and with a new generation."
        ),
        bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: POST_MORTEM -> TRIAGE, trigger: review.failed}
""",
        good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: RESOLVED -> TRIAGE, trigger: review.failed}
""",
    ),
    UNKNOWN_EVENT,
    describe(
        "R410",
        why=(
            "Such a rule would be taken by every incident at once. Where that is meant, "
            "`always_true` says it."
        ),
        bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, action: assign_on_call}
""",
        good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: always_true, action: assign_on_call}
""",
    ),
)
