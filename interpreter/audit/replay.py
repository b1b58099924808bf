"""Folding the journal from zero, and deciding it again.

The fold shows what an incident was at any record. Deciding again asks the stored rulebook about the
recorded inputs and facts and compares: where an answer differs, this version decides otherwise than
the one that wrote the record. That is a difference between versions, never damage.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import decode_record, encode
from interlock.interpreter.core.change import Opened
from interlock.interpreter.core.change_control import RulebookLoaded
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.core.decide import decide, decide_repin
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.repin import REPIN
from interlock.rulebook import check_rulebook
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.sealed import JournalLog
    from interlock.rulebook import StateGraph


class ReplayError(Exception):
    """There is nothing to fold; the text is for people."""


class Difference(Struct, frozen=True):
    """A record that would be decided otherwise now; which of its parts, as JSON."""

    stream: str
    revision: int
    part: str
    recorded: str
    now: str


class Replayed(Struct, frozen=True):
    """How many records were decided again, how many could not be, and what differs."""

    decided: int
    skipped: int
    differences: tuple[Difference, ...]


async def state_at(
    log: JournalLog, stream: str, *, revision: int | None = None, at: Instant | None = None
) -> Incident:
    """Return an incident as it was after a record, or at an instant; raises ReplayError."""
    incident: Incident | None = None
    async for record in _records(log, stream):
        if (revision is not None and record.revision > revision) or (
            at is not None and record.at > at
        ):
            break
        incident = apply(incident, record)
    if incident is None:
        raise ReplayError(f"there was no {stream} then")
    return incident


async def redecide(log: JournalLog) -> Replayed:
    """Decide every record of every incident again, on the state before it, by its rulebook.

    What is live whatever an incident is pinned to (hooks, channels, who is on call) is taken from
    the rulebook that was live at the record's time, as the control stream says.

    The opening of an incident, and what a person did outside its rulebook, are not decided by
    `decide` and are skipped, like records whose rulebook is not there.
    """
    rulebooks = await _Rulebooks.read(log)
    decided = skipped = 0
    differences: list[Difference] = []
    async for page in log.heads():
        for head in page:
            if head.incident is None:
                continue
            incident: Incident | None = None
            async for record in _records(log, head.stream):
                before, incident = incident, apply(incident, record)
                again = await _decide_again(log, rulebooks, before, record)
                if again is None:
                    skipped += 1
                else:
                    decided += 1
                    differences += _compare(record, again)
    return Replayed(decided, skipped, tuple(differences))


async def _decide_again(
    log: JournalLog, rulebooks: _Rulebooks, before: Incident | None, record: Record
) -> Record | None:
    if before is None or any(isinstance(change, Opened) for change in record.changes):
        return None
    graph = await rulebooks.graph(before.rulebook)
    live = await rulebooks.live_at(record.at, graph)
    if graph is None or live is None:
        return None
    alert = None
    if isinstance(record.input, EventInput) and record.input.event.raw is not None:
        payload = await log.payload(record.input.event.raw)
        if payload is None or payload[1] is None:
            return None
        alert = msgspec.json.decode(payload[1])
    if isinstance(record.input, EventInput) and record.input.event.type == REPIN:
        to = await rulebooks.graph(str(record.input.event.data.get("to")))
        if to is None:
            return None
        decision = decide_repin(
            graph, to, before, record.input, record.facts, record.at, actor=record.actor, live=live
        )
    else:
        decision = decide(
            graph,
            before,
            record.input,
            record.facts,
            record.at,
            actor=record.actor,
            live=live,
            alert=alert,
        )
    return decision.records[0] if decision.records else None


class _Rulebooks:
    """The rulebooks that a journal keeps, and which of them was live when."""

    def __init__(self, log: JournalLog, loaded: Sequence[tuple[Instant, str]]) -> None:
        self._log = log
        self._loaded = loaded
        self._graphs: dict[str, StateGraph | None] = {}

    @classmethod
    async def read(cls, log: JournalLog) -> _Rulebooks:
        """Read from the control stream when which rulebook became live."""
        loaded = [
            (record.at, change.to)
            async for record in _records(log, CONTROL_STREAM)
            for change in record.changes
            if isinstance(change, RulebookLoaded)
        ]
        return cls(log, loaded)

    async def graph(self, digest: str) -> StateGraph | None:
        """Return a rulebook by its digest, None where the journal does not keep it."""
        if digest not in self._graphs:
            sources = await self._log.rulebook(digest)
            files = [SourceFile(name, text) for name, text in sorted((sources or {}).items())]
            graph = check_rulebook(files).graph if files else None
            known = () if graph is None else (*graph.files, graph)
            self._graphs[digest] = next((one for one in known if one.digest == digest), graph)
        return self._graphs[digest]

    async def live_at(self, at: Instant, pinned: StateGraph | None) -> StateGraph | None:
        """Return the rulebook that was live at a time; where none was recorded yet, `pinned`."""
        place = bisect_right(self._loaded, at, key=itemgetter(0))
        live = pinned if place == 0 else await self.graph(self._loaded[place - 1][1])
        if live is None or pinned is None:
            return None
        # of a folder: the file of the same name, as the daemon takes it
        return next((file for file in live.files if file.file == pinned.file), live)


def _compare(recorded: Record, now: Record) -> list[Difference]:
    found = []
    for part in ("disposition", "changes", "effects", "trace"):
        was, is_ = (encode(getattr(record, part)).decode() for record in (recorded, now))
        if was != is_:
            found.append(Difference(recorded.stream, recorded.revision, part, was, is_))
    return found


async def _records(log: JournalLog, stream: str) -> AsyncIterator[Record]:
    async for page in log.stream(stream):
        for row in page:
            if row.data is not None:
                yield decode_record(row.data)
