"""What is recorded when a closed stream, or raw payloads, are erased.

Pure. A stream that is erased ends with a record that says so, chained to the last one that goes;
the control stream says it too, with who asked and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.change_control import PayloadsErased, StreamErased
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.core.event import Event, EventInput, Facts, Instant, Origin
from interlock.interpreter.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.change_control import ControlChange

ERASURE = "journal.erased"
"""The event by which data is erased."""


class Erasing(Struct, frozen=True):
    """A stream as it stands before it is erased."""

    stream: str
    revision: int
    hash: bytes


def record_erasure(
    streams: Sequence[Erasing],
    payloads: Sequence[str],
    *,
    control_revision: int,
    reason: str,
    actor: str,
    now: Instant,
) -> list[Record]:
    """Return the control stream's record, and the last one of each stream that goes."""
    event = EventInput(Event(type=ERASURE, origin=Origin.HUMAN, source="api", reason=reason))
    said = [
        StreamErased(stream=each.stream, records=each.revision, hash=each.hash.hex(), reason=reason)
        for each in streams
    ]
    changes: list[ControlChange] = [*said]
    if payloads:
        changes.append(PayloadsErased(digests=tuple(payloads), reason=reason))

    def record(stream: str, revision: int, changes: Sequence[ControlChange]) -> Record:
        return Record(
            stream=stream,
            revision=revision,
            at=now,
            actor=actor,
            input=event,
            facts=Facts(),
            disposition="applied",
            changes=tuple(changes),
        )

    ends = [record(each.stream, each.records + 1, [each]) for each in said]
    return [record(CONTROL_STREAM, control_revision + 1, changes), *ends]
