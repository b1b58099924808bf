"""Taking a runbook back: the steps that were carried out, the last one first.

Rules of this file: one undo at a time, each a call of its own path and key. One that fails is told
and does not stop those before it; one in doubt, or that waits for a person, holds them up. Leaving
the state does not end an undo that has begun: half taken back is the worst place to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core.calls import undo_call
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.modes import automation
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.steps import ask_for, become, change_step, fail
from interlock.rulebook.graph.state_graph import Automation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.calls import Call
    from interlock.interpreter.core.draft import Draft

_UNDER_WAY = frozenset(
    {StepStatus.PLANNED, StepStatus.WAITING, StepStatus.PENDING, StepStatus.IN_DOUBT}
)


def is_being_undone(draft: Draft, runbook: str | None) -> bool:
    """Tell whether some undo of a runbook is not over."""
    return any(
        state.undoes is not None and state.runbook == runbook and state.status in _UNDER_WAY
        for state in draft.incident.steps.values()
    )


def may_be_undone(draft: Draft, call: Call) -> bool:
    """Tell whether a step has an undo and was carried out, or may yet turn out to have been."""
    state = draft.incident.steps.get(call.path)
    if state is None or call.step.undo is None:
        return False
    return state.is_carried_out or state.status in (StepStatus.PENDING, StepStatus.IN_DOUBT)


def begin_undo(draft: Draft, calls: Sequence[Call], reason: str, *, by_human: bool) -> None:
    """Plan the undo of what was carried out, and ask for the first."""
    mode = automation(draft)
    planned: list[StepState] = []
    for call in reversed(calls):
        undo = undo_call(call)
        if undo is None or not may_be_undone(draft, call):
            continue
        approved = by_human or draft.incident.steps[call.path].approved
        status, why = _stands_at(mode, reason, approved=approved)
        state = StepState(
            path=undo.path,
            runbook=undo.runbook,
            id=undo.step.id,
            hook=undo.step.hook,
            status=status,
            approved=approved,
            undoes=call.path,
        )
        planned.append(change_step(draft, state, why))
    names = ", ".join(state.id for state in planned if state.status is StepStatus.WAITING)
    if names:
        tell(draft, "approval_needed", f"undo waits for `runbook.start`: {names}")
    advance_undo(draft, calls)


def _stands_at(mode: Automation, reason: str, *, approved: bool) -> tuple[StepStatus, str]:
    if mode in (Automation.OFF, Automation.OBSERVE):
        return StepStatus.OBSERVED, f"automation is at `{mode}`: would be taken back, {reason}"
    if mode is Automation.ASK and not approved:
        return StepStatus.WAITING, "automation is at `ask`: waits for `runbook.start`"
    return StepStatus.PLANNED, reason


def advance_undo(draft: Draft, calls: Sequence[Call]) -> None:
    """Ask for the next planned undo; when none is left, say how it ended."""
    for call in reversed(calls):
        undo = undo_call(call)
        state = None if undo is None else draft.incident.steps.get(undo.path)
        if undo is None or state is None:
            continue
        if state.status is StepStatus.PLANNED:
            if draft.incident.steps[call.path].status is StepStatus.PENDING:
                return
            state = _take_back(draft, undo, state, draft.incident.steps[call.path])
        if state.status in _UNDER_WAY:
            return
    _finish(draft, calls)


def _take_back(draft: Draft, undo: Call, state: StepState, step: StepState) -> StepState:
    if step.is_carried_out:
        return ask_for(draft, undo, state)
    if step.status is StepStatus.IN_DOUBT:
        return fail(draft, state, f"step {step.id} is in doubt: look at its target")
    return become(draft, state, StepStatus.SKIPPED, f"step {step.id} was not carried out")


def cut_short(draft: Draft, reason: str) -> None:
    """Give up every undo that was not asked for yet, and tell a person to look."""
    for state in tuple(draft.incident.steps.values()):
        is_unsent = state.status in (StepStatus.PLANNED, StepStatus.WAITING)
        if state.undoes is not None and is_unsent:
            become(draft, state, StepStatus.CANCELLED, reason)
            need_attention(draft, f"step {state.id} is not taken back: {reason}")


def mark_undone(draft: Draft, undo: StepState) -> None:
    """Record at a step that it was taken back, so that it is taken back no second time."""
    step = draft.incident.steps.get(undo.undoes or "")
    if step is not None:
        after = replace(step, status=StepStatus.UNDONE, is_carried_out=False)
        change_step(draft, after, "taken back")


def _finish(draft: Draft, calls: Sequence[Call]) -> None:
    runbook = calls[0].runbook
    undos = [undo.path for call in calls if (undo := undo_call(call)) is not None]
    states = [state for path in undos if (state := draft.incident.steps.get(path)) is not None]
    left = [
        state.id for state in states if state.status in (StepStatus.FAILED, StepStatus.OBSERVED)
    ]
    if left:
        reason = f"runbook {runbook} is not taken back whole: {', '.join(left)}"
        need_attention(draft, reason, about="step_failed")
        draft.raise_event("runbook.failed", reason, runbook=runbook)
    else:
        draft.raise_event("runbook.undone", f"runbook {runbook}", runbook=runbook)
