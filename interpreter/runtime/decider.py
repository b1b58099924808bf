"""From an arrival to a decision: finds what the core needs to see and asks it.

Rules of this file: reads through a `View`, writes nothing. Which incident an event concerns is the
core's choice (`admit`); here the candidates are looked up. Timers and outcomes name their stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.admit import Admission, Group, admit, leave_unmatched
from interlock.interpreter.core.clocks import POST_MORTEM
from interlock.interpreter.core.control import CONTROL_EVENTS, CONTROL_STREAM, decide_control
from interlock.interpreter.core.correlate import Correlated, correlate, find_file
from interlock.interpreter.core.decide import decide, decide_repin
from interlock.interpreter.core.event import Event, EventInput, TimerInput
from interlock.interpreter.core.holding import Holding
from interlock.interpreter.core.incident import TimerStatus, incident_stream
from interlock.interpreter.core.record import Decision
from interlock.interpreter.core.repin import REPIN
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.runtime.candidates import (
    find_by_episode,
    find_by_id,
    find_free_id,
    group_stream,
    may_begin,
    wanted_by,
)
from interlock.interpreter.runtime.counting import KEPT, keep_alert, take_from_group, with_counted
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.facts import read_facts
from interlock.interpreter.runtime.postmortems import write_post_mortem
from interlock.interpreter.runtime.releases import Releases, end_silences
from interlock.interpreter.runtime.situation import Situation
from interlock.interpreter.runtime.suppression import (
    Suppression,
    follow,
    hold_alert,
    let_kept_resolve,
)
from interlock.rulebook.graph.state_graph import StateGraph

if TYPE_CHECKING:
    from interlock.interpreter.core.control import Control
    from interlock.interpreter.core.event import Facts, Input, Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.runtime.rulebooks import Rulebooks
    from interlock.interpreter.runtime.view import View
    from interlock.rulebook.graph.routes import Correlation
    from interlock.rulebook.graph.state_graph import Automation

_INCIDENT = incident_stream("")
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
        file: For an event, the live graph of the file that it is for, or the folder's for none.
    """

    arrival: Arrival
    wanted: Lookup
    alert: Any = None
    correlated: Correlated | None = None
    file: StateGraph | None = None

    @property
    def key(self) -> str | None:
        """The correlation key, None for what is no alert."""
        return None if self.correlated is None else self.correlated.key

    @property
    def counting(self) -> Correlation | None:
        """The entry by which one alert of the key may be too few, if any."""
        return None if self.correlated is None else self.correlated.counting


class Decider:
    """Decides arrivals by the live rulebook and those that incidents are pinned to."""

    def __init__(
        self, rulebooks: Rulebooks, automation: Automation, people: People | None = None
    ) -> None:
        """Take who holds which role; without `people` authentication is off."""
        self._rulebooks = rulebooks
        self._automation = automation
        self._people = people
        self._suppression = Suppression()
        self._releases = Releases(self, self._suppression)
        self._read: tuple[StateGraph, Control, Instant, Facts] | None = None

    def prepare(self, arrival: Arrival, now: Instant) -> Prepared:
        """Say what deciding an arrival at `now` will ask a view for."""
        alert = _payload(arrival)
        if not isinstance(arrival.input, EventInput):
            streams = (arrival.stream or CONTROL_STREAM, CONTROL_STREAM)
            return Prepared(arrival, Lookup(streams=streams), alert)
        event = arrival.input.event
        file = find_file(self._rulebooks.live, event, alert)
        correlated = correlate(file, event, alert)
        wanted = wanted_by(arrival, event, correlated.key, now)
        return Prepared(arrival, wanted, alert, correlated, file)

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
        given = Situation(self._rulebooks.live, control, view, facts, now)
        if isinstance(input_, EventInput):
            if arrival.stream == CONTROL_STREAM and input_.event.type in CONTROL_EVENTS:
                record = decide_control(control, input_.event, facts, now, arrival.actor)
                return await end_silences(given, record)
            return await self._decide_event(prepared, input_.event, given)
        assert arrival.stream is not None, "a timer and an outcome know whose they are"
        if isinstance(input_, TimerInput) and not arrival.stream.startswith(_INCIDENT):
            decision = await self._releases.wake(given, arrival, input_)
            return decision or await _nothing_to_decide(view, arrival.stream)
        incident = (await view.tip(arrival.stream)).incident
        if incident is None or not _is_awaited(incident, input_):
            return await _nothing_to_decide(view, arrival.stream)
        return await self._decide_on(incident, prepared, given)

    def _facts(self, control: Control, now: Instant) -> Facts:
        """Return what the shell reads, once for all that is decided at one time."""
        live, known = self._rulebooks.live, self._read
        if known is not None and known[0] is live and known[1] is control and known[2] == now:
            return known[3]
        facts = read_facts(live, control, self._automation, now)
        self._read = (live, control, now, facts)
        return facts

    async def _decide_event(self, prepared: Prepared, event: Event, given: Situation) -> Decision:
        given = self.within_file(prepared, given)
        given = await self._suppression.judge_alert(given, event, prepared.alert)
        admission = await self.admit(prepared, event, given)
        key = prepared.key
        stream = group_stream(key)
        actor = prepared.arrival.actor
        if admission.action == "suppress":
            return await hold_alert(given, stream, event, actor)
        if admission.action in KEPT:
            return await keep_alert(given, stream, event, admission, actor)
        if admission.action == "unmatched":
            revision = (await given.view.tip(stream)).revision + 1
            is_nobodys = bool(given.live.files) and event.is_firing
            reason = "it is in the scope of no file" if is_nobodys else admission.reason
            facts = given.facts
            decision = leave_unmatched(
                stream, revision, event, reason, facts, given.now, actor=actor, live=given.live
            )
        else:
            decision = await self.follow_admission(admission, prepared, given)
        if event.is_resolved_alert and (given.can_suppress or prepared.counting is not None):
            return await let_kept_resolve(given, decision, stream, event, actor)
        return decision

    def within_file(self, prepared: Prepared, given: Situation) -> Situation:
        """Return the situation with the live graph of the file that an event is for."""
        return given if prepared.file is None else replace(given, live=prepared.file)

    async def admit(self, prepared: Prepared, event: Event, given: Situation) -> Admission:
        """Return which incident an event concerns, of those the view shows."""
        view, key = given.view, prepared.key
        by_id = await find_by_id(prepared.arrival, event, view)
        holding, by_group = Holding(), None
        if key is not None:
            if event.is_firing and prepared.counting is not None:
                # before the incident is looked for: who opens one meanwhile writes here too
                holding = await view.holding(group_stream(key))
            by_group = await view.latest_by_group(key)
            if event.starts_at is not None and may_begin(event, by_id, by_group):
                holding = await view.holding(group_stream(key))
        by_episode = await find_by_episode(event, (by_id, by_group), view)
        group = Group(key, by_id, by_group, holding, prepared.counting, by_episode)
        return admit(given.live, group, event, given.facts, given.now)

    async def follow_admission(
        self, admission: Admission, prepared: Prepared, given: Situation
    ) -> Decision:
        """Decide an event on the incident that it opens or joins."""
        if admission.incident is not None:
            given = given.with_facts(group_key=admission.group_key)
            return await self._decide_on(admission.incident, prepared, given)
        assert admission.wanted_id is not None, "an opening names the id it wants"
        assert prepared.correlated is not None, "every event is correlated, if only to no key"
        free_id = await find_free_id(admission.wanted_id, given.view)
        given = given.with_facts(
            author=given.control.authors.get(given.live.digest),
            roles=None if self._people is None else {},
            free_id=free_id,
            base_id=admission.wanted_id if admission.wanted_id != free_id else None,
            group_key=admission.group_key,
            previous=admission.previous,
            reopen_within_ns=prepared.correlated.reopen_within_ns,
        )
        if admission.count is None:
            return await self._decide(given.live, None, prepared, given)
        given = with_counted(given, admission.count)
        decision = await self._decide(given.live, None, prepared, given)
        return await take_from_group(given, decision, admission.count)

    async def decide_timer(
        self, incident: Incident, arrival: Arrival, given: Situation
    ) -> Decision:
        """Decide a timer of an incident, whether or not it is due."""
        return await self._decide_on(incident, self.prepare(arrival, given.now), given)

    async def _decide_on(
        self, incident: Incident, prepared: Prepared, given: Situation
    ) -> Decision:
        graph = await self._rulebooks.pinned(incident.rulebook)
        given = replace(given, live=self._rulebooks.live_of(graph))
        if not incident.is_open:
            latest = await given.view.latest_by_group(incident.group_key)
            if latest is not None and latest.is_open and latest.id != incident.id:
                given = given.with_facts(group_taken_by=latest.id)
        author = given.control.authors.get(incident.rulebook)
        roles = None if self._people is None else read_roles(self._people, prepared, incident)
        if author is not None or roles is not None:
            given = given.with_facts(author=author, roles=roles)
        input_ = prepared.arrival.input
        event = input_.event if isinstance(input_, EventInput) else None
        given = await self._suppression.judge_incident(given, incident, event)
        if isinstance(input_, TimerInput) and input_.name == POST_MORTEM:
            records = await given.view.records(incident.stream)
            written = write_post_mortem(
                records, graph, given.live, incident, given.facts, given.now
            )
            given = given.with_facts(post_mortem=written)
        if not isinstance(input_, EventInput) or input_.event.type != REPIN:
            return await self._decide(graph, incident, prepared, given)
        to = await self._rulebooks.pinned(str(input_.event.data.get("to")))
        actor = prepared.arrival.actor
        decision = decide_repin(
            graph, to, incident, input_, given.facts, given.now, actor=actor, live=given.live
        )
        return await follow(given, incident, decision)

    async def _decide(
        self, graph: StateGraph, incident: Incident | None, prepared: Prepared, given: Situation
    ) -> Decision:
        decision = decide(
            graph,
            incident,
            prepared.arrival.input,
            given.facts,
            given.now,
            actor=prepared.arrival.actor,
            live=given.live,
            alert=prepared.alert,
        )
        return await follow(given, incident, decision)


async def _nothing_to_decide(view: View, stream: str) -> Decision:
    """Decide that a timer is of no more use: its row goes, so the view must be the newest."""
    await view.confirm(stream)
    return _NOTHING_TO_DECIDE


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


def _payload(arrival: Arrival) -> Any:
    """Return the raw payload as guards see it; it was read strictly before it came here."""
    return None if arrival.raw is None else msgspec.json.decode(arrival.raw)


def _is_awaited(incident: Incident, input_: Input) -> bool:
    """Tell whether a timer is still set for its time: another node may have fired it just now."""
    if not isinstance(input_, TimerInput):
        return True
    timer = incident.timers.get(input_.name)
    return timer is not None and timer.due == input_.due and timer.status is TimerStatus.SET
