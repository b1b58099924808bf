"""From an arrival to a decision: finds what the core needs to see and asks it.

Rules of this file: reads through a `View`, writes nothing. Which incident an event concerns is the
core's choice (`admit`); here the candidates are looked up. Timers and outcomes name their stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.admit import Group, admit, leave_unmatched
from interlock.interpreter.core.control import CONTROL_EVENTS, CONTROL_STREAM, decide_control
from interlock.interpreter.core.correlate import Correlated, correlate
from interlock.interpreter.core.decide import decide, decide_repin
from interlock.interpreter.core.event import Event, EventInput, Origin, TimerInput
from interlock.interpreter.core.incident import TimerStatus, incident_stream
from interlock.interpreter.core.keys import incident_id
from interlock.interpreter.core.record import Decision
from interlock.interpreter.core.repin import REPIN
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.facts import read_facts

if TYPE_CHECKING:
    from interlock.interpreter.core.control import Control
    from interlock.interpreter.core.event import Facts, Input, Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.runtime.rulebooks import Rulebooks
    from interlock.interpreter.runtime.view import View
    from interlock.rulebook.graph.state_graph import Automation, StateGraph

GROUP_PREFIX = "group/"
_NOTHING_TO_DECIDE = Decision((), (), (), "unmatched")


class People(Protocol):
    """Who holds which roles at this moment."""

    def roles_of(self, principal: str, /) -> tuple[str, ...] | None:
        """Return a principal's roles; None where there is no such principal."""
        ...


class Prepared(Struct, frozen=True):
    """An arrival with all that can be said of it before anything is looked up.

    Attributes:
        wanted: What deciding it will ask a view for.
        alert: The raw payload as guards see it.
        correlated: The correlation key, for an event that addresses no stream.
    """

    arrival: Arrival
    wanted: Lookup
    alert: Any = None
    correlated: Correlated | None = None


class Decider:
    """Decides arrivals by the live rulebook and those that incidents are pinned to."""

    def __init__(
        self, rulebooks: Rulebooks, automation: Automation, people: People | None = None
    ) -> None:
        """Take who holds which role; without `people` authentication is off."""
        self._rulebooks = rulebooks
        self._automation = automation
        self._people = people
        self._read: tuple[StateGraph, Control, Instant, Facts] | None = None

    def prepare(self, arrival: Arrival, now: Instant) -> Prepared:
        """Say what deciding an arrival at `now` will ask a view for."""
        alert = _payload(arrival)
        if not isinstance(arrival.input, EventInput):
            streams = (arrival.stream or CONTROL_STREAM, CONTROL_STREAM)
            return Prepared(arrival, Lookup(streams=streams), alert)
        event = arrival.input.event
        correlated = correlate(self._rulebooks.live, event, alert)
        wanted = _wanted(arrival, event, correlated.key, now)
        return Prepared(arrival, wanted, alert, correlated)

    async def decide(self, prepared: Prepared, view: View, now: Instant) -> Decision:
        """Return what the core makes of an arrival, on what the view shows."""
        arrival = prepared.arrival
        input_ = arrival.input
        if isinstance(input_, TimerInput):
            # A wall clock that was set back after the timer came due must not give a negative
            # lateness, nor a decision dated before the deadline it is about.
            now = max(now, input_.due)
        control = await view.control()
        facts = self._facts(control, now)
        if isinstance(input_, EventInput):
            if arrival.stream == CONTROL_STREAM and input_.event.type in CONTROL_EVENTS:
                record = decide_control(control, input_.event, facts, now, arrival.actor)
                return Decision((record,), (), (), record.disposition)
            return await self._decide_event(prepared, input_.event, view, facts, now)
        assert arrival.stream is not None, "a timer and an outcome know whose they are"
        incident = (await view.tip(arrival.stream)).incident
        if incident is None or not _is_awaited(incident, input_):
            return _NOTHING_TO_DECIDE
        return await self._decide_on(incident, prepared, view, facts, now)

    def _facts(self, control: Control, now: Instant) -> Facts:
        """Return what the shell reads, once for all that is decided at one time."""
        live, known = self._rulebooks.live, self._read
        if known is not None and known[0] is live and known[1] is control and known[2] == now:
            return known[3]
        facts = read_facts(live, control, self._automation, now)
        self._read = (live, control, now, facts)
        return facts

    async def _decide_event(
        self, prepared: Prepared, event: Event, view: View, facts: Facts, now: Instant
    ) -> Decision:
        control = await view.control()
        live, arrival, correlated = self._rulebooks.live, prepared.arrival, prepared.correlated
        assert correlated is not None, "every event is correlated, if only to no key"
        key = correlated.key
        by_id = await _find_by_id(arrival, event, view)
        by_group = None if key is None else await view.latest_by_group(key)
        admission = admit(live, Group(key, by_id, by_group), event, facts, now)
        if admission.action == "open":
            assert admission.wanted_id is not None, "an opening names the id it wants"
            free_id = await _find_free_id(admission.wanted_id, view)
            facts = replace(
                facts,
                author=control.authors.get(live.digest),
                roles=None if self._people is None else {},
                free_id=free_id,
                base_id=admission.wanted_id if admission.wanted_id != free_id else None,
                group_key=admission.group_key,
                previous=admission.previous,
                reopen_within_ns=correlated.reopen_within_ns,
            )
            return decide(
                live,
                None,
                arrival.input,
                facts,
                now,
                actor=arrival.actor,
                live=live,
                alert=prepared.alert,
            )
        if admission.incident is not None:
            facts = replace(facts, group_key=admission.group_key)
            return await self._decide_on(admission.incident, prepared, view, facts, now)
        stream = CONTROL_STREAM if key is None else GROUP_PREFIX + key
        revision = (await view.tip(stream)).revision + 1
        return leave_unmatched(
            stream, revision, event, admission.reason, facts, now, actor=arrival.actor, live=live
        )

    async def _decide_on(
        self, incident: Incident, prepared: Prepared, view: View, facts: Facts, now: Instant
    ) -> Decision:
        if not incident.is_open:
            latest = await view.latest_by_group(incident.group_key)
            if latest is not None and latest.is_open and latest.id != incident.id:
                facts = replace(facts, group_taken_by=latest.id)
        author = (await view.control()).authors.get(incident.rulebook)
        roles = None if self._people is None else read_roles(self._people, prepared, incident)
        if author is not None or roles is not None:
            facts = replace(facts, author=author, roles=roles)
        graph = await self._rulebooks.pinned(incident.rulebook)
        input_ = prepared.arrival.input
        if isinstance(input_, EventInput) and input_.event.type == REPIN:
            return decide_repin(
                graph,
                await self._rulebooks.pinned(str(input_.event.data.get("to"))),
                incident,
                input_,
                facts,
                now,
                actor=prepared.arrival.actor,
                live=self._rulebooks.live,
            )
        return decide(
            graph,
            incident,
            prepared.arrival.input,
            facts,
            now,
            actor=prepared.arrival.actor,
            live=self._rulebooks.live,
            alert=prepared.alert,
        )


def read_roles(
    people: People, prepared: Prepared, incident: Incident
) -> dict[str, tuple[str, ...]]:
    """Return the present roles of all whose word may count in a decision."""
    standing = [gate for gate in incident.gates.values() if gate.is_open]
    names = {approval.principal for gate in standing for approval in gate.approvals}
    names |= {gate.bypass.by for gate in standing if gate.bypass and gate.bypass.by}
    names.add(prepared.arrival.actor)
    known = ((name, people.roles_of(name)) for name in sorted(names))
    return {name: roles for name, roles in known if roles is not None}


def _wanted(arrival: Arrival, event: Event, key: str | None, now: Instant) -> Lookup:
    if arrival.stream is not None:
        return Lookup(streams=(arrival.stream, CONTROL_STREAM))
    is_alert = event.origin is Origin.ALERT
    ids = () if event.id is None else ((event.id, event.source if is_alert else None),)
    if event.is_firing:
        # The id that admitting it would choose, should it open an incident.
        wanted = event.id or incident_id(event.source, event.fingerprint or "", now, event.index)
        stream = incident_stream(wanted)
    else:
        stream = CONTROL_STREAM if key is None else GROUP_PREFIX + key
    groups = () if key is None else (key,)
    return Lookup(ids=ids, groups=groups, streams=(stream, CONTROL_STREAM))


def _payload(arrival: Arrival) -> Any:
    """Return the raw payload as guards see it; it was read strictly before it came here."""
    return None if arrival.raw is None else msgspec.json.decode(arrival.raw)


def _is_awaited(incident: Incident, input_: Input) -> bool:
    """Tell whether a timer is still set for its time: another node may have fired it just now."""
    if not isinstance(input_, TimerInput):
        return True
    timer = incident.timers.get(input_.name)
    return timer is not None and timer.due == input_.due and timer.status is TimerStatus.SET


async def _find_by_id(arrival: Arrival, event: Event, view: View) -> Incident | None:
    if arrival.stream is not None:
        return (await view.tip(arrival.stream)).incident
    if event.id is None:
        return None
    if event.origin is Origin.ALERT:
        return await view.latest_by_id(event.id, event.source)
    # People copy what they see: the exact id of a later incident (`ID~2`) is one of those names.
    return await view.latest_by_id(event.id) or await view.incident(event.id)


async def _find_free_id(wanted: str, view: View) -> str:
    """Return the wanted id, or the next free `wanted~N`."""
    candidate, number = wanted, 1
    while await view.incident(candidate) is not None:
        if number == 1:
            latest = await view.latest_by_id(wanted)
            number = 1 if latest is None else _number(latest.id, wanted)
        number += 1
        candidate = f"{wanted}~{number}"
    return candidate


def _number(incident_id: str, base_id: str) -> int:
    suffix = incident_id.removeprefix(base_id).removeprefix("~")
    return int(suffix) if suffix.isdecimal() else 1
