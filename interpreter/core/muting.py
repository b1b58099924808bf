"""What becomes of what nobody was told, once an incident is muted no more.

Rules of this file: each notice is told once, unless it has become idle: an escalation of what was
acknowledged, anything of what is over. Remediation that was held waits for a person, who is told:
what it would have mended may be another thing by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core import clocks
from interlock.interpreter.core.holding import next_look
from interlock.interpreter.core.notify import tell
from interlock.interpreter.core.suppression import say_why

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.incident import Notice


def look_at_mute(draft: Draft) -> None:
    """At the end of what muted the incident: tell what was kept, or wait for what mutes it now."""
    by = draft.facts.muted_by
    if by is not None:
        due = next_look(by, draft.now)
        draft.add(c.TimerSet(name=clocks.MUTE, due=due, reason=say_why(by)))
        return
    kept = draft.incident.muted
    draft.add(cs.Unmuted(reason="nothing mutes it any more"))
    for notice in kept:
        if not _is_idle(draft, notice):
            text = f"{notice.text} (told late: it was muted)"
            tell(draft, notice.about, text, channels=notice.channels, **notice.details)
    draft.raise_event("silence.ended", "nothing mutes the incident any more")


def _is_idle(draft: Draft, notice: Notice) -> bool:
    incident = draft.incident
    if not incident.is_open:
        return True
    return notice.about == "escalation" and incident.acknowledged_by is not None
