"""Who is told, and of what.

Rules of this file: notification fails open. The channels of the incident's severity hear; what
needs a person's eye reaches `default_channel`, and without one the log, rather than nobody. Texts
are plain; each channel escapes them its own way, since alert text is a stranger's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core import change as c
from interlock.interpreter.core.record import Notify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.core.draft import Draft

LOG_CHANNEL = "log"


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
    names = list(draft.row.channels if channels is None else channels)
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
                details={"incident": incident.id, "state": incident.state, **details},
            )
        )


def everyone(draft: Draft) -> list[str]:
    """Return every channel that may hear of the incident: its row's, and those of escalation."""
    row = draft.row
    named = [*row.channels, *(name for level in row.escalation for name in level.notify)]
    return named or [draft.live.default_channel or LOG_CHANNEL]


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
    names = draft.row.channels
    fallback = draft.live.default_channel or LOG_CHANNEL
    tell(draft, about, reason, channels=names or (fallback,), rule=rule)
