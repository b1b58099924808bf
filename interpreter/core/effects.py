"""What becomes of an effect outside its outcome: held over a limit, or a person's word on it.

Rules of this file: nothing here changes an effect's key or bytes. The store has the last word: what
is on its way by then is left alone, and its outcome is recorded like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.event import EffectVerb, OutcomeInput, OutcomeStatus
from interlock.interpreter.core.incident import StepState, StepStatus
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.runs import settle
from interlock.interpreter.core.steps import change_step

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import EffectInput, HeldInput

_AGAIN = frozenset({StepStatus.WAITING, StepStatus.PENDING, StepStatus.FAILED, StepStatus.IN_DOUBT})


def hold(draft: Draft, held: HeldInput) -> None:
    """Note that a step's call is over a limit and waits for a person, and tell people."""
    state = _step(draft, held.key)
    if state is None or state.status is not StepStatus.PENDING:
        draft.add(c.Noted(reason=f"{held.path} is over a limit and no more awaited"))
        return
    after = replace(state, status=StepStatus.WAITING, detail=held.reason)
    change_step(draft, after, f"over a limit: {held.reason}")
    reason = f"step {state.id} is over a limit and waits for `runbook.start`: {held.reason}"
    need_attention(draft, reason, about="over_limit")


def let_go(draft: Draft, state: StepState, reason: str) -> None:
    """Send a step's recorded call on its way, with its own key and bytes, over any limit."""
    assert state.key is not None, "only a call that was asked for is let go"
    change_step(draft, replace(state, status=StepStatus.PENDING, approved=True), reason)
    draft.add(c.EffectChanged(key=state.key, path=state.path, to="pending", reason=reason))


def command_effect(draft: Draft, input_: EffectInput) -> str | None:
    """Retry or drop an effect because a person said so; return why not."""
    who = draft.actor
    if who == "anonymous" and input_.by:
        who = f"anonymous (claimed: {input_.by[:100]})"
    state = _step(draft, input_.key)
    if state is None and input_.is_hook:
        if input_.verb is EffectVerb.RETRY:
            return "its step is of an earlier generation of the incident, or was asked for anew"
    elif state is not None and state.status not in _AGAIN:
        return f"step {state.id} is {state.status}"
    if input_.verb is EffectVerb.RETRY:
        _retry(draft, input_, state, f"{input_.reason} ({who})")
    else:
        _drop(draft, input_, state, f"{input_.reason} ({who})")
    return None


def _retry(draft: Draft, input_: EffectInput, state: StepState | None, reason: str) -> None:
    if state is not None:
        let_go(draft, state, reason)
    else:
        draft.add(c.EffectChanged(key=input_.key, path=input_.path, to="pending", reason=reason))


def _drop(draft: Draft, input_: EffectInput, state: StepState | None, reason: str) -> None:
    draft.add(c.EffectChanged(key=input_.key, path=input_.path, to="dropped", reason=reason))
    what = input_.path if state is None else f"step {state.id}"
    tell(draft, "effect_dropped", f"{what} was dropped: {reason}")
    if state is None:
        return
    if state.status is not StepStatus.FAILED:
        if state.status is StepStatus.WAITING:
            change_step(draft, replace(state, status=StepStatus.PENDING), "dropped")
        dropped = OutcomeInput(
            key=input_.key,
            path=state.path,
            status=OutcomeStatus.FAILED,
            attempts=state.attempts,
            detail=f"dropped: {reason}",
        )
        settle(draft, dropped)
    # without its key nothing finds the step by this effect any more: what is dropped stays dropped
    failed = draft.incident.steps[state.path]
    change_step(draft, replace(failed, key=None), "dropped")


def _step(draft: Draft, key: str) -> StepState | None:
    return next((step for step in draft.incident.steps.values() if step.key == key), None)
