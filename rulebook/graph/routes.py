"""The parts of a compiled rulebook that say what becomes of an alert before rules are tried.

Rules of this file: as in `state_graph.py`, of which these values are a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:  # it imports this module
    from interlock.rulebook.graph.state_graph import (  # noqa: TC004 - nothing here is decoded
        Automation,
        GuardRef,
    )


class Correlation(Struct, frozen=True):
    """One entry of `correlation`: which alerts belong together.

    `group_by` empty means the fingerprint. `threshold` maps severities to how many distinct
    members open an incident within the window; `threshold_default` holds for those it does not
    name.
    """

    match: GuardRef | None = None
    group_by: tuple[GuardRef, ...] = ()
    window_ns: int = 300_000_000_000
    threshold: Mapping[str, int] = {}
    threshold_default: int = 1
    reopen_within_ns: int = 1_800_000_000_000

    @property
    def counts_alerts(self) -> bool:
        """True where one alert may be too few to open an incident."""
        return max(self.threshold_default, *self.threshold.values(), 1) > 1


class Hours(Struct, frozen=True):
    """Recurring hours of a week, on the wall clock of a time zone.

    Attributes:
        days: The days on which they begin, Monday 0.
        first: Minutes since midnight; `last` not after it is on the next day.
    """

    timezone: str
    days: frozenset[int]
    first: int
    last: int


class Silence(Struct, frozen=True):
    """Alerts that open nothing and tell nobody while it is active.

    Attributes:
        name: `silence 1` for the first of a rulebook.
        is_operators: Added to a running daemon, and not by its rulebook.
        hours: When, every week; None: always.
        start_ns: Not before this time.
        until_ns: Not from this time on.
    """

    name: str
    match: GuardRef | None
    reason: str | None = None
    hours: Hours | None = None
    start_ns: int | None = None
    until_ns: int | None = None
    is_operators: bool = False


class Inhibition(Struct, frozen=True):
    """Alerts (`source`) that suppress others (`target`) of equal labels while they fire."""

    name: str
    source: GuardRef
    target: GuardRef
    equal: tuple[str, ...] = ()


class Team(Struct, frozen=True):
    """Who owns an incident: `channels` replace the severity row's by name."""

    name: str
    on_call: str | None = None
    channels: Mapping[str, str] = {}
    approvers: tuple[str, ...] = ()
    automation: Automation | None = None
