"""Reading an Alertmanager configuration.

Responsible for turning the document into values with inheritance filled in, and for saying where a
part is none that Alertmanager would take. Never decides what becomes of a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.alertmanager.configuration import (
    Configuration,
    Hours,
    Inhibition,
    Integration,
    Matcher,
    Receiver,
    Relation,
    Route,
)
from interlock.rulebook.alertmanager.fields import Fields, MalformedError
from interlock.rulebook.alertmanager.matchers import parse_matchers
from interlock.rulebook.document.reader import read_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.source import SourceFile

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_REST = ("templates", "tracing")
_CONFIGS = "_configs"
_CLOCK_PARTS = 2
_MATCHER_KEYS = (("match", Relation.EQUAL), ("match_re", Relation.MATCHES))


def read_configuration(
    source: SourceFile,
) -> tuple[Configuration | None, Sequence[Diagnostic]]:
    """Return the configuration, or None and what is wrong."""
    reading = read_document(source)
    if reading.root is None or reading.diagnostics:
        return None, reading.diagnostics
    try:
        return _configuration(Fields(reading.root)), ()
    except MalformedError as error:
        return None, (error.diagnostic,)


def _configuration(top: Fields) -> Configuration:
    root = top.part("route")
    if root is None:
        raise top.wrong("an Alertmanager configuration has a `route`")
    receivers = tuple(_receiver(entry) for entry in top.parts("receivers"))
    names = {receiver.name for receiver in receivers}
    defaults = top.part("global")
    return Configuration(
        route=_route(root, None, names),
        receivers=receivers,
        inhibitions=tuple(_inhibition(entry) for entry in top.parts("inhibit_rules")),
        intervals=_intervals(top),
        defaults=None if defaults is None else defaults.node,
        rest=tuple(key for key in _REST if top.node.get(key)),
    )


def _route(at: Fields, parent: Route | None, receivers: set[str]) -> Route:
    receiver = at.text("receiver") or (parent.receiver if parent else None)
    if receiver is None:
        raise at.wrong("the top route names a `receiver`")
    if receiver not in receivers:
        raise at.wrong(f"there is no receiver `{receiver}`", "receiver")
    group_by = at.texts("group_by") if "group_by" in at.node else None
    own = Route(
        receiver=receiver,
        matchers=_matchers(at, "") if parent else (),
        goes_on=at.flag("continue", default=False),
        group_by=group_by if group_by is not None else parent.group_by if parent else (),
        group_wait=at.text("group_wait") or (parent.group_wait if parent else "30s"),
        group_interval=at.text("group_interval") or (parent.group_interval if parent else "5m"),
        repeat_interval=at.text("repeat_interval") or (parent.repeat_interval if parent else "4h"),
        mute=at.texts("mute_time_intervals"),
        active=at.texts("active_time_intervals"),
        routes=(),
    )
    return own._replace(routes=tuple(_route(child, own, receivers) for child in at.parts("routes")))


def _matchers(at: Fields, prefix: str) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    for key, relation in _MATCHER_KEYS:
        written = at.part(prefix + key)
        if written is not None:
            found += (Matcher(label, relation, written.text(label) or "") for label in written.node)
    key = f"{prefix}matchers"
    for number, text in enumerate(at.texts(key)):
        parsed = parse_matchers(text)
        if parsed is None:
            raise at.wrong(f'`{text}` is no matcher such as team="db"', key, number)
        found += parsed
    return tuple(found)


def _receiver(at: Fields) -> Receiver:
    name = at.text("name")
    if name is None:
        raise at.wrong("a receiver has a `name`")
    return Receiver(
        name,
        tuple(
            Integration(key.removesuffix(_CONFIGS), entry.node)
            for key in at.node
            if key.endswith(_CONFIGS)
            for entry in at.parts(key)
        ),
    )


def _inhibition(at: Fields) -> Inhibition:
    return Inhibition(_matchers(at, "source_"), _matchers(at, "target_"), at.texts("equal"))


def _intervals(top: Fields) -> dict[str, tuple[Hours, ...]]:
    found = {}
    for key in ("mute_time_intervals", "time_intervals"):
        for entry in top.parts(key):
            name = entry.text("name")
            if name is None:
                raise entry.wrong("a time interval has a `name`")
            found[name] = tuple(_hours(part) for part in entry.parts("time_intervals"))
    return found


def _hours(at: Fields) -> Hours:
    dates = ("days_of_month", "months", "years")
    times = at.parts("times")
    return Hours(
        days=_days(at) if at.node.get("weekdays") else None,
        ranges=tuple((_minute(part, "start_time"), _minute(part, "end_time")) for part in times)
        if times
        else None,
        location=at.text("location") or "UTC",
        dates=tuple(f"{key}: {', '.join(at.texts(key))}" for key in dates if at.node.get(key)),
    )


def _days(at: Fields) -> frozenset[int]:
    days: set[int] = set()
    for number, text in enumerate(at.texts("weekdays")):
        ends = [part.strip().lower() for part in text.split(":")]
        if any(end not in _WEEKDAYS for end in ends):
            raise at.wrong(f"`{text}` is no weekday", "weekdays", number)
        days.update(range(_WEEKDAYS.index(ends[0]), _WEEKDAYS.index(ends[-1]) + 1))
    return frozenset(days)


def _minute(at: Fields, key: str) -> int:
    parts: list[Any] = (at.text(key) or "").split(":")
    if len(parts) != _CLOCK_PARTS or not all(part.isdecimal() for part in parts):
        raise at.wrong(f"`{key}` is a time such as 09:00", key)
    return int(parts[0]) * 60 + int(parts[1])
