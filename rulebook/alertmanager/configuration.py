"""An Alertmanager configuration as values.

Responsible for the shape of what is carried over. Source: prometheus.io/docs/alerting/latest/
configuration. Knows no rulebook.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import MapNode

ALL_LABELS = "..."


class Relation(StrEnum):
    """How a matcher compares a label with its value; expressions are anchored at both ends."""

    EQUAL = "="
    UNEQUAL = "!="
    MATCHES = "=~"
    DIFFERS = "!~"


class Matcher(NamedTuple):
    """One condition on one label; a label that is missing has the value ""."""

    label: str
    relation: Relation
    value: str


class Route(NamedTuple):
    """A node of the routing tree, with what it inherits filled in.

    Attributes:
        group_by: Label names; `...` alone is all labels, empty is one group for all.
        mute, active: Names of time intervals; they are not inherited.
    """

    receiver: str
    matchers: tuple[Matcher, ...]
    goes_on: bool
    group_by: tuple[str, ...]
    group_wait: str
    group_interval: str
    repeat_interval: str
    mute: tuple[str, ...]
    active: tuple[str, ...]
    routes: tuple[Route, ...]


class Integration(NamedTuple):
    """One entry of a receiver's `…_configs`; `kind` is the part before `_configs`."""

    kind: str
    node: MapNode


class Receiver(NamedTuple):
    """A name to send to, and how."""

    name: str
    integrations: tuple[Integration, ...]


class Inhibition(NamedTuple):
    """Alerts that mute others while they fire."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]


class Hours(NamedTuple):
    """One part of a time interval.

    Attributes:
        days: Weekdays, Monday 0; None for all.
        ranges: Minutes since midnight, start and end; None for the whole day.
        dates: What it says of months, years and days of the month, as written.
    """

    days: frozenset[int] | None
    ranges: tuple[tuple[int, int], ...] | None
    location: str
    dates: tuple[str, ...]


class Configuration(NamedTuple):
    """A whole file; `rest` are top-level keys and settings that mean nothing to a rulebook."""

    route: Route
    receivers: tuple[Receiver, ...]
    inhibitions: tuple[Inhibition, ...]
    intervals: dict[str, tuple[Hours, ...]]
    defaults: MapNode | None
    rest: tuple[str, ...]
