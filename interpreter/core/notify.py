"""Who is told, and of what.

Rules of this file: notification fails open. The channels of the incident's severity hear, as its
team names them; what needs a person's eye reaches `default_channel`, and without one the log,
rather than nobody. While an incident is muted nothing is told but its end, and what is not told is
kept. Texts are plain; each channel escapes them its own way, since alert text is a stranger's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core import clocks
from interlock.interpreter.core.holding import next_look
from interlock.interpreter.core.incident import Notice
from interlock.interpreter.core.record import Notify
from interlock.interpreter.core.suppression import say_why

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import Suppressor
    from interlock.interpreter.core.incident import Incident

LOG_CHANNEL = "log"
PAGER_TYPES = frozenset({"pagerduty", "opsgenie"})
"""Channels that have an acknowledgement of their own."""


def tell(
    draft: Draft,
    about: str,
    text: str,
    *,
    channels: Iterable[str] | None = None,
    **details: Any,
) -> None:
    """Ask for a notification on each channel of the severity row (or on those given)."""
    incident = draft.incident
    muted_by = draft.facts.muted_by
    if muted_by is not None and about not in _NEVER_MUTED:
        given = None if channels is None else tuple(channels)
        notice = Notice(about=about, text=text, channels=given, details=details)
        mute(draft, notice, muted_by)
        return
    names = list(team_channels(draft, draft.row.channels) if channels is None else channels)
    if not names and draft.live.default_channel is not None:
        names = [draft.live.default_channel]
    for name in dict.fromkeys(names):
        path = draft.path(f"notify/{about}/{name}")
        draft.ask(
            Notify(
                key=draft.key(path),
                path=path,
                channel=name,
                about=about,
                text=f"[{incident.severity}] {incident.title} ({incident.id}): {text}",
                details={**_subject(incident), **details},
            )
        )


def _subject(incident: Incident) -> dict[str, Any]:
    """Return what every message says of its incident, as it is when the message is asked for."""
    return {
        "incident": incident.id,
        "generation": incident.generation,
        "title": incident.title,
        "severity": incident.severity,
        "state": incident.state,
    }


_NEVER_MUTED = frozenset({"resolved", "closed"})
"""A page that was sent before the silence began has to end."""


def mute(draft: Draft, notice: Notice, by: Suppressor) -> None:
    """Tell nobody now: keep the notice, and look again when what mutes the incident ends."""
    draft.add(cs.Muted(notice=notice, reason=say_why(by)))
    due = next_look(by, draft.now)
    known = draft.incident.timers.get(clocks.MUTE)
    if known is None or known.due != due:
        draft.add(c.TimerSet(name=clocks.MUTE, due=due, reason=say_why(by)))


def team_channels(draft: Draft, names: Iterable[str]) -> list[str]:
    """Return channels of a severity row, each as the incident's team replaces it."""
    team = draft.team
    return [name if team is None else team.channels.get(name, name) for name in names]


def everyone(draft: Draft) -> list[str]:
    """Return every channel that may hear of the incident: its row's, and those of escalation."""
    row = draft.row
    named = [*row.channels, *(name for level in row.escalation for name in level.notify)]
    return team_channels(draft, named) or [draft.live.default_channel or LOG_CHANNEL]


def tell_pagers(draft: Draft, about: str, text: str) -> None:
    """Tell only channels that page until somebody says so: what people read has no use for it."""
    declared = draft.live.channels
    names = [
        name
        for name in everyone(draft)
        if (channel := declared.get(name)) is not None and channel.type in PAGER_TYPES
    ]
    if names:
        tell(draft, about, text, channels=names)


def need_attention(
    draft: Draft,
    reason: str,
    *,
    about: str = "attention",
    rule: str | None = None,
    once: str | None = None,
) -> None:
    """Mark the incident for a person and tell the channels; `once` is told only once a visit."""
    if once is not None and once in draft.incident.told:
        return
    draft.add(c.AttentionNeeded(reason=reason, rule=rule, once=once))
    names = team_channels(draft, draft.row.channels)
    fallback = draft.live.default_channel or LOG_CHANNEL
    tell(draft, about, reason, channels=names or (fallback,), rule=rule)
