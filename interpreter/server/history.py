"""An incident as it was: the fold of its records up to a revision or a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.server.errors import RequestError
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import parse_timestamp

if TYPE_CHECKING:
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.journal.store import JournalStore

_END: Final = (1 << 63) - 1
_DIGITS_MAX: Final = 18
_PAGE: Final = 500


class Moment(Struct, frozen=True):
    """Up to which record, and up to which time."""

    revision: int = _END
    at: int = _END


def read_moment(text: str) -> Moment:
    """Read a revision or an RFC 3339 time; raises RequestError 400."""
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX:
        return Moment(revision=int(text))
    try:
        return Moment(at=parse_timestamp(text).nanoseconds)
    except GuardError as error:
        raise RequestError(
            400, "invalid_query", f"at is a revision or a time (RFC 3339), not {text[:60]!r}"
        ) from error


async def fold_until(store: JournalStore, stream: str, moment: Moment) -> Incident | None:
    """Return the incident of a stream as it was; None: it had not begun."""
    incident: Incident | None = None
    after = 0
    while page := await store.read(stream, after=after, limit=_PAGE):
        after = page[-1].revision
        for stored in page:
            if stored.revision > moment.revision or stored.at > moment.at:
                return incident
            incident = apply(incident, decode_record(stored.data))
    return incident
