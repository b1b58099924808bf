"""The steps of a runbook, one after the other.

Rules of this file: method, URL and body are fixed here, before the first byte leaves; the next step
is asked for by the record that holds the outcome of the one before. A step that is in doubt or
waits holds up those behind it; leaving the state cancels what was not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.interpreter.core.filling import fill
from interlock.interpreter.core.guards import ask_guard
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.record import CallHook, Truth
from interlock.interpreter.core.templates import TemplateProblemError
from interlock.rulebook.graph.state_graph import Automation, Hook, Retry, Rule, Runbook, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.draft import Draft


class Call(Struct, frozen=True):
    """One hook call to be made: a runbook's step, or a rule's action on its own."""

    path: str
    step: Step
    runbook: str | None = None


def action_call(rule: Rule, number: int) -> Call:
    """Return the call of a rule's action that names a hook."""
    action = rule.actions[number]
    step = Step(id=action.do, hook=action.do, arguments=action.arguments)
    return Call(f"{rule.id}/{number}/{action.do}", step)


def runbook_calls(runbook: Runbook) -> list[Call]:
    """Return a runbook's steps in order."""
    return [Call(f"{runbook.id}/{step.id}", step, runbook.id) for step in runbook.steps]


_AWAITED = frozenset({StepStatus.PENDING, StepStatus.WAITING, StepStatus.IN_DOUBT})


def advance(draft: Draft, calls: list[Call]) -> None:
    """Ask for the next planned call; when none is left, or one failed for good, finish."""
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is None or state.status is StepStatus.CANCELLED:
            return
        if state.status is StepStatus.PLANNED:
            state = _ask_for(draft, call, state)
        if state.status in _AWAITED:
            return
        if state.status is StepStatus.OBSERVED:
            _observe_rest(draft, calls)
            return
        if state.status is StepStatus.FAILED and call.step.on_failure != "continue":
            _finish(draft, calls, failed=call)
            return
    _finish(draft, calls, failed=None)


def _observe_rest(draft: Draft, calls: list[Call]) -> None:
    """What follows a step that was only observed builds on it, and is not carried out either."""
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status is StepStatus.PLANNED:
            _become(draft, state, StepStatus.OBSERVED, "a step before it is only observed")


def settle(draft: Draft, outcome: OutcomeInput) -> None:
    """Take in how a step's call ended, and go on from there."""
    state = draft.incident.steps.get(outcome.path)
    is_awaited = state is not None and state.status in (StepStatus.PENDING, StepStatus.IN_DOUBT)
    if state is None or state.key != outcome.key or not is_awaited:
        draft.add(c.Noted(reason=f"outcome of an earlier call of {outcome.path}: {outcome.status}"))
        return
    after = replace(
        state,
        status=StepStatus(outcome.status.value),
        attempts=outcome.attempts,
        result=outcome.result,
        detail=outcome.detail,
    )
    change_step(draft, after, outcome.detail or outcome.status.value)
    if outcome.status is OutcomeStatus.FAILED:
        need_attention(draft, f"step {state.id} failed: {outcome.detail}", about="step_failed")
    elif outcome.status is OutcomeStatus.IN_DOUBT:
        reason = f"step {state.id} is in doubt, look at its target: {outcome.detail}"
        need_attention(draft, reason, about="step_in_doubt")
    advance(draft, calls_of(draft, state))


def calls_of(draft: Draft, state: StepState) -> list[Call]:
    """Return the calls that a step belongs to: its runbook's, or itself alone."""
    runbook = draft.graph.runbooks.get(state.runbook) if state.runbook is not None else None
    if runbook is not None:
        return runbook_calls(runbook)
    for rule in draft.graph.rules:
        for number, action in enumerate(rule.actions):
            if action.do == state.hook and (call := action_call(rule, number)).path == state.path:
                return [call]
    return []


def cancel_unsent(draft: Draft, reason: str) -> None:
    """Cancel what was planned or waits; what was sent is awaited."""
    for state in tuple(draft.incident.steps.values()):
        if state.status in (StepStatus.PLANNED, StepStatus.WAITING):
            change_step(draft, replace(state, status=StepStatus.CANCELLED), reason)


def change_step(draft: Draft, state: StepState, reason: str) -> None:
    """Record a step's new state."""
    known = draft.incident.steps.get(state.path)
    draft.add(
        c.StepChanged(
            from_=None if known is None else known.status.value,
            to=state.status.value,
            step=state,
            reason=reason,
        )
    )


def _finish(draft: Draft, calls: list[Call], failed: Call | None) -> None:
    if failed is not None and failed.step.on_failure == "escalate":
        names = [name for level in draft.row.escalation for name in level.notify]
        tell(draft, "escalation", f"step {failed.step.id} failed", channels=names or None)
    for call in calls:
        state = draft.incident.steps.get(call.path)
        if state is not None and state.status is StepStatus.PLANNED:
            reason = f"step {failed.step.id} failed" if failed is not None else "not needed"
            change_step(draft, replace(state, status=StepStatus.CANCELLED), reason)
    runbook = calls[0].runbook if calls else None
    if runbook is not None:
        word = "succeeded" if failed is None else "failed"
        draft.raise_event(f"runbook.{word}", f"runbook {runbook}")


def _ask_for(draft: Draft, call: Call, state: StepState) -> StepState:
    """Ask for one call, or say why not; return the step's state after that."""
    answer = ask_guard(draft, call.step.when)
    if answer.truth is Truth.FALSE:
        return _become(draft, state, StepStatus.SKIPPED, "its `when` is false")
    if answer.truth is Truth.ERROR:
        return _fail(draft, state, f"its `when` is an error: {answer.error}")
    hook = draft.live.hooks.get(call.step.hook)
    if hook is None:
        return _fail(draft, state, f"hook {call.step.hook} is no more in the rulebook")
    if hook.automation in (Automation.OFF, Automation.OBSERVE):
        reason = f"hook {hook.id} is at `{hook.automation}`"
        return _become(draft, state, StepStatus.OBSERVED, reason)
    if hook.automation is Automation.ASK and not state.approved:
        tell(draft, "approval_needed", f"step {call.step.id} waits for `runbook.start`")
        reason = f"hook {hook.id} is at `ask`: waits for `runbook.start`"
        return _become(draft, state, StepStatus.WAITING, reason)
    return _send(draft, call, state, hook)


def _send(draft: Draft, call: Call, state: StepState, hook: Hook) -> StepState:
    key = draft.key(draft.path(call.path))
    try:
        body = _body(draft, call.step.arguments, hook, key)
    except TemplateProblemError as error:
        return _fail(draft, state, str(error))
    # A target that does not honour the key is called once: a second request could act twice.
    retry = call.step.retry if hook.idempotency_key is not None else Retry()
    draft.ask(
        CallHook(
            key=key,
            path=call.path,
            hook=hook.id,
            method=hook.method,
            url=hook.endpoint,
            headers={"Content-Type": "application/json", **hook.headers},
            body=body,
            timeout_ns=call.step.timeout_ns or hook.timeout_ns,
            attempts_max=retry.attempts,
            retry_initial_ns=retry.initial_ns,
            retry_factor=retry.factor,
            retry_max_ns=retry.max_ns,
            approved=state.approved,
            is_idempotent=hook.idempotency_key is not None,
        )
    )
    asked = replace(state, status=StepStatus.PENDING, key=key)
    change_step(draft, asked, "asked for")
    return asked


def _body(draft: Draft, arguments: Mapping[str, Any], hook: Hook, key: str) -> str:
    """Return the exact request body: the filled arguments (or the incident), and the key."""
    incident = draft.incident
    if arguments:
        content = fill(draft, arguments)
    else:
        content = {
            "incident": incident.id,
            "title": incident.title,
            "severity": incident.severity,
            "state": incident.state,
            "labels": incident.labels,
        }
    if hook.idempotency_key is not None:
        content[hook.idempotency_key] = key
    return encode(content).decode()


def _become(draft: Draft, state: StepState, status: StepStatus, reason: str) -> StepState:
    after = replace(state, status=status)
    change_step(draft, after, reason)
    return after


def _fail(draft: Draft, state: StepState, detail: str) -> StepState:
    after = replace(state, status=StepStatus.FAILED, detail=detail)
    change_step(draft, after, detail)
    need_attention(draft, f"step {state.id} failed: {detail}", about="step_failed")
    return after
