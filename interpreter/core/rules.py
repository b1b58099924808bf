"""One input, one run: which rules are tried, in which order, and what comes of it.

Rules of this file: first the rules an event names or asks for, in file order, until one is taken;
then the automatic ones (and timed ones that are due) until none is taken. No state is entered
twice in one decision. A guard error ends the run: never silently false. Opening a gate takes no
rule, the search goes on; while it is open, no ungated rule may go round it to the same target.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks, gates
from interlock.interpreter.core.actions import perform_actions
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.guards import Answer, ask_guard
from interlock.interpreter.core.incident import TimerStatus
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.record import Truth
from interlock.interpreter.core.steps import cancel_unsent

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.state_graph import Rule


class Result(Enum):
    """What came of trying one rule."""

    TAKEN = auto()
    GATED = auto()
    NOT_TAKEN = auto()
    ERROR = auto()


class Run(Struct):
    """What came of a run: what the input asked for, and how far it got."""

    asked: str | None = None
    reached: bool = False
    gated: bool = False
    failed: bool = False
    reason: str = ""


def run(draft: Draft, event: Event | None, *, asks: bool = True) -> Run:
    """Run an input on the rules of the incident's state; `asks` False: it asks for no state."""
    draft.event = event
    asked = draft.graph.events.get(event.type) if event is not None and asks else None
    outcome = Run(asked)
    if asked == draft.incident.state:
        outcome.reached = True
    if event is not None:
        _run_named(draft, event, outcome)
    if not outcome.failed:
        _run_automatic(draft, outcome)
    if asked is not None and draft.incident.state == asked:
        outcome.reached = True
    return outcome


def take_satisfied(draft: Draft, event: Event, rule_id: str) -> Run:
    """Run the rule of a gate that has just been satisfied, then the automatic ones."""
    draft.event = event
    outcome = Run()
    for rule in draft.graph.rules_from.get(draft.incident.state, ()):
        if rule.id == rule_id:
            result = _try(draft, rule, is_asked=True)
            outcome.failed = result is Result.ERROR
    if not outcome.failed:
        _run_automatic(draft, outcome)
    return outcome


def _run_named(draft: Draft, event: Event, outcome: Run) -> None:
    found = False
    wanted = outcome.asked if outcome.asked != draft.incident.state else None
    for rule in draft.graph.rules_from.get(draft.incident.state, ()):
        is_named = event.type in rule.trigger
        if not is_named and not (rule.can_be_asked_for and rule.target == wanted):
            continue
        found = True
        result = _try(draft, rule, is_asked=True)
        if result is Result.TAKEN:
            outcome.reached = True
            return
        if result is Result.ERROR:
            outcome.failed = True
            return
        outcome.gated = outcome.gated or result is Result.GATED
        if result is Result.NOT_TAKEN and not outcome.reason:
            outcome.reason = f"rule {rule.id}: its guard is false"
    if wanted is not None and not found:
        outcome.reason = f"no rule leads from {draft.incident.state} to {wanted}"


def _run_automatic(draft: Draft, outcome: Run) -> None:
    while True:
        for rule in draft.graph.rules_from.get(draft.incident.state, ()):
            if not _is_tried_unasked(draft, rule):
                continue
            result = _try(draft, rule, is_asked=False)
            if result is Result.ERROR:
                outcome.failed = True
                return
            if result is Result.TAKEN:
                break
        else:
            return


def _is_tried_unasked(draft: Draft, rule: Rule) -> bool:
    incident = draft.incident
    if rule.target in draft.entered or rule.id in incident.taken:
        return False
    if gates.is_satisfied(incident.gates.get(rule.id)):
        return True
    if rule.after_ns is not None:
        timer = incident.timers.get(clocks.AFTER + rule.id)
        return timer is not None and timer.status is TimerStatus.DUE
    return rule.is_automatic and not rule.trigger


def _try(draft: Draft, rule: Rule, *, is_asked: bool) -> Result:
    answer = ask_guard(draft, rule.guard)
    if answer.truth is Truth.ERROR:
        return _error(draft, rule, answer)
    if answer.truth is Truth.FALSE:
        draft.trace.append(answer.tried(rule.id, "not_taken"))
        return Result.NOT_TAKEN
    applies = gates.gate_applies(draft, rule)
    if applies.truth is Truth.ERROR:
        return _error(draft, rule, applies)
    if applies.truth is Truth.FALSE:
        if _goes_round_a_gate(draft, rule):
            draft.trace.append(answer.tried(rule.id, "shadowed"))
            return Result.GATED
        draft.trace.append(answer.tried(rule.id, "taken"))
        _take(draft, rule)
        return Result.TAKEN
    if gates.is_satisfied(draft.incident.gates.get(rule.id)):
        draft.trace.append(answer.tried(rule.id, "taken"))
        _take(draft, rule, gated=True)
        return Result.TAKEN
    is_open = gates.open_gate(draft, rule, is_asked=is_asked)
    draft.trace.append(answer.tried(rule.id, "gated" if is_open else "refused"))
    return Result.GATED if is_open else Result.NOT_TAKEN


def _goes_round_a_gate(draft: Draft, rule: Rule) -> bool:
    return any(
        gate.is_open and gate.target == rule.target for gate in draft.incident.gates.values()
    )


def _error(draft: Draft, rule: Rule, answer: Answer) -> Result:
    draft.trace.append(answer.tried(rule.id, "error"))
    reason = f"rule {rule.id}: its guard is an error: {answer.error}"
    once = f"{rule.id}: {answer.error}"
    need_attention(draft, reason, about="guard_error", rule=rule.id, once=once)
    return Result.ERROR


def _take(draft: Draft, rule: Rule, *, gated: bool = False) -> None:
    incident, lifecycle = draft.incident, draft.graph.lifecycle
    came_from, was_open = incident.state, incident.is_open
    gate = incident.gates.get(rule.id) if gated else None
    if gate is not None:
        gates.satisfy(draft, gate)
    leaves = rule.target != came_from
    draft.add(
        c.Transitioned(
            from_=came_from,
            to=rule.target,
            rule=rule.id,
            reason=_reason(draft, rule, gated=gated),
            resolved=rule.target in lifecycle.resolved,
            final=rule.target in lifecycle.final,
            approvals=gate.approvals if gate is not None else (),
        )
    )
    draft.entered.add(rule.target)
    if leaves:
        gates.close_gates(draft, f"left {came_from}")
        clocks.leave_state(draft, came_from)
        cancel_unsent(draft, f"left {came_from}")
        clocks.enter_state(draft)
    elif rule.after_ns is not None:
        draft.add(c.RuleTaken(rule=rule.id, reason="taken once in this visit"))
    if was_open and not draft.incident.is_open:
        clocks.stop_clocks(draft)
        tell(draft, "resolved" if draft.incident.resolved_at else "closed", f"is {rule.target}")
    perform_actions(draft, rule, by_human=gated or _is_asked_by_human(draft, rule))


def _is_asked_by_human(draft: Draft, rule: Rule) -> bool:
    event = draft.event
    if event is None or event.origin is not Origin.HUMAN:
        return False
    return event.type in rule.trigger or draft.graph.events.get(event.type) == rule.target


def _reason(draft: Draft, rule: Rule, *, gated: bool) -> str:
    event = draft.event
    if gated:
        how = "its gate has the approvals it needs"
    elif rule.after_ns is not None:
        how = "its time has come"
    elif event is not None and event.type in rule.trigger:
        how = f"{event.type} triggers it"
    elif event is not None and draft.graph.events.get(event.type) == rule.target:
        how = f"{event.type} asks for {rule.target}"
    else:
        how = "automatic"
    guard = rule.guard
    if guard is None:
        return how
    return f"{how}; {guard.name or guard.text} holds"
