"""A decision in the making: the one mutable thing of the core.

Rules of this file: the incident moves only by changes, folded as they are added, so that what was
decided and what a replay folds cannot differ. A draft lives for one call of `decide`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.apply import apply_change
from interlock.interpreter.core.bindings import RuleBindings
from interlock.interpreter.core.change import Raised
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.keys import effect_key

if TYPE_CHECKING:
    from interlock.interpreter.core.change import Change
    from interlock.interpreter.core.event import Facts, Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Effect, Tried
    from interlock.rulebook.graph.routes import Team
    from interlock.rulebook.graph.state_graph import SeverityRow, StateGraph


class Draft:
    """Collects changes, effects and trace of one decision on one incident.

    Attributes:
        graph: The incident's pinned rulebook: lifecycle, rules, gates, runbooks.
        live: The daemon's present rulebook: hooks, channels, on-call.
        raised: Engine events still to be run in this decision.
        entered: States entered in this decision; none is entered twice.
        stayed: Rules that were taken in this decision without leaving; none is taken twice.
    """

    def __init__(
        self,
        graph: StateGraph,
        live: StateGraph,
        incident: Incident | None,
        facts: Facts,
        now: Instant,
        actor: str,
    ) -> None:
        self.graph = graph
        self.live = live
        self.facts = facts
        self.now = now
        self.actor = actor
        self.event: Event | None = None
        self.alert: Any = None
        self.changes: list[Change] = []
        self.effects: list[Effect] = []
        self.trace: list[Tried] = []
        self.raised: list[Event] = []
        self.entered: set[str] = set()
        self.stayed: set[str] = set()
        self._incident = incident
        self._bindings: tuple[Incident, Event | None, str | None, RuleBindings] | None = None
        self._schedules = live.schedules.keys() | graph.schedules.keys()
        self._paths: dict[str, int] = {}

    @property
    def incident(self) -> Incident:
        """The incident as changed so far."""
        assert self._incident is not None, "the first change of a new incident opens it"
        return self._incident

    @property
    def row(self) -> SeverityRow:
        """The severity row of the incident, as its pinned rulebook has it."""
        return self.graph.row(self.incident.severity)

    @property
    def team(self) -> Team | None:
        """The team that owns the incident, as the present rulebook has it."""
        owner = self.incident.owner
        return None if owner is None else self.live.teams.get(owner)

    @property
    def revision(self) -> int:
        """The revision of the record in the making."""
        return self.incident.revision + 1

    def add(self, change: Change) -> None:
        """Make a change and fold it."""
        self.changes.append(change)
        self._incident = apply_change(self._incident, change, self.now)

    def ask(self, effect: Effect) -> None:
        """Ask the shell for something, once the record is written."""
        self.effects.append(effect)

    def raise_event(self, event_type: str, reason: str, **data: Any) -> None:
        """Raise an event of the engine's own, to be run in this same decision."""
        self.add(Raised(type=event_type, reason=reason))
        event = Event(type=event_type, origin=Origin.ENGINE, source="engine", data=data)
        self.raised.append(event)

    def key(self, path: str) -> str:
        """Return the idempotency key of an effect at a path."""
        incident, epoch = self.incident, self.facts.epoch
        return effect_key(incident.id, incident.generation, self.revision, path, epoch)

    def path(self, name: str) -> str:
        """Return a path not yet used in this record: the name, then `name#2`, ..."""
        count = self._paths.get(name, 0) + 1
        self._paths[name] = count
        return name if count == 1 else f"{name}#{count}"

    def bindings(self, runbook: str | None = None) -> RuleBindings:
        """Return what guards see now, of a runbook's steps where one is named."""
        known = self._bindings
        incident, event = self.incident, self.event
        # Made anew only after a change.
        if known is not None and known[0] is incident and known[1] is event and known[2] == runbook:
            return known[3]
        view = RuleBindings(
            incident,
            event,
            alert=self.alert,
            row=self.row,
            facts=self.facts,
            now=self.now,
            schedules=self._schedules,
            runbook=runbook,
        )
        self._bindings = (incident, event, runbook, view)
        return view
