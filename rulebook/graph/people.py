"""Who is on call, which team owns what, and the post-mortem.

Responsible for `on_call:`, `teams:` and `post_mortem:`. Never reads a clock: rotations are anchored
at a fixed week.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from interlock.rulebook.elements import span
from interlock.rulebook.graph.routes import Team
from interlock.rulebook.graph.schedule import Schedule
from interlock.rulebook.graph.state_graph import Automation, PostMortem
from interlock.rulebook.guard.places import Place
from interlock.rulebook.literals import (
    Problem,
    nanoseconds_of,
    parse_duration,
    parse_time,
)

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from zoneinfo import ZoneInfo

    from interlock.rulebook import model as m
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.severity import Channels
    from interlock.rulebook.graph.state_graph import Hook

_TURNS = {"daily": "1d", "weekly": "7d"}
_ANCHOR = datetime(2024, 1, 1)  # noqa: DTZ001 - a Monday, 00:00 in each schedule's own zone


def compile_on_call(work: Compilation) -> tuple[dict[str, Schedule], str | None]:
    """Return the schedules by name, and the one that `assign_on_call` reads."""
    on_call = work.model.on_call
    if on_call is None:
        return {}, None
    schedules = {}
    for name, rotation in on_call.schedules.items():
        with work.about(f"on-call schedule `{name}`"):
            schedules[name] = _rotation(work, name, rotation)
    if on_call.default is not None:
        check_schedule(work, on_call.default, schedules, on_call, "default")
    return schedules, on_call.default or next(iter(schedules))


def check_schedule(
    work: Compilation, name: str, schedules: Container[str], element: m.Element, *path: Step
) -> None:
    """Report a name that is no on-call schedule."""
    if name not in schedules:
        known = work.model.on_call.schedules if work.model.on_call else ()
        work.report_unknown(
            "T712", "on-call schedule", name, known, span(element, *path), sections=("on_call",)
        )


def _rotation(work: Compilation, name: str, rotation: m.Rotation) -> Schedule:
    zone = check_zone(work, rotation)
    turn = parse_duration(_TURNS.get(rotation.rotation, rotation.rotation))
    if isinstance(turn, Problem):
        work.problem("Y005", turn, rotation, "rotation")
        turn = 1
    start = _ANCHOR.replace(tzinfo=zone)
    if rotation.start is not None:
        written = parse_time(rotation.start)
        if isinstance(written, Problem):
            work.problem("Y005", written, rotation, "start")
        else:
            start = written.replace(tzinfo=written.tzinfo or zone)
    return Schedule(
        name=name,
        timezone=rotation.timezone,
        people=rotation.people,
        rotation_ns=turn,
        start_ns=nanoseconds_of(start),
    )


def check_zone(work: Compilation, element: m.Rotation | m.Schedule) -> ZoneInfo:
    """Return the element's time zone, UTC where the name is none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few rulebooks name one

    try:
        return ZoneInfo(element.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        work.report(
            "Y005",
            f"`{element.timezone}` is no time zone",
            span(element, "timezone"),
            help="such as Europe/Berlin or UTC (IANA names)",
        )
        return ZoneInfo("UTC")


def compile_teams(
    work: Compilation, channels: Channels, schedules: dict[str, Schedule]
) -> dict[str, Team]:
    """Return the teams by name."""
    teams = {}
    for name, team in (work.model.teams or {}).items():
        with work.about(f"team `{name}`"):
            if team.on_call is not None:
                check_schedule(work, team.on_call, schedules, team, "on_call")
            for replaced, channel in team.channels.items():
                channels.use(channel, team, "channels", replaced)
        teams[name] = Team(
            name=name,
            on_call=team.on_call,
            channels=dict(team.channels),
            approvers=team.approvers,
            automation=None if team.automation is None else Automation(team.automation),
        )
    return teams


def compile_post_mortem(work: Compilation, hooks: Mapping[str, Hook]) -> PostMortem:
    """Return when the post-mortem is due, who owns it, its template and its target."""
    written = work.model.post_mortem
    if written is None:
        return PostMortem()
    fallback = PostMortem()
    if written.target is not None and written.target not in hooks:
        where = span(written, "target")
        work.report_unknown(
            "A501", "hook", written.target, hooks, where, sections=("remediation_hooks",)
        )
    return PostMortem(
        due_ns=work.duration(written, "due") or fallback.due_ns,
        review_meeting_ns=work.duration(written, "review_meeting") or fallback.review_meeting_ns,
        owner=work.expression(written.owner, written, "owner", place=Place.POST_MORTEM),
        template=written.template,
        target=written.target,
    )
