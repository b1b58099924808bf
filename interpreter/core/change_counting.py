"""What thresholds change: the part of the vocabulary of `change.py` that is theirs.

Rules of this file: as in `change.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from interlock.interpreter.core.event import Event, Instant


class BelowThreshold(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="below_threshold"
):
    """An alert is counted with the others of its key until `due`; it opens nothing yet.

    `inhibits` and `inhibited_at` are what it takes part in once it is in an open incident.
    """

    member: str
    event: Event
    due: Instant
    threshold: int
    reason: str
    inhibits: Mapping[str, str] = {}
    inhibited_at: tuple[str, ...] = ()


class CountEnded(Struct, frozen=True, kw_only=True, tag_field="kind", tag="count_ended"):
    """A counted alert counts no more: its window has ended, or it is resolved or suppressed."""

    member: str
    reason: str


class ThresholdMet(Struct, frozen=True, kw_only=True, tag_field="kind", tag="threshold_met"):
    """What is counted is in an incident now: nothing is counted any more."""

    incident: str
    reason: str


class EpisodeOver(Struct, frozen=True, kw_only=True, tag_field="kind", tag="episode_over"):
    """An alert of no incident is resolved; should it still fire, it was overtaken on its way."""

    member: str
    starts_at: Instant


CountingChange = BelowThreshold | CountEnded | ThresholdMet | EpisodeOver
