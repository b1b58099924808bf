"""Who is on call, which team owns what, and the post-mortem.

Responsible for `on_call:`, `schedules:`, `teams:`, `owner:` and `post_mortem:`. Never reads a clock:
rotations are anchored at a fixed week.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from interlock.rulebook.elements import span
from interlock.rulebook.graph.state_graph import PostMortem, Schedule
from interlock.rulebook.literals import (
    Problem,
    nanoseconds_of,
    parse_duration,
    parse_time,
)

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.severity import Channels

_TURNS = {"daily": "1d", "weekly": "7d"}
_ANCHOR = datetime(2024, 1, 1)  # noqa: DTZ001 - a Monday, 00:00 in each schedule's own zone


def compile_on_call(work: Compilation) -> tuple[dict[str, Schedule], str | None]:
    """Return the schedules by name, and the one that `assign_on_call` reads."""
    on_call = work.model.on_call
    if on_call is None:
        return {}, None
    schedules = {
        name: _rotation(work, name, rotation) for name, rotation in on_call.schedules.items()
    }
    default = on_call.default
    if default is not None and default not in schedules:
        work.report_unknown(
            "T712", "on-call schedule", default, schedules, span(on_call, "default"),
            section="on_call",
        )  # fmt: skip
    return schedules, default or next(iter(schedules))


def _rotation(work: Compilation, name: str, rotation: m.Rotation) -> Schedule:
    subject = f"on-call schedule `{name}`"
    zone = check_zone(work, rotation, subject=subject)
    turn = parse_duration(_TURNS.get(rotation.rotation, rotation.rotation))
    if isinstance(turn, Problem):
        work.problem("Y005", turn, rotation, "rotation", subject=subject)
        turn = 1
    start = _ANCHOR.replace(tzinfo=zone)
    if rotation.start is not None:
        written = parse_time(rotation.start)
        if isinstance(written, Problem):
            work.problem("Y005", written, rotation, "start", subject=subject)
        elif isinstance(written, datetime):
            start = written if written.tzinfo else written.replace(tzinfo=zone)
        else:
            start = datetime.combine(written, time(), tzinfo=zone)
    return Schedule(
        name=name,
        timezone=rotation.timezone,
        people=rotation.people,
        rotation_ns=turn,
        start_ns=nanoseconds_of(start),
    )


def check_zone(work: Compilation, element: m.Rotation | m.Schedule, *, subject: str) -> ZoneInfo:
    """Return the element's time zone, UTC where the name is none."""
    try:
        return ZoneInfo(element.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        work.report(
            "Y005",
            f"`{element.timezone}` is no time zone",
            span(element, "timezone"),
            help="such as Europe/Berlin or UTC (IANA names)",
            subject=subject,
        )
        return ZoneInfo("UTC")


def check_teams(work: Compilation, channels: Channels, schedules: dict[str, Schedule]) -> None:
    """Check the names that teams use."""
    for name, team in (work.model.teams or {}).items():
        subject = f"team `{name}`"
        if team.on_call is not None and team.on_call not in schedules:
            work.report_unknown(
                "T712", "on-call schedule", team.on_call, schedules, span(team, "on_call"),
                section="on_call", subject=subject,
            )  # fmt: skip
        for replaced, channel in team.channels.items():
            channels.use(channel, team, "channels", replaced, subject=subject)


def compile_post_mortem(work: Compilation) -> PostMortem:
    """Return when the post-mortem is due, who owns it and its template."""
    written = work.model.post_mortem
    if written is None:
        return PostMortem()
    fallback = PostMortem()
    return PostMortem(
        due_ns=work.duration(written, "due") or fallback.due_ns,
        review_meeting_ns=work.duration(written, "review_meeting") or fallback.review_meeting_ns,
        owner=work.value_guard(written.owner, written, "owner", subject="the post-mortem's owner"),
        template=written.template,
    )
