"""One input, one run: which rules are tried, in which order, and what comes of it.

Rules of this file: first the rules an event names or asks for, in file order, until one is taken;
then the automatic ones (and timed ones that are due) until none is taken. No state is entered
twice in one decision. A guard error ends the run: never silently false. Opening a gate takes no
rule, the search goes on; while it is open, no ungated rule may go round it to the same target.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct, field

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks, gates
from interlock.interpreter.core.actions import perform_actions
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.guards import Answer, ask_guard
from interlock.interpreter.core.incident import TimerStatus
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.record import Truth
from interlock.interpreter.core.runs import cancel_unsent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.incident import GateState
    from interlock.rulebook.graph.state_graph import Rule


class Result(Enum):
    """What came of trying one rule."""

    TAKEN = auto()
    GATED = auto()
    NOT_TAKEN = auto()
    ERROR = auto()


class Run(Struct):
    """What came of a run: what the input asked for, and how far it got.

    `in_vain` holds the rules tried since one was last taken: their answer would be the same again.
    """

    asked: str | None = None
    reached: bool = False
    gated: bool = False
    failed: bool = False
    reason: str = ""
    in_vain: set[str] = field(default_factory=set)


def run(draft: Draft, event: Event | None, *, asks: bool = True, first: str | None = None) -> Run:
    """Run an input on the rules of the incident's state.

    Args:
        draft: The decision in the making.
        event: The event, None for a timer or an outcome.
        asks: False where the event asks for no state.
        first: A rule to try before all others: that of a gate which has just been satisfied.
    """
    draft.event = event
    gates.keep_current(draft)
    asked = draft.graph.events.get(event.type) if event is not None and asks else None
    outcome = Run(asked, reached=asked == draft.incident.state)
    if event is not None:
        _run_named(draft, event, outcome, first)
    if not outcome.failed:
        _run_automatic(draft, outcome)
    outcome.reached = outcome.reached or asked in draft.entered
    return outcome


def _run_named(draft: Draft, event: Event, outcome: Run, first: str | None) -> None:
    state = draft.incident.state
    wanted = outcome.asked if outcome.asked != state else None
    if wanted is not None:
        outcome.reason = f"no rule leads from {state} to {wanted}"
    reasons = []
    for rule in _named_rules(draft, event, wanted, first):
        obstacle = _obstacle(draft, event, rule)
        if obstacle is not None:
            reasons.append(obstacle)
            continue
        result = _try(draft, rule, outcome, is_asked=True)
        if result is Result.TAKEN:
            outcome.reached = True
            return
        if result is Result.ERROR:
            return
        outcome.gated = outcome.gated or result is Result.GATED
        reasons.append(f"rule {rule.id}: its guard is false")
    if reasons:
        outcome.reason = reasons[0]


def _named_rules(
    draft: Draft, event: Event, wanted: str | None, first: str | None
) -> Iterator[Rule]:
    leaving = draft.graph.rules_from.get(draft.incident.state, ())
    yield from (rule for rule in leaving if rule.id == first)
    for rule in leaving:
        is_named = event.type in rule.trigger or (rule.target == wanted and rule.can_be_asked_for)
        if is_named and rule.id != first:
            yield rule


def _obstacle(draft: Draft, event: Event, rule: Rule) -> str | None:
    """Return why a rule that an event names is not even tried, or None."""
    if not _may_be_taken(draft, rule):
        return f"rule {rule.id}: {rule.target} was entered already in this decision"
    incident = draft.incident
    resolves = incident.is_open and rule.target in draft.graph.lifecycle.resolved
    if resolves and event.origin is Origin.ALERT and incident.has_firing_alert:
        return f"rule {rule.id}: alerts of the incident still fire"
    return None


def _may_be_taken(draft: Draft, rule: Rule) -> bool:
    """Tell whether a rule would neither enter a state twice nor stay twice in this decision."""
    if rule.target == draft.incident.state:
        return rule.id not in draft.stayed
    return rule.target not in draft.entered


def _run_automatic(draft: Draft, outcome: Run) -> None:
    while True:
        for rule in draft.graph.rules_from.get(draft.incident.state, ()):
            if rule.id in outcome.in_vain or not _is_tried_unasked(draft, rule):
                continue
            result = _try(draft, rule, outcome, is_asked=False)
            if result is Result.ERROR:
                return
            if result is Result.TAKEN:
                break
        else:
            return


def _is_tried_unasked(draft: Draft, rule: Rule) -> bool:
    incident = draft.incident
    if rule.id in incident.taken or not _may_be_taken(draft, rule):
        return False
    if gates.is_satisfied(incident.gates.get(rule.id)):
        return True
    if rule.after_ns is not None:
        timer = incident.timers.get(clocks.AFTER + rule.id)
        return timer is not None and timer.status is TimerStatus.DUE
    return rule.is_automatic and not rule.trigger


def _try(draft: Draft, rule: Rule, outcome: Run, *, is_asked: bool) -> Result:
    result = _ask_and_take(draft, rule, is_asked=is_asked)
    if result is Result.TAKEN:
        outcome.in_vain.clear()
    else:
        outcome.in_vain.add(rule.id)
    outcome.failed = result is Result.ERROR
    return result


def _ask_and_take(draft: Draft, rule: Rule, *, is_asked: bool) -> Result:
    answer = ask_guard(draft, rule.guard)
    if answer.truth is Truth.ERROR:
        return _error(draft, rule, answer)
    is_false = answer.truth is Truth.FALSE
    gate = draft.incident.gates.get(rule.id)
    # Also where the gate would stand before the rule no more: to deny it did not mean "go on".
    is_refused = gates.is_refused(gate) and not is_asked
    if is_false or is_refused or _would_split_its_group(draft, rule):
        draft.trace.append(answer.tried(rule.id, "not_taken" if is_false else "refused"))
        return Result.NOT_TAKEN
    if gates.is_satisfied(gate):
        # What was taken before in this same decision may have changed what was approved.
        gate = gates.check_words(draft, rule.id)
    if gate is not None and gate.is_open:
        # An open gate stands, whatever has since become of its condition.
        is_through = gates.is_satisfied(gate)
        draft.trace.append(answer.tried(rule.id, "taken" if is_through else "gated"))
        if not is_through:
            return Result.GATED
        _take(draft, rule, gate)
        return Result.TAKEN
    applies = gates.gate_applies(draft, rule)
    if applies.truth is Truth.ERROR:
        return _error(draft, rule, applies)
    if applies.truth is Truth.TRUE:
        gates.open_gate(draft, rule, is_asked=is_asked)
        draft.trace.append(answer.tried(rule.id, "gated"))
        return Result.GATED
    if _goes_round_a_gate(draft, rule):
        draft.trace.append(answer.tried(rule.id, "shadowed"))
        return Result.GATED
    draft.trace.append(answer.tried(rule.id, "taken"))
    _take(draft, rule)
    return Result.TAKEN


def _would_split_its_group(draft: Draft, rule: Rule) -> bool:
    """Tell whether a rule would open an incident again beside the open one of its key."""
    taken_by = draft.facts.group_taken_by
    if taken_by is None or not draft.graph.lifecycle.is_open(rule.target):
        return False
    draft.add(c.Noted(reason=f"{taken_by} is open under the same key: this one stays over"))
    return True


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


def _take(draft: Draft, rule: Rule, gate: GateState | None = None) -> None:
    """Make a rule's transition; `gate`: the one whose approvals let it through."""
    lifecycle = draft.graph.lifecycle
    came_from, was_open = draft.incident.state, draft.incident.is_open
    if gate is not None:
        gates.satisfy(draft, gate)
    leaves = rule.target != came_from
    draft.add(
        c.Transitioned(
            from_=came_from,
            to=rule.target,
            rule=rule.id,
            reason=_reason(draft, rule, gated=gate is not None),
            resolved=rule.target in lifecycle.resolved,
            final=rule.target in lifecycle.final,
            approvals=gate.approvals if gate is not None else (),
        )
    )
    if leaves:
        draft.entered.add(rule.target)
        gates.close_gates(draft, f"left {came_from}")
        clocks.leave_state(draft, came_from)
        cancel_unsent(draft, f"left {came_from}")
        clocks.enter_state(draft)
    else:
        draft.stayed.add(rule.id)
        if rule.after_ns is not None:
            draft.add(c.RuleTaken(rule=rule.id, reason="taken once in this visit"))
    if was_open and not draft.incident.is_open:
        clocks.stop_clocks(draft)
        tell(draft, "resolved" if draft.incident.resolved_at else "closed", f"is {rule.target}")
    elif not was_open and draft.incident.is_open:
        clocks.cancel_ticket(draft, f"is {rule.target} again")
    by_human = _is_approved_by_human(gate) or _is_asked_by_human(draft, rule)
    perform_actions(draft, rule, by_human=by_human)


def _is_approved_by_human(gate: GateState | None) -> bool:
    """Tell whether people let a gate's transition through, and not the passing of its time."""
    if gate is None:
        return False
    return gate.bypass.by is not None if gate.bypass is not None else bool(gate.approvals)


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
