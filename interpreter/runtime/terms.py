"""What a claim is told of the present rulebook: levels of the ladder, limits, the daemon's rate.

Pure. All of it is live: a reload holds for effects that wait already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.interpreter.journal.outbox import Claim, HookTerms, Rate
from interlock.rulebook.graph.state_graph import Automation, lowest_automation

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant
    from interlock.rulebook.graph.state_graph import StateGraph


DEFAULT_RATE: Final = Rate(30, 3_600_000_000_000)
"""How many calls of all hooks together may be made in a time without anybody's approval."""


def make_claim(
    live: StateGraph,
    automation: Automation,
    rate: Rate | None,
    *,
    now: Instant,
    until: Instant,
    limit: int,
) -> Claim:
    """Return the claim of a daemon at its own level, by its live rulebook."""
    return Claim(
        now=now,
        until=until,
        automation=lowest_automation(automation, live.automation),
        hooks={hook.id: HookTerms(hook.automation, hook.limits) for hook in live.hooks.values()},
        teams={
            team.name: team.automation
            for team in live.teams.values()
            if team.automation is not None
        },
        rate=rate,
        limit=limit,
    )
