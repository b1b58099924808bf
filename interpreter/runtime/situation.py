"""What a decision is made in: the rulebook, what operators set, what the view shows, the time.

Rules of this file: values only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.control import Control
from interlock.interpreter.core.event import Facts, Instant
from interlock.interpreter.core.holding import Place
from interlock.interpreter.runtime.view import View
from interlock.rulebook.graph.state_graph import StateGraph

if TYPE_CHECKING:
    from typing import Any


class Situation(Struct, frozen=True):
    """One decision's surroundings; `live` is the present rulebook."""

    live: StateGraph
    control: Control
    view: View
    facts: Facts
    now: Instant

    @property
    def can_suppress(self) -> bool:
        """True where the rulebook or an operator suppresses anything."""
        live = self.live
        return bool(live.silences or live.inhibitions or self.control.silences)

    def with_facts(self, **facts: Any) -> Situation:
        """Return the same with further facts."""
        return replace(self, facts=replace(self.facts, **facts))

    async def place_in(self, stream: str, actor: str) -> Place:
        """Return the place of a stream's next record."""
        revision = (await self.view.tip(stream)).revision + 1
        return Place(stream=stream, revision=revision, at=self.now, actor=actor)
