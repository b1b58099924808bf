"""Which incidents a move to another rulebook concerns, and what it would do to each.

Rules of this file: a preview decides as the daemon would and commits nothing. Each incident moves
in a commit of its own: one that cannot be moved never holds up the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core.canonical import decode_incident
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.core.repin import REPIN
from interlock.interpreter.journal.store import IncidentFilter
from interlock.interpreter.runtime.delivery import Arrival, answer_for
from interlock.interpreter.runtime.view import View

if TYPE_CHECKING:
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.decider import Decider
    from interlock.interpreter.runtime.engine import Engine

_PAGE = 500


class Move(Struct, frozen=True, kw_only=True):
    """A wish to move incidents.

    Attributes:
        to: Digest of the rulebook to move to.
        from_: Only incidents on a rulebook whose digest begins so; None: on any other.
        incidents: Only these; None: all that are not closed.
        states: States of theirs to states of the rulebook, where the names differ.
    """

    to: str
    from_: str | None = None
    incidents: Sequence[str] | None = None
    states: Mapping[str, str] = {}
    reason: str


class Moved(Struct, frozen=True, kw_only=True):
    """What became, or would become, of one incident; `refused` says why it stays."""

    incident: str
    from_: str
    state_from: str
    state_to: str
    refused: str | None = None


class Repinner:
    """Moves incidents to another rulebook."""

    def __init__(self, store: JournalStore, engine: Engine, decider: Decider, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._decider = decider
        self._clock = clock

    async def preview(self, move: Move, actor: str) -> list[Moved]:
        """Return what `carry_out` would do now."""
        moved = []
        for incident in await self._concerned(move):
            now = self._clock.now()
            prepared = self._decider.prepare(_arrival(move, incident, actor), now)
            decision = await self._decider.decide(prepared, View(self._store), now)
            moved.append(_moved(move, incident, answer_for(decision).reason))
        return moved

    async def carry_out(self, move: Move, actor: str) -> list[Moved]:
        """Move them, each recorded; raises StoreError or RefusedError where that fails."""
        moved = []
        for incident in await self._concerned(move):
            (answer,) = await self._engine.submit([_arrival(move, incident, actor)])
            moved.append(_moved(move, incident, answer.reason))
        return moved

    async def _concerned(self, move: Move) -> list[Incident]:
        found = [incident async for incident in self._running()]
        return [
            incident
            for incident in reversed(found)
            if incident.rulebook != move.to
            and (move.from_ is None or incident.rulebook.startswith(move.from_))
            and (move.incidents is None or incident.id in move.incidents)
        ]

    async def _running(self) -> Any:
        after: str | None = None
        while True:
            heads, after = await self._store.list_incidents(
                IncidentFilter(after=after, limit=_PAGE)
            )
            for head in heads:
                incident = decode_incident(head.data)
                if incident.closed_at is None:
                    yield incident
            if after is None:
                return


def _arrival(move: Move, incident: Incident, actor: str) -> Arrival:
    event = Event(
        type=REPIN,
        origin=Origin.HUMAN,
        source="api",
        id=incident.id,
        reason=move.reason,
        data={"to": move.to, "states": dict(move.states)},
    )
    return Arrival(input=EventInput(event), actor=actor, stream=incident.stream)


def _moved(move: Move, incident: Incident, refused: str | None) -> Moved:
    return Moved(
        incident=incident.id,
        from_=incident.rulebook,
        state_from=incident.state,
        state_to=move.states.get(incident.state, incident.state),
        refused=refused,
    )
