"""The review meeting as an iCalendar file (RFC 5545), for whichever calendar people use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH = timedelta(hours=1)


def render_meeting(
    *, ticket: str, title: str, owner: str | None, at: Instant, review: Instant
) -> str:
    """Return the meeting; the same ticket always has the same UID, so that it moves when sent anew.

    `at` is when it was made, `review` when it begins; both in nanoseconds since 1970, UTC.
    """
    # Imported here: it is slow to import, and few incidents come to a post-mortem.
    from icalendar import Calendar, Event  # noqa: PLC0415

    event = Event()
    event.add("uid", f"{ticket}@interlock")
    event.add("dtstamp", _moment(at))
    event.add("dtstart", _moment(review))
    event.add("duration", _LENGTH)
    event.add("summary", f"Post-mortem review: {title}")
    event.add("description", f"{ticket}, owned by {owner or 'nobody yet'}")
    calendar = Calendar()
    calendar.add("prodid", "-//Interlock//post-mortem//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def _moment(instant: Instant) -> datetime:
    return _EPOCH + timedelta(seconds=instant // 1_000_000_000)
