"""One incident after another through the pure core, as a test tells it.

Every step checks what must hold of every decision: the record folds to the state that `decide`
returned, its bytes read back the same, and revisions have no gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from interlock.interpreter.core import Event, EventInput, Facts, Origin, admit, apply, decide
from interlock.interpreter.core.admit import Group
from interlock.interpreter.core.canonical import decode_incident, decode_record, encode
from interlock.interpreter.core.correlate import correlate
from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus, TimerInput

if TYPE_CHECKING:
    from interlock.interpreter.core import Decision, Incident
    from interlock.rulebook.graph.state_graph import StateGraph

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
START = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z


class Story:
    """Feeds inputs to the core and keeps the incidents, by id, and all decisions.

    Attributes:
        graph: The rulebook every incident is pinned to.
        live: The daemon's present rulebook, where it differs.
        raw: The raw payload that guards see as `alert`.
    """

    def __init__(self, graph: StateGraph, *, automation: str = "auto", **on_call: str) -> None:
        self.graph = graph
        self.live: StateGraph | None = None
        self.raw: Any = None
        self.now = START
        self.incidents: dict[str, Incident] = {}
        self.decisions: list[Decision] = []
        self.facts = Facts(automation=automation, on_call=on_call)

    def wait(self, nanoseconds: int) -> None:
        """Let time pass; nothing fires by itself."""
        self.now += nanoseconds

    def alert(self, status: str = "firing", actor: str = "source:test", **fields: Any) -> Decision:
        """Send an alert; `id` defaults to `test-1`."""
        kind = "alert.triggered" if status == "firing" else "alert.resolved"
        fields.setdefault("id", "test-1")
        fields.setdefault("fingerprint", fields["id"])
        fields.setdefault("type", kind)
        return self._event(Event(origin=Origin.ALERT, status=status, **fields), actor)

    def say(self, kind: str, actor: str = "ada", **fields: Any) -> Decision:
        """Send a person's signal; `id` defaults to `test-1`."""
        fields.setdefault("id", "test-1")
        return self._event(Event(type=kind, origin=Origin.HUMAN, **fields), actor)

    def timer(self, name: str, incident: str = "test-1") -> Decision:
        """Let a timer of an incident fire at its deadline, or now when that is later."""
        state = self.incidents[incident].timers[name]
        self.now = max(self.now, state.due)
        return self._decide(self.incidents[incident], TimerInput(name, state.due), "engine")

    def outcome(
        self, path: str, status: str = "succeeded", incident: str = "test-1", **fields: Any
    ) -> Decision:
        """Report how the call of a step ended."""
        key = self.incidents[incident].steps[path].key or ""
        fields.setdefault("detail", None if status == "succeeded" else status)
        ended = OutcomeInput(key=key, path=path, status=OutcomeStatus(status), **fields)
        return self._decide(self.incidents[incident], ended, "engine")

    def receive(self, input_: Any, incident: str = "test-1") -> Decision:
        """Feed any input to an incident."""
        return self._decide(self.incidents[incident], input_, "engine")

    @property
    def incident(self) -> Incident:
        """The incident of the last decision."""
        return self.decisions[-1].incident

    def _event(self, event: Event, actor: str) -> Decision:
        live = self.live or self.graph
        found = correlate(live, event, self.raw)
        facts = msgspec.structs.replace(
            self.facts, group_key=found.key, reopen_within_ns=found.reopen_within_ns
        )
        latest = list(self.incidents.values())[::-1]
        is_alert = event.origin is Origin.ALERT
        by_id = next(
            (
                incident
                for incident in latest
                if event.id in (incident.base_id, incident.id)
                and (not is_alert or incident.origin == event.source)
            ),
            None,
        )
        by_group = next((i for i in latest if is_alert and i.group_key == found.key), None)
        group = Group(found.key, by_id, by_group)
        admission = admit(live, group, event, facts, self.now)
        if admission.action == "unmatched":
            raise AssertionError(f"unmatched: {admission.reason}")
        if admission.action == "join":
            return self._decide(admission.incident, EventInput(event), actor, facts)
        wanted = admission.wanted_id or ""
        free, number = wanted, 1
        while free in self.incidents:
            number += 1
            free = f"{wanted}~{number}"
        facts = msgspec.structs.replace(
            facts,
            group_key=admission.group_key,
            free_id=free,
            base_id=wanted,
            previous=admission.previous,
        )
        return self._decide(None, EventInput(event), actor, facts)

    def _decide(
        self, incident: Incident | None, input_: Any, actor: str, facts: Facts | None = None
    ) -> Decision:
        decision = decide(
            self.graph,
            incident,
            input_,
            facts or self.facts,
            self.now,
            actor=actor,
            live=self.live,
            alert=self.raw,
        )
        (record,) = decision.records
        assert apply(incident, record) == decision.incident
        assert decode_record(encode(record)) == record
        head = encode(decision.incident)
        assert encode(decode_incident(head)) == head
        self.incidents[decision.incident.id] = decision.incident
        self.decisions.append(decision)
        return decision


def kinds(decision: Decision) -> list[str]:
    """Return the kinds of a decision's changes, in order."""
    return [change.__struct_config__.tag for change in decision.records[0].changes]


def moves(decision: Decision) -> list[str]:
    """Return the transitions of a decision as `FROM -> TO`."""
    return [
        f"{change.from_} -> {change.to}"
        for change in decision.records[0].changes
        if change.__struct_config__.tag == "transition"
    ]


def told(decision: Decision) -> list[str]:
    """Return what was told to whom, as `about:channel`."""
    return [
        f"{effect.about}:{effect.channel}"
        for effect in decision.effects
        if effect.__struct_config__.tag == "notify"
    ]
