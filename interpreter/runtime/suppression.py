"""What an alert or an incident falls under, and what has to be written where it is suppressed.

Rules of this file: reads through a `View`; every judgement is the core's. Costs nothing where
neither the rulebook nor an operator suppresses anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core.bindings import event_bindings
from interlock.interpreter.core.holding import HELD_MAX, hold, let_resolve
from interlock.interpreter.core.incident import member_key
from interlock.interpreter.core.record import Decision
from interlock.interpreter.core.suppression import (
    Inhibitions,
    Silenced,
    find_inhibitions,
    find_silence,
    member_event,
)
from interlock.interpreter.core.suppressor import (
    inhibitors_changed,
    list_held,
    record_suppression,
)
from interlock.interpreter.runtime.silencing import InForce, Silencing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from interlock.interpreter.core.change import Change
    from interlock.interpreter.core.event import Event, Suppressor
    from interlock.interpreter.core.incident import Incident, Member
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.runtime.situation import Situation
    from interlock.interpreter.runtime.view import View

_END_OF_TIME = 2**63 - 1


class Suppression:
    """Silences and inhibitions of the live rulebook and of operators, for decisions."""

    def __init__(self) -> None:
        self._silencing = Silencing()

    async def judge_alert(self, given: Situation, event: Event, alert: Any) -> Situation:
        """Return the situation with what a firing alert falls under, and what it takes part in."""
        graph = given.live
        if not (event.is_firing and given.can_suppress):
            return given
        in_force = self._silencing.at(graph, given.control, given.now)
        bindings = event_bindings(event, alert)
        silenced, inhibitions = Silenced(), Inhibitions()
        if in_force.active:
            silenced = find_silence(in_force.entries, in_force.active, bindings)
        if graph.inhibitions:
            inhibitions = find_inhibitions(graph, event, bindings)
        member = member_key(event.source, event.fingerprint or "")
        by = silenced.by or await _inhibited(inhibitions.inhibited_at, member, given.view)
        return given.with_facts(
            suppressed_by=by,
            suppression_errors=(*silenced.errors, *inhibitions.errors),
            inhibits=inhibitions.inhibits,
            inhibited_at=inhibitions.inhibited_at,
        )

    async def judge_incident(
        self, given: Situation, incident: Incident, event: Event | None
    ) -> Situation:
        """Return the situation with what keeps an incident from telling anybody.

        A firing alert mutes its own decision, whatever else the incident holds; otherwise an
        incident is muted where each of its alerts that fire is suppressed.
        """
        if not given.can_suppress:
            return given
        in_force = self._silencing.at(given.live, given.control, given.now)
        by = in_force.incidents.get(incident.id)
        if by is None and event is not None and event.is_firing:
            by = given.facts.suppressed_by
        elif by is None and incident.is_open:
            by = await _muted_by(in_force, incident, event, given.view)
        return given if by is None else given.with_facts(muted_by=by)


async def hold_alert(given: Situation, stream: str, event: Event, actor: str) -> Decision:
    """Decide that a firing alert opens nothing now; it is held in its group's stream."""
    by = given.facts.suppressed_by
    assert by is not None, "only a suppressed alert is held"
    holding = await given.view.holding(stream)
    place = await given.place_in(stream, actor)
    record = hold(holding, place, event, by, given.facts)
    decision = Decision((record,), (), (), record.disposition)
    member = member_key(event.source, event.fingerprint or "")
    if member not in holding.held and len(holding.held) >= HELD_MAX:
        return decision
    return await list_at(given, decision, by, member, stream)


async def let_kept_resolve(
    given: Situation, decision: Decision, stream: str, event: Event, actor: str
) -> Decision:
    """Return the decision on a resolved alert with what it means for one held or counted."""
    holding = await given.view.holding(stream)
    if not (holding.held or holding.counted):
        return decision
    place = await given.place_in(stream, actor)
    record = let_resolve(holding, place, event, given.facts)
    if record is None:
        return decision
    if decision.incident is None:
        return Decision((record,), (), (), record.disposition)
    return with_records(decision, [record])


async def follow(given: Situation, before: Incident | None, decision: Decision) -> Decision:
    """Return a decision with what it changes for the alerts that its incident's suppress."""
    record, after = decision.records[0], decision.incident
    rules = dict(record.facts.inhibits)
    for one in record.facts.counted:
        rules.update(one.inhibits)
    lists: dict[str, list[Change]] = {}
    for stream, member, to in inhibitors_changed(before, record, after):
        rule = rules.get(stream, "inhibition")
        changed = cs.InhibitorChanged(to=to, member=member, incident=after.id, rule=rule)
        lists.setdefault(stream, []).append(changed)
    records = [
        record_suppression(await given.place_in(stream, record.actor), record.input, changes)
        for stream, changes in lists.items()
    ]
    decision = with_records(decision, records) if records else decision
    by = record.facts.muted_by
    if by is None or not after.muted:
        return decision
    return await list_at(given, decision, by, after.stream, after.stream)


async def list_at(
    given: Situation, decision: Decision, by: Suppressor, name: str, stream: str
) -> Decision:
    """Return a decision that lists what is suppressed with what suppresses it."""
    if by.stream is None:
        return decision
    state = await given.view.suppressing(by.stream)
    if name in state.held:
        return decision
    record = decision.records[0]
    place = await given.place_in(by.stream, record.actor)
    listed = record_suppression(place, record.input, [list_held(state, name, stream)])
    return with_records(decision, [listed])


def with_records(decision: Decision, records: Sequence[Record]) -> Decision:
    """Return a decision with further records; of one stream there is one, with all changes."""
    merged = {record.stream: record for record in decision.records}
    for record in records:
        known = merged.get(record.stream)
        merged[record.stream] = (
            record
            if known is None
            else replace(
                known,
                changes=(*known.changes, *record.changes),
                effects=(*known.effects, *record.effects),
            )
        )
    return Decision(
        tuple(merged.values()),
        decision.effects,
        decision.trace,
        decision.disposition,
        decision.incident,
    )


async def _inhibited(streams: Sequence[str], member: str, view: View) -> Suppressor | None:
    for stream in streams:
        by = (await view.suppressing(stream)).inhibits(stream, member)
        if by is not None:
            return by
    return None


async def _muted_by(
    in_force: InForce, incident: Incident, event: Event | None, view: View
) -> Suppressor | None:
    """Return what mutes an incident and ends first; None where one of its alerts is not muted."""
    first: Suppressor | None = None
    for name, member in incident.alerts.items():
        if not member.is_firing or _ends(event, name):
            continue
        by = await _member_muted_by(in_force, incident, name, member, view)
        if by is None:
            return None
        if first is None or (by.until or _END_OF_TIME) < (first.until or _END_OF_TIME):
            first = by
    return first


def _ends(event: Event | None, name: str) -> bool:
    if event is None or not event.is_resolved_alert:
        return False
    return name == member_key(event.source, event.fingerprint or "")


async def _member_muted_by(
    in_force: InForce, incident: Incident, name: str, member: Member, view: View
) -> Suppressor | None:
    if in_force.active:
        bindings = event_bindings(member_event(incident, member), {})
        by = find_silence(in_force.entries, in_force.active, bindings).by
        if by is not None:
            return by
    return await _inhibited(member.inhibited_at, name, view)
