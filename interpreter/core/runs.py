"""A run of calls: groups one after the other, the steps of a group side by side.

Rules of this file: the next group is asked for by the record that holds the last outcome of the one
before. A step that is in doubt or waits holds up those behind it. No step is asked for after one
that stops the run; leaving the state cancels what was not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.calls import Call, action_call, runbook_calls, side_by_side
from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.notify import need_attention, team_channels, tell
from interlock.interpreter.core.steps import ask_for, become, change_step, name_step
from interlock.interpreter.core.undo import (
    advance_undo,
    begin_undo,
    is_being_undone,
    mark_undone,
)
from interlock.interpreter.core.verification import (
    ask_again,
    begin_verification,
    end_verification,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.draft import Draft

_AWAITED = frozenset(
    {StepStatus.PENDING, StepStatus.VERIFYING, StepStatus.WAITING, StepStatus.IN_DOUBT}
)
_CANCELLABLE = frozenset(
    {StepStatus.PLANNED, StepStatus.WAITING, StepStatus.PENDING, StepStatus.VERIFYING}
)


def calls_of(draft: Draft, state: StepState) -> list[Call]:
    """Return the calls that a step belongs to: its runbook's, or itself alone.

    They are those of the incident's pinned rulebook; none where that no longer has them.
    """
    if state.runbook is not None:
        runbook = draft.graph.runbooks.get(state.runbook)
        return [] if runbook is None else runbook_calls(runbook)
    for rule in draft.graph.rules:
        for number, action in enumerate(rule.actions):
            if action.do == state.hook and (call := action_call(rule, number)).path == state.path:
                return [call]
    return []


def advance(draft: Draft, calls: Sequence[Call]) -> None:
    """Ask for the next group; when none is left, or a step failed for good, finish."""
    for group in side_by_side(calls):
        for call in group:
            state = draft.incident.steps.get(call.path)
            if state is not None and state.status is StepStatus.PLANNED:
                ask_for(draft, call, state)
        failed = [call for call in group if _stops(draft, call)]
        if failed:
            _cancel_waiting(draft, group, failed[0])
        statuses = _statuses(draft, group)
        if _AWAITED & statuses:
            return
        if failed:
            _fail(draft, calls, failed)
            return
        if StepStatus.CANCELLED in statuses:
            return
        if StepStatus.OBSERVED in statuses:
            _observe_rest(draft, calls)
            return
    _succeed(draft, calls)


def _statuses(draft: Draft, group: Sequence[Call]) -> set[StepStatus]:
    # A step that the run did not begin with (the incident was pinned anew) is none of it.
    steps = draft.incident.steps
    return {steps[call.path].status for call in group if call.path in steps}


def _stops(draft: Draft, call: Call) -> bool:
    state = draft.incident.steps.get(call.path)
    has_failed = state is not None and state.status is StepStatus.FAILED
    return has_failed and call.step.on_failure != "continue"


def _cancel_waiting(draft: Draft, group: Sequence[Call], failed: Call) -> None:
    for call in group:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status is StepStatus.WAITING:
            become(draft, state, StepStatus.CANCELLED, f"step {failed.step.id} failed")


def _observe_rest(draft: Draft, calls: Sequence[Call]) -> None:
    """What follows a step that was only observed builds on it, and is not carried out either."""
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status is StepStatus.PLANNED:
            become(draft, state, StepStatus.OBSERVED, "a step before it is only observed")


def settle(draft: Draft, outcome: OutcomeInput) -> None:
    """Take in how a step's call ended, and go on from there."""
    state = draft.incident.steps.get(outcome.path)
    if state is None or state.key != outcome.key or not _is_news(state, outcome):
        draft.add(c.Noted(reason=f"outcome of an earlier call of {outcome.path}: {outcome.status}"))
        return
    calls = calls_of(draft, state)
    call = next((call for call in calls if call.path == state.path), None)
    goes_on = state.status is not StepStatus.CANCELLED and not state.is_abandoned
    after = replace(
        state,
        status=StepStatus(outcome.status.value),
        attempts=outcome.attempts,
        result=outcome.result,
        detail=outcome.detail,
        is_carried_out=outcome.status is OutcomeStatus.SUCCEEDED,
        is_abandoned=not goes_on,
    )
    is_verified = goes_on and call is not None and call.step.verify is not None
    if is_verified and after.is_carried_out and not is_being_undone(draft, state.runbook):
        assert call is not None, "is verified"
        begin_verification(draft, call, after)
    else:
        change_step(draft, after, outcome.detail or outcome.status.value)
        _tell_outcome(draft, after, was_cancelled=state.status is StepStatus.CANCELLED)
    _go_on(draft, after, calls)


def _is_news(state: StepState, outcome: OutcomeInput) -> bool:
    """Tell whether an outcome says something new of a step whose call it is.

    A cancelled call may have been on its way; that one is in doubt is found by two nodes at times.
    """
    match state.status:
        case StepStatus.PENDING:
            return True
        case StepStatus.IN_DOUBT:
            return outcome.status is not OutcomeStatus.IN_DOUBT
        case StepStatus.CANCELLED:
            return not state.is_carried_out
        case _:
            return False


def _tell_outcome(draft: Draft, state: StepState, *, was_cancelled: bool) -> None:
    name = name_step(state)
    if state.status is StepStatus.FAILED:
        need_attention(draft, f"{name} failed: {state.detail}", about="step_failed")
    elif state.status is StepStatus.IN_DOUBT:
        reason = f"{name} is in doubt, look at its target: {state.detail}"
        need_attention(draft, reason, about="step_in_doubt")
    elif was_cancelled:
        draft.add(c.Noted(reason=f"{name} was on its way when it was cancelled"))


def _go_on(draft: Draft, state: StepState, calls: Sequence[Call]) -> None:
    """Go on after a step has ended: with its run, or with what takes that back."""
    if state.undoes is not None and state.status is StepStatus.SUCCEEDED:
        mark_undone(draft, state)
    is_undo = state.undoes is not None or is_being_undone(draft, state.runbook)
    if state.is_abandoned and not is_undo:
        return
    if not calls:
        _lose(draft, state)
    elif is_undo:
        advance_undo(draft, calls)
    else:
        advance(draft, calls)


def verify_due(draft: Draft, path: str) -> None:
    """Ask a step's `verify` because its time has come, and go on from there."""
    state = draft.incident.steps.get(path)
    if state is None or state.status is not StepStatus.VERIFYING:
        return
    calls = calls_of(draft, state)
    call = next((call for call in calls if call.path == path), None)
    if call is not None:
        ask_again(draft, call, state)
    else:
        become(draft, state, StepStatus.SUCCEEDED, "the rulebook no longer verifies it")
    _go_on(draft, draft.incident.steps[path], calls)


def cancel_unsent(draft: Draft, reason: str) -> None:
    """Cancel every run: what was planned, waits, or was asked for and not sent yet.

    The store withdraws a call that nobody has claimed; one on its way is awaited, and its outcome
    is still recorded. An undo goes on.
    """
    for state in tuple(draft.incident.steps.values()):
        is_awaited_by_undo = state.status is StepStatus.PENDING and is_being_undone(
            draft, state.runbook
        )
        if state.undoes is None and not is_awaited_by_undo:
            abandon(draft, state, reason)


def abandon(draft: Draft, state: StepState, reason: str) -> None:
    """Cancel one step where it is not over; a doubt stays one, and moves nothing any more."""
    if state.status in _CANCELLABLE:
        end_verification(draft, state, reason)
        after = replace(state, status=StepStatus.CANCELLED, verify_until=None)
        change_step(draft, after, reason)
    elif state.status is StepStatus.IN_DOUBT and not state.is_abandoned:
        change_step(draft, replace(state, is_abandoned=True), reason)


def _cancel_planned(draft: Draft, runbook: str | None, reason: str) -> None:
    for state in tuple(draft.incident.steps.values()):
        is_of_run = state.runbook == runbook and state.undoes is None
        if is_of_run and state.status is StepStatus.PLANNED:
            become(draft, state, StepStatus.CANCELLED, reason)


def _fail(draft: Draft, calls: Sequence[Call], failed: Sequence[Call]) -> None:
    """End a run that failed: each step that did says what is to follow."""
    runbook = calls[0].runbook
    reason = f"step {failed[0].step.id} failed"
    if any(call.step.on_failure == "escalate" for call in failed):
        levels = draft.row.escalation
        names = team_channels(draft, (name for level in levels for name in level.notify))
        tell(draft, "escalation", reason, channels=names or None)
    if runbook is None:
        return
    _cancel_planned(draft, runbook, reason)
    if any(call.step.on_failure == "undo" for call in failed):
        begin_undo(draft, calls, f"{reason}: taken back", by_human=False)
    else:
        draft.raise_event("runbook.failed", f"runbook {runbook}", runbook=runbook)


def _succeed(draft: Draft, calls: Sequence[Call]) -> None:
    runbook = calls[0].runbook if calls else None
    if runbook is not None:
        draft.raise_event("runbook.succeeded", f"runbook {runbook}", runbook=runbook)


def _lose(draft: Draft, state: StepState) -> None:
    """End a run whose runbook is no more in the rulebook that the incident is pinned to."""
    if state.runbook is None:
        return
    reason = f"runbook {state.runbook} is no more in the rulebook"
    for other in tuple(draft.incident.steps.values()):
        if other.runbook == state.runbook:
            abandon(draft, other, reason)
    need_attention(draft, reason)
    draft.raise_event("runbook.failed", reason, runbook=state.runbook)
