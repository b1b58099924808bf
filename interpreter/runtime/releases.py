"""Routes again what was suppressed and still fires, once what suppressed it has ended.

Timers lead here: of a held alert (the end of its silence, or a time to look again), of what an
inhibition or an operator's silence lists once it has ended, and of operators' silences themselves.
Rules of this file: whatever is let go is let go in the commit that records what came of it, one
alert at a time, so that a crash in between loses and repeats nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interlock.interpreter.core.admit import tell_unmatched
from interlock.interpreter.core.change_counting import CountEnded
from interlock.interpreter.core.change_suppression import LetGo, SilenceOver
from interlock.interpreter.core.clocks import MUTE
from interlock.interpreter.core.control import CONTROL_STREAM, end_silence_in_time
from interlock.interpreter.core.counting import end_counts
from interlock.interpreter.core.counting_records import end_window
from interlock.interpreter.core.event import EventInput, TimerInput
from interlock.interpreter.core.holding import (
    GROUP_PREFIX,
    HELD,
    WINDOW,
    Held,
    ended,
    hold_on,
    let_go,
)
from interlock.interpreter.core.incident import incident_stream, member_key
from interlock.interpreter.core.record import Decision
from interlock.interpreter.core.suppression import silence_stream
from interlock.interpreter.core.suppressor import RELEASE, record_suppression
from interlock.interpreter.core.suppressor import let_go as let_go_of
from interlock.interpreter.runtime.counting import keep_alert
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.suppression import list_at, with_records

if TYPE_CHECKING:
    from interlock.interpreter.core.admit import Admission
    from interlock.interpreter.core.event import CountedAlert, Event, Instant
    from interlock.interpreter.core.holding import Holding
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Notify, Record
    from interlock.interpreter.runtime.decider import Prepared
    from interlock.interpreter.runtime.situation import Situation
    from interlock.interpreter.runtime.suppression import Suppression

_INCIDENT = incident_stream("")


class Router(Protocol):
    """Decides events, as they do that come in from outside."""

    def prepare(self, arrival: Arrival, now: Instant) -> Prepared:
        """Say what deciding an arrival will ask a view for."""
        ...

    def within_file(self, prepared: Prepared, given: Situation) -> Situation:
        """Return the situation with the live graph of the file that an event is for."""
        ...

    async def admit(self, prepared: Prepared, event: Event, given: Situation) -> Admission:
        """Return which incident an event concerns."""
        ...

    async def follow_admission(
        self, admission: Admission, prepared: Prepared, given: Situation
    ) -> Decision:
        """Decide an event on the incident that it opens or joins."""
        ...

    async def decide_timer(
        self, incident: Incident, arrival: Arrival, given: Situation
    ) -> Decision:
        """Decide a timer of an incident."""
        ...


class Releases:
    """Carries out the timers of streams that are no incident's."""

    def __init__(self, router: Router, suppression: Suppression) -> None:
        self._router = router
        self._suppression = suppression

    async def wake(self, given: Situation, arrival: Arrival, timer: TimerInput) -> Decision | None:
        """Decide a timer; None where it is no more set for this time."""
        stream = arrival.stream or CONTROL_STREAM
        if stream == CONTROL_STREAM:
            record = end_silence_in_time(
                given.control, timer, given.facts, given.now, arrival.actor
            )
            return None if record is None else await end_silences(given, record)
        if stream.startswith(GROUP_PREFIX):
            holding = await given.view.holding(stream)
            if timer.name == WINDOW:
                return await self._end_windows(given, stream, holding, timer, arrival.actor)
            held = holding.held.get(timer.name.removeprefix(HELD))
            if held is None or held.due != timer.due:
                return None
            return await self._route_again(given, stream, held, timer, arrival.actor)
        return await self._let_go(given, stream, timer, arrival.actor)

    async def _end_windows(
        self, given: Situation, stream: str, holding: Holding, timer: TimerInput, actor: str
    ) -> Decision | None:
        """End what counted too long; what counts while there is an incident joins it instead."""
        if holding.timers.get(WINDOW) != timer.due:
            return None
        ended = end_counts(holding.counted, given.now)
        counted = holding.counted[ended[0].member]
        incident = await given.view.latest_by_group(stream.removeprefix(GROUP_PREFIX))
        if incident is not None and incident.is_open:
            return await self._join_late(given, stream, counted, timer, actor)
        record = end_window(await given.place_in(stream, actor), timer, ended)
        return Decision((record,), (), (), record.disposition)

    async def _join_late(
        self, given: Situation, stream: str, counted: CountedAlert, timer: TimerInput, actor: str
    ) -> Decision:
        """Route an alert again that was counted while another node opened an incident."""
        event = counted.event
        name = member_key(event.source, event.fingerprint or "")
        reason = "there is an incident of its key"
        place = await given.place_in(stream, actor)
        record = end_window(place, timer, [CountEnded(member=name, reason=reason)])
        prepared, judged = await self._judge_again(given, event)
        admission = await self._router.admit(prepared, event, judged)
        incident = admission.incident
        if incident is None or _is_known(incident, name, counted.at):
            return Decision((record,), (), (), record.disposition)
        judged = judged.with_facts(routed_again=f"routed again: {reason}")
        decision = await self._router.follow_admission(admission, prepared, judged)
        return with_records(decision, [record])

    async def _judge_again(self, given: Situation, event: Event) -> tuple[Prepared, Situation]:
        """Prepare a kept event once more, with what it falls under now."""
        raw = None if event.raw is None else await given.view.payload(event.raw)
        arrival = Arrival(input=EventInput(event), actor=f"source:{event.source}", raw=raw)
        prepared = self._router.prepare(arrival, given.now)
        given = self._router.within_file(prepared, given)
        return prepared, await self._suppression.judge_alert(given, event, prepared.alert)

    async def _let_go(
        self, given: Situation, suppressor: str, timer: TimerInput, actor: str
    ) -> Decision | None:
        state = await given.view.suppressing(suppressor)
        name = timer.name.removeprefix(RELEASE)
        stream = state.held.get(name)
        if stream is None or state.ended_at != timer.due:
            return None
        place = await given.place_in(suppressor, actor)
        record = record_suppression(place, timer, let_go_of(timer, name, given.now))
        decision = await self._release(given, stream, name, timer, actor)
        if decision is None:
            return Decision((record,), (), (), record.disposition)
        return with_records(decision, [record])

    async def _release(
        self, given: Situation, stream: str, name: str, timer: TimerInput, actor: str
    ) -> Decision | None:
        if stream.startswith(_INCIDENT):
            incident = (await given.view.tip(stream)).incident
            mute = None if incident is None else incident.timers.get(MUTE)
            if incident is None or mute is None:
                return None
            arrival = Arrival(input=TimerInput(MUTE, mute.due), actor=actor, stream=stream)
            return await self._router.decide_timer(incident, arrival, given)
        held = (await given.view.holding(stream)).held.get(name)
        return None if held is None else await self._route_again(given, stream, held, timer, actor)

    async def _route_again(
        self, given: Situation, stream: str, held: Held, timer: TimerInput, actor: str
    ) -> Decision:
        event = held.event
        place = await given.place_in(stream, actor)
        prepared, judged = await self._judge_again(given, event)
        by = judged.facts.suppressed_by
        if by is not None:
            member = member_key(event.source, event.fingerprint or "")
            record = hold_on(place, timer, member, by, given.facts)
            decision = Decision((record,), (), (), record.disposition)
            return await list_at(given, decision, by, member, stream)
        admission = await self._router.admit(prepared, event, judged)
        reason = _why_not(admission.incident, held)
        if reason is not None or admission.action in ("unmatched", "repeat"):
            reason = reason or admission.reason
            effects: tuple[Notify, ...] = ()
            if admission.action == "unmatched":
                effects = tell_unmatched(
                    given.live, stream, place.revision, event, reason, given.facts.epoch
                )
            record = let_go(place, timer, held, reason, given.facts, effects=effects)
            return Decision((record,), record.effects, (), record.disposition)
        reason = f"routed again: {ended(held.by)}"
        judged = judged.with_facts(routed_again=reason)
        if admission.action == "count":
            decision = await keep_alert(
                judged, GROUP_PREFIX + str(prepared.key), event, admission, actor
            )
        else:
            decision = await self._router.follow_admission(admission, prepared, judged)
        return with_records(decision, [let_go(place, timer, held, reason, given.facts)])


def _why_not(incident: Incident | None, held: Held) -> str | None:
    """Return why a held alert need not be routed again, or None."""
    event = held.event
    name = member_key(event.source, event.fingerprint or "")
    member = None if incident is None else incident.alerts.get(name)
    if incident is None or member is None or not _is_known(incident, name, held.at):
        return None
    if not member.is_firing:
        return f"was resolved meanwhile, in {incident.id}"
    return f"fires in {incident.id} already" if incident.is_open else None


def _is_known(incident: Incident, member: str, since: Instant) -> bool:
    """Tell whether an incident has heard of an alert since a time."""
    known = incident.alerts.get(member)
    return known is not None and known.updated_at >= since


async def end_silences(given: Situation, record: Record) -> Decision:
    """Return the decision of a control record, with the silences it ends letting go."""
    decision = Decision((record,), (), (), record.disposition)
    for change in record.changes:
        if not isinstance(change, SilenceOver):
            continue
        stream = silence_stream(f"silence {change.id}")
        state = await given.view.suppressing(stream)
        if state.held:
            place = await given.place_in(stream, record.actor)
            over = record_suppression(place, record.input, [LetGo(reason=change.reason)])
            decision = with_records(decision, [over])
    return decision
