"""From what a sender sent to items for the engine: which source, which principal, what is no event.

Rules of this file: pure, and shared by the server and dry runs, so that both feed the same inputs.
One member that is no event never takes the others along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.core.event import EventInput, Origin
from interlock.interpreter.runtime.delivery import Arrival, PutAside
from interlock.interpreter.sources import (
    INGEST,
    Normalised,
    Problem,
    ProblemCode,
    SourceProfile,
    ingest_profile,
    normalise,
    normalise_event,
    source_profile,
)
from interlock.rulebook.graph.state_graph import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.sources import Members
    from interlock.rulebook.graph.state_graph import StateGraph

ANONYMOUS: Final = "anonymous"
"""The principal of whoever speaks while authentication is off."""

_ALERTMANAGER: Final = Source(name="alertmanager", type="alertmanager")


class Intake:
    """The sources of a rulebook, ready to read what they send."""

    def __init__(self, graph: StateGraph) -> None:
        severities = tuple(graph.severities)
        self.bare = ingest_profile(severities)
        sources = {_ALERTMANAGER.name: _ALERTMANAGER, **graph.sources}
        self._profiles = {
            INGEST: self.bare,
            **{name: source_profile(source, severities) for name, source in sources.items()},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The sources there are, in alphabetical order."""
        return tuple(sorted(self._profiles))

    def profile(self, name: str) -> SourceProfile | None:
        """Return a source's profile by name."""
        return self._profiles.get(name)

    def read(self, source: str, body: Any) -> Members | Problem | None:
        """Return the members of a decoded body as a recording holds it; None: no such source."""
        profile = self._profiles.get(source)
        if profile is None:
            return None
        if profile is self.bare and not isinstance(body, list):
            member = normalise_event(body, profile)
            return member if isinstance(member, Problem) else (member,)
        return normalise(body, profile)


def make_items(
    members: Iterable[Normalised | Problem], source: str, speaker: str = ANONYMOUS
) -> list[Arrival | PutAside]:
    """Return an item for each member, in order; `speaker` is the principal of what people say."""
    return [
        _aside(member, source)
        if isinstance(member, Problem)
        else make_arrival(member, speaker=speaker)
        for member in members
    ]


def keep_granted(members: Iterable[Normalised | Problem], source: str) -> Members:
    """Return the members with those put aside that a source has no right to send.

    Where people authenticate, a source speaks for monitoring (`alert.*`) and for nobody else.
    """
    return tuple(
        Problem(
            ProblemCode.RESERVED_TYPE,
            f"source {source} may send alert.* only, not {member.event.type}",
            member.raw,
            member.event.index,
        )
        if isinstance(member, Normalised) and member.event.origin is not Origin.ALERT
        else member
        for member in members
    )


def make_arrival(
    member: Normalised, stream: str | None = None, speaker: str = ANONYMOUS
) -> Arrival:
    """Return the arrival of an event; `stream` where the sender addressed one incident."""
    event = member.event
    is_alert = event.origin is Origin.ALERT
    actor = f"source:{event.source}" if is_alert else speaker
    return Arrival(input=EventInput(event), actor=actor, stream=stream, raw=member.raw)


def _aside(problem: Problem, source: str) -> PutAside:
    return PutAside(f"source:{source}", problem.detail, problem.raw or b"", problem.index)
