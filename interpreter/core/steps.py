"""One step: asked for, and its state recorded.

Rules of this file: method, URL and body are fixed here, before the first byte leaves. What follows
from how a step ended is `runs.py`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.filling import fill
from interlock.interpreter.core.guards import ask_guard
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.limit_target import limit_target
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.record import CallHook, DoubtQuery, Truth
from interlock.interpreter.core.templates import TemplateProblemError
from interlock.rulebook.graph.runbook import Retry
from interlock.rulebook.graph.state_graph import Automation, Doubt, Hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.calls import Call
    from interlock.interpreter.core.draft import Draft


def change_step(draft: Draft, state: StepState, reason: str) -> StepState:
    """Record a step's new state; return it."""
    known = draft.incident.steps.get(state.path)
    draft.add(
        c.StepChanged(
            from_=None if known is None else known.status.value,
            to=state.status.value,
            step=state,
            reason=reason,
        )
    )
    return state


def become(draft: Draft, state: StepState, status: StepStatus, reason: str) -> StepState:
    """Record that a step stands elsewhere now."""
    return change_step(draft, replace(state, status=status), reason)


def fail(draft: Draft, state: StepState, detail: str) -> StepState:
    """Record that a step failed, and tell it."""
    after = replace(state, status=StepStatus.FAILED, detail=detail, verify_until=None)
    change_step(draft, after, detail)
    need_attention(draft, f"{name_step(state)} failed: {detail}", about="step_failed")
    return after


def name_step(state: StepState) -> str:
    """Name a step, or the call that takes it back, in a sentence."""
    return f"step {state.id}" if state.undoes is None else f"undo of step {state.id}"


def ask_for(draft: Draft, call: Call, state: StepState) -> StepState:
    """Ask for one call, or say why not; return the step's state after that."""
    answer = ask_guard(draft, call.step.when, call.runbook)
    if answer.truth is Truth.FALSE:
        return become(draft, state, StepStatus.SKIPPED, "its `when` is false")
    if answer.truth is Truth.ERROR:
        return fail(draft, state, f"its `when` is an error: {answer.error}")
    hook = draft.live.hooks.get(call.step.hook)
    if hook is None:
        return fail(draft, state, f"hook {call.step.hook} is no more in the rulebook")
    if hook.automation in (Automation.OFF, Automation.OBSERVE):
        reason = f"hook {hook.id} is at `{hook.automation}`"
        return become(draft, state, StepStatus.OBSERVED, reason)
    if hook.automation is Automation.ASK and not state.approved:
        tell(draft, "approval_needed", f"{name_step(state)} waits for `runbook.start`")
        reason = f"hook {hook.id} is at `ask`: waits for `runbook.start`"
        return become(draft, state, StepStatus.WAITING, reason)
    return _send(draft, call, state, hook)


def _send(draft: Draft, call: Call, state: StepState, hook: Hook) -> StepState:
    key = draft.key(draft.path(call.path))
    try:
        arguments = fill(draft, call.step.arguments, call.runbook)
    except TemplateProblemError as error:
        return fail(draft, state, str(error))
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
            body=_body(draft, arguments, hook, key),
            timeout_ns=call.step.timeout_ns or hook.timeout_ns,
            attempts_max=retry.attempts,
            retry_initial_ns=retry.initial_ns,
            retry_factor=retry.factor,
            retry_max_ns=retry.max_ns,
            approved=state.approved,
            is_idempotent=hook.doubt is Doubt.RETRY,
            query=_query(hook, key),
            target=limit_target(draft.incident, arguments, hook.limits.by),
            team=draft.incident.owner,
            automation=state.automation,
        )
    )
    asked = replace(state, status=StepStatus.PENDING, key=key)
    return change_step(draft, asked, "asked for")


def _query(hook: Hook, key: str) -> DoubtQuery | None:
    query = hook.doubt_query
    if query is None:
        return None
    return DoubtQuery(
        url=query.endpoint.replace("{key}", key),
        field=query.field,
        done=query.done,
        not_done=query.not_done,
    )


def _body(draft: Draft, arguments: Mapping[str, Any], hook: Hook, key: str) -> str:
    """Return the exact request body: the filled arguments (or the incident), and the key."""
    incident = draft.incident
    content: dict[str, Any]
    if arguments:
        content = dict(arguments)
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
