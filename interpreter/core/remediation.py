"""Which runbook or hook a rule runs, in which mode, and what an approver is shown of it.

Rules of this file: remediation fails closed. The effective mode is the lowest of daemon, team,
rulebook, severity, rule and hook; a guard error means that nothing runs, and somebody is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.calls import Call, action_call, runbook_calls, undo_call
from interlock.interpreter.core.effects import let_go
from interlock.interpreter.core.filling import fill_for_approver
from interlock.interpreter.core.guards import ask_guard
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.modes import automation
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.record import Truth
from interlock.interpreter.core.runs import abandon, advance, calls_of
from interlock.interpreter.core.steps import become, change_step
from interlock.interpreter.core.suppression import say_why
from interlock.interpreter.core.undo import (
    advance_undo,
    begin_undo,
    is_being_undone,
    may_be_undone,
)
from interlock.rulebook.graph.state_graph import (
    Action,
    ActionKind,
    Automation,
    Rule,
    lowest_automation,
)

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.runbook import Runbook


def choose_runbook(draft: Draft) -> Runbook | None:
    """Return the first runbook that matches; a guard error means that nothing runs, and is told."""
    for runbook in draft.graph.matched_runbooks.possible(draft.bindings()):
        answer = ask_guard(draft, runbook.match)
        if answer.truth is Truth.TRUE:
            return runbook
        if answer.truth is Truth.ERROR:
            reason = f"runbook {runbook.id}: its guard is an error: {answer.error}"
            need_attention(draft, reason, about="guard_error", once=f"{runbook.id}/{answer.error}")
            return None
    return None


def plan(draft: Draft, rule: Rule) -> list[dict[str, Any]]:
    """Return what a rule's actions would call, with targets and arguments, for an approver."""
    calls: list[Call] = []
    for number, action in enumerate(rule.actions):
        if action.kind is ActionKind.HOOK:
            calls.append(action_call(rule, number))
        elif action.kind is ActionKind.RUNBOOK:
            calls += runbook_calls(draft.graph.runbooks[action.do])
        elif action.do == "execute_remediation_steps":
            runbook = _named_runbook(draft, action) if action.arguments else _match_quietly(draft)
            calls += runbook_calls(runbook) if runbook is not None else []
    return [_shown(draft, call) for call in calls]


def _named_runbook(draft: Draft, action: Action) -> Runbook | None:
    name = fill_for_approver(draft, action.arguments).get("runbook")
    return draft.graph.runbooks.get(name) if isinstance(name, str) else None


def _match_quietly(draft: Draft) -> Runbook | None:
    """Return the first runbook that matches, without telling anybody of errors."""
    for runbook in draft.graph.matched_runbooks.possible(draft.bindings()):
        truth = ask_guard(draft, runbook.match).truth
        if truth is not Truth.FALSE:
            return runbook if truth is Truth.TRUE else None
    return None


def _shown(draft: Draft, call: Call) -> dict[str, Any]:
    shown = {"step": call.step.id, **_target(draft, call)}
    undo = undo_call(call)
    return shown if undo is None else {**shown, "undo": _target(draft, undo)}


def _target(draft: Draft, call: Call) -> dict[str, Any]:
    hook = draft.live.hooks.get(call.step.hook)
    target: dict[str, Any] = {} if hook is None else {"method": hook.method}
    if hook is not None and hook.endpoint is not None:
        target["url"] = hook.endpoint
    if hook is not None and hook.headers:
        target["headers"] = dict(hook.headers)
    arguments = fill_for_approver(draft, call.step.arguments, call.runbook)
    return {"hook": call.step.hook, **target, "with": arguments}


def run_remediation(draft: Draft, rule: Rule, action: Action, *, by_human: bool) -> None:
    """Carry out `execute_remediation_steps`: the runbook it names, else the first that matches."""
    runbook = _named_runbook(draft, action) if action.arguments else choose_runbook(draft)
    if runbook is None and action.arguments:
        named = action.arguments.get("runbook")
        need_attention(draft, f"there is no runbook {named}", rule=rule.id)
        return
    if runbook is None:
        draft.add(c.Noted(reason="no runbook matches: there is nothing to remediate with"))
        return
    begin(draft, runbook_calls(runbook), rule.automation, by_human=by_human)


def begin(draft: Draft, calls: list[Call], rule_mode: Automation | None, *, by_human: bool) -> None:
    """Start a rule's calls in the mode they have: run, list for a human, note, or do nothing."""
    mode = automation(draft, rule_mode)
    if mode is Automation.OFF:
        draft.add(c.Noted(reason="remediation is off: nothing is run"))
        return
    if (obstacle := _obstacle(draft, calls)) is not None:
        draft.add(c.Noted(reason=obstacle))
        return
    status, reason = _MODES[mode]
    if mode is Automation.ASK and by_human:
        status, reason = _MODES[Automation.AUTO]
    muted_by = draft.facts.muted_by
    if mode is Automation.AUTO and not by_human and muted_by is not None:
        status = StepStatus.WAITING
        reason = f"{say_why(muted_by)}: waits for `runbook.start`"
    for call in calls:
        step = call.step
        state = StepState(
            path=call.path,
            runbook=call.runbook,
            id=step.id,
            hook=step.hook,
            status=status,
            approved=by_human,
            automation=lowest_automation(draft.row.automation, rule_mode).value,
        )
        change_step(draft, state, reason)
        _forget_undo(draft, call)
    if status is StepStatus.PLANNED:
        advance(draft, calls)
    elif status is StepStatus.WAITING:
        names = ", ".join(call.step.id for call in calls)
        tell(draft, "approval_needed", f"remediation waits for `runbook.start`: {names}")


_MODES = {
    Automation.AUTO: (StepStatus.PLANNED, "planned"),
    Automation.ASK: (StepStatus.WAITING, "automation is at `ask`: waits for `runbook.start`"),
    Automation.OBSERVE: (StepStatus.OBSERVED, "automation is at `observe`: would run"),
}
_UNDER_WAY = frozenset(
    {StepStatus.PLANNED, StepStatus.PENDING, StepStatus.VERIFYING, StepStatus.IN_DOUBT}
)


def _obstacle(draft: Draft, calls: list[Call]) -> str | None:
    """Return why calls are not begun now: a second run beside the first would undo its promises."""
    runbook = calls[0].runbook
    if runbook is not None and is_being_undone(draft, runbook):
        return f"runbook {runbook} is being taken back: it is not begun"
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status in _UNDER_WAY:
            return f"step {state.id} is {state.status} since an earlier start: it is not begun anew"
    return None


def _forget_undo(draft: Draft, call: Call) -> None:
    """Let nothing of an earlier run's undo count for this one's."""
    undo = undo_call(call)
    state = None if undo is None else draft.incident.steps.get(undo.path)
    if state is not None and state.status is not StepStatus.CANCELLED:
        become(draft, state, StepStatus.CANCELLED, "the runbook begins anew")


def start_waiting(draft: Draft, runbook: Any = None) -> str | None:
    """Carry out `runbook.start`: a person lets held steps run; return why not.

    Steps that wait are started; where none does, those in doubt are called again. `runbook` names
    the one that is meant.
    """
    held = _held(draft, StepStatus.WAITING, runbook) or _held(draft, StepStatus.IN_DOUBT, runbook)
    if not held:
        return "no step waits for a start"
    runs = {
        (s.undoes is not None, calls[0].path): calls for s in held if (calls := calls_of(draft, s))
    }
    for (is_undo, _), calls in runs.items():
        paths = {call.path for call in (map(undo_call, calls) if is_undo else calls) if call}
        for state in tuple(draft.incident.steps.values()):
            if state.path not in paths:
                continue
            if state.status is StepStatus.WAITING and state.key is not None:
                let_go(draft, state, f"started by {draft.actor}")
            elif state.status in _STARTABLE:
                planned = replace(state, status=StepStatus.PLANNED, approved=True, key=None)
                change_step(draft, planned, f"started by {draft.actor}")
        if is_undo:
            advance_undo(draft, calls)
        else:
            advance(draft, calls)
    return None


_STARTABLE = frozenset({StepStatus.WAITING, StepStatus.IN_DOUBT, StepStatus.PLANNED})


def _held(draft: Draft, status: StepStatus, runbook: Any) -> list[StepState]:
    return [
        state
        for state in draft.incident.steps.values()
        if state.status is status and runbook in (None, state.runbook)
    ]


def take_back(draft: Draft, runbook: Any = None) -> str | None:
    """Carry out `runbook.undo`: a person wants a runbook's steps taken back; return why not.

    What has not been sent is cancelled; what is on its way is awaited, and taken back if it was
    carried out. `runbook` names the one that is meant.
    """
    mode = automation(draft)
    if mode in (Automation.OFF, Automation.OBSERVE):
        return f"automation is at `{mode}`: nothing is called"
    every = {name: runbook_calls(known) for name, known in draft.graph.runbooks.items()}
    runs = {
        name: calls
        for name, calls in every.items()
        if runbook in (None, name) and any(may_be_undone(draft, call) for call in calls)
    }
    if len(runs) > 1:
        return f"several runbooks can be taken back, name one: {', '.join(runs)}"
    if not runs:
        which = "a runbook" if runbook is None else f"runbook {runbook}"
        return f"no step of {which} that was carried out has an `undo`"
    ((name, calls),) = runs.items()
    if is_being_undone(draft, name):
        return f"runbook {name} is being taken back already"
    reason = f"asked for by {draft.actor}"
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status is not StepStatus.PENDING:
            abandon(draft, state, f"taking back was {reason}")
    begin_undo(draft, calls, reason, by_human=True)
    return None
