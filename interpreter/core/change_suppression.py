"""What silences and inhibitions change: the part of the vocabulary of `change.py` that is theirs.

Rules of this file: as in `change.py`.
"""

from __future__ import annotations

from msgspec import Struct

from interlock.interpreter.core.event import Event, Instant, Suppressor
from interlock.interpreter.core.incident import Notice


class AlertHeld(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="held"
):
    """A suppressed alert is kept, to be routed again at `due`; `event` None: the one known."""

    member: str
    event: Event | None = None
    by: Suppressor
    due: Instant


class AlertReleased(Struct, frozen=True, kw_only=True, tag_field="kind", tag="released"):
    """A suppressed alert is no more kept: it was routed again, or is resolved."""

    member: str
    reason: str


class HeldElsewhere(Struct, frozen=True, kw_only=True, tag_field="kind", tag="held_elsewhere"):
    """What a suppressor holds is listed with it: an alert of a group, or an incident's notices."""

    member: str
    stream: str


class InhibitorChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="inhibitor"):
    """An alert began to suppress others, or does no more (`to`: `firing` or `over`)."""

    to: str
    member: str
    incident: str
    rule: str


class LetGo(Struct, frozen=True, kw_only=True, tag_field="kind", tag="let_go"):
    """A silence was ended: what it holds is routed again."""

    reason: str


class Muted(Struct, frozen=True, kw_only=True, tag_field="kind", tag="muted"):
    """Nobody is told of this now; it is kept, to be told at the end of what mutes it."""

    notice: Notice
    reason: str


class Unmuted(Struct, frozen=True, kw_only=True, tag_field="kind", tag="unmuted"):
    """Nothing mutes the incident any more, or nothing is left to tell."""

    reason: str


class SilenceAdded(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="silence"
):
    """An operator silenced alerts (`match`) or one incident, on the control stream."""

    id: str
    match: str | None = None
    incident: str | None = None
    until: Instant
    reason: str


class SilenceOver(Struct, frozen=True, kw_only=True, tag_field="kind", tag="silence_over"):
    """An operator's silence has ended, or was ended before its time."""

    id: str
    reason: str


SuppressionChange = (
    AlertHeld
    | AlertReleased
    | HeldElsewhere
    | InhibitorChanged
    | LetGo
    | Muted
    | Unmuted
    | SilenceAdded
    | SilenceOver
)
