"""The automation ladder: how far remediation may go on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.graph.state_graph import Automation, lowest_automation

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft


def automation(draft: Draft, rule_mode: Automation | None = None) -> Automation:
    """Return the lowest level of daemon, rulebook, team, severity and rule; a hook has its own."""
    return lowest_automation(
        Automation(draft.facts.automation),
        draft.live.automation,
        None if draft.team is None else draft.team.automation,
        draft.row.automation,
        rule_mode,
    )
