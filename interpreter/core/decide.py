"""Deciding: one input on one incident gives a record, its effects and a trace.

Rules of this file: pure; time, ids and whatever was read come in as arguments, and the next state
is made by `apply`'s own folds. The daemon, dry runs, tests and the simulator all call `decide`, so
what a dry run shows is what the daemon does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import alerts, clocks, gates
from interlock.interpreter.core import change as c
from interlock.interpreter.core.draft import Draft
from interlock.interpreter.core.effects import command_effect, hold
from interlock.interpreter.core.event import (
    RESERVED_TYPES,
    EffectInput,
    Event,
    EventInput,
    Facts,
    HeldInput,
    Input,
    Instant,
    Origin,
    OutcomeInput,
    OutcomeStatus,
    TimerInput,
)
from interlock.interpreter.core.incident import ESCALATION, SLA, TimerStatus, read_thread, ring
from interlock.interpreter.core.muting import look_at_mute
from interlock.interpreter.core.notify import LOG_CHANNEL, need_attention, team_channels, tell
from interlock.interpreter.core.postmortem import open_ticket
from interlock.interpreter.core.record import Decision, Record
from interlock.interpreter.core.repin import repin
from interlock.interpreter.core.rules import run
from interlock.interpreter.core.runs import settle, verify_due
from interlock.interpreter.core.signals import Verdict, take_signal

if TYPE_CHECKING:
    from typing import Any

    from interlock.interpreter.core.incident import Incident
    from interlock.rulebook.graph.state_graph import StateGraph


def decide(
    graph: StateGraph,
    incident: Incident | None,
    input_: Input,
    facts: Facts,
    now: Instant,
    *,
    actor: str,
    live: StateGraph | None = None,
    alert: Any = None,
) -> Decision:
    """Decide what an input does to an incident.

    Args:
        graph: The rulebook the incident is pinned to; for an opening, the present one.
        incident: Its state, or None to open one (`facts.free_id` and `facts.group_key` name it).
        input_: The event, timer or outcome.
        facts: What the shell read; recorded with the decision.
        now: Time of the decision, nanoseconds since 1970.
        actor: The principal or component behind the input.
        live: The daemon's present rulebook (hooks, channels, on-call), where it differs.
        alert: The raw payload, as guards see it.

    Returns:
        One record for the incident's stream, its effects, the trace and the new state.
    """
    draft = Draft(graph, live or graph, incident, facts, now, actor)
    draft.alert = {} if alert is None else alert
    disposition = "applied"
    if isinstance(input_, EventInput):
        disposition = _decide_event(draft, incident, input_.event)
    elif isinstance(input_, TimerInput):
        _decide_timer(draft, input_)
    elif isinstance(input_, HeldInput):
        hold(draft, input_)
    elif isinstance(input_, EffectInput):
        why_not = command_effect(draft, input_)
        disposition = _dispose(draft, Verdict(why_not))
        run(draft, None)
    else:
        _decide_outcome(draft, input_)
    _run_raised(draft)
    return _finish(draft, input_, disposition)


def decide_repin(
    old: StateGraph,
    new: StateGraph,
    incident: Incident,
    input_: EventInput,
    facts: Facts,
    now: Instant,
    *,
    actor: str,
    live: StateGraph,
) -> Decision:
    """Move an incident from the rulebook it is pinned to, to another; see `repin`."""
    draft = Draft(new, live, incident, facts, now, actor)
    draft.alert = {}
    why_not = repin(draft, old, input_.event)
    _run_raised(draft)
    return _finish(draft, input_, _dispose(draft, Verdict(why_not)))


def _finish(draft: Draft, input_: Input, disposition: str) -> Decision:
    incident = draft.incident
    record = Record(
        stream=incident.stream,
        revision=draft.revision,
        at=draft.now,
        actor=draft.actor,
        input=input_,
        facts=draft.facts,
        disposition=disposition,
        changes=tuple(draft.changes),
        effects=tuple(draft.effects),
        trace=tuple(draft.trace),
    )
    after = replace(incident, revision=record.revision, updated_at=record.at)
    return Decision((record,), record.effects, record.trace, disposition, after)


def _decide_event(draft: Draft, incident: Incident | None, event: Event) -> str:
    if incident is None:
        draft.event = event
        alerts.open_incident(draft, event)
        run(draft, event)
        _tell_suppression(draft)
        return "applied"
    if event.origin is Origin.ALERT:
        return _decide_alert(draft, incident, event)
    verdict = take_signal(draft, event)
    return _dispose(draft, verdict)


def _dispose(draft: Draft, verdict: Verdict) -> str:
    if verdict.rejected is None:
        return "applied"
    draft.add(c.Rejected(to=verdict.wanted, reason=verdict.rejected))
    return "rejected"


def _decide_alert(draft: Draft, incident: Incident, event: Event) -> str:
    draft.event = event
    if event.type in RESERVED_TYPES:
        return _dispose(draft, Verdict(f"{event.type} is raised by the engine only"))
    duplicate = alerts.duplicate_of(incident, event)
    if duplicate is not None:
        draft.add(c.Suppressed(reason=duplicate))
        return "suppressed"
    if event.is_firing and not incident.is_open and _opens(draft, event):
        alerts.reopen(draft, event)
    else:
        alerts.take_in(draft, event)
    is_partial = event.is_resolved_alert and draft.incident.has_firing_alert
    if is_partial:
        draft.add(c.Noted(reason="other alerts of the incident still fire"))
    asks = not is_partial and (incident.is_open or not event.is_resolved_alert)
    outcome = run(draft, event, asks=asks)
    _tell_suppression(draft)
    if outcome.asked is None or outcome.reached or outcome.gated or outcome.failed:
        return "applied"
    return _dispose(draft, Verdict(outcome.reason, outcome.asked))


def _tell_suppression(draft: Draft) -> None:
    """Say why an alert comes again, and which silences and inhibitions could not be asked."""
    if draft.facts.routed_again is not None:
        draft.add(c.Noted(reason=draft.facts.routed_again))
    for error in draft.facts.suppression_errors:
        reason = f"does not suppress, its guard is an error: {error}"
        need_attention(draft, reason, about="guard_error", once=error)


def _opens(draft: Draft, event: Event) -> bool:
    return event.type in draft.live.opens


def _decide_timer(draft: Draft, timer: TimerInput) -> None:
    known = draft.incident.timers.get(timer.name)
    if known is None or known.due != timer.due or known.status is TimerStatus.DUE:
        draft.add(c.Noted(reason=f"timer {timer.name} is no more set for this time"))
        return
    is_rule = timer.name.startswith(clocks.AFTER)
    late = max(draft.now - timer.due, 0)
    rang = ring(timer.name, draft.incident.severity)
    draft.add(c.TimerFired(name=timer.name, due=timer.due, late_ns=late, stays=is_rule, rang=rang))
    if timer.name == SLA:
        tell(draft, "sla_breached", "not resolved within its SLA")
        draft.raise_event("sla.breached", "not resolved within its SLA")
    elif timer.name.startswith(ESCALATION):
        _escalate(draft, int(timer.name.removeprefix(ESCALATION)))
    elif timer.name.startswith(clocks.GATE):
        gate = draft.incident.gates.get(timer.name.removeprefix(clocks.GATE))
        if gate is not None and gate.is_open:
            gates.expire(draft, gate)
    elif timer.name.startswith(clocks.VERIFY):
        verify_due(draft, timer.name.removeprefix(clocks.VERIFY))
    elif timer.name == clocks.POST_MORTEM:
        open_ticket(draft)
    elif timer.name == clocks.MUTE:
        look_at_mute(draft)
    run(draft, None)


def _escalate(draft: Draft, level: int) -> None:
    levels = draft.row.escalation
    if draft.incident.acknowledged_by is None and level <= len(levels):
        text = f"not acknowledged (escalation level {level})"
        names = team_channels(draft, levels[level - 1].notify)
        tell(draft, "escalation", text, channels=names, level=level)


def _decide_outcome(draft: Draft, outcome: OutcomeInput) -> None:
    is_message = outcome.path.startswith(("notify/", "post_mortem/"))
    if is_message and outcome.path not in draft.incident.steps:
        _end_message(draft, outcome)
        return
    settle(draft, outcome)
    run(draft, None)


def _end_message(draft: Draft, outcome: OutcomeInput) -> None:
    """A message that reached nobody is told elsewhere, once: never by the channel that failed."""
    if outcome.status is OutcomeStatus.SUCCEEDED:
        reason = f"{outcome.path} was delivered"
        if (thread := read_thread(outcome.result)) is not None:
            draft.add(c.ThreadBegun(thread=thread, reason=reason))
        else:
            draft.add(c.Noted(reason=reason))
        return
    reason = f"{outcome.path} {outcome.status}: {outcome.detail}"
    draft.add(c.AttentionNeeded(reason=reason))
    fallback = draft.live.default_channel or LOG_CHANNEL
    if not outcome.path.startswith("notify/undelivered/"):
        tell(draft, "undelivered", reason, channels=(fallback,))


def _run_raised(draft: Draft) -> None:
    """Run engine events of this decision; no state is entered twice, so this ends."""
    while draft.raised:
        run(draft, draft.raised.pop(0))
