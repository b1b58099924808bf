"""Whether a step that was carried out has helped: its `verify`.

Rules of this file: the waits are durable timers, so a restart goes on waiting. What is asked again
is asked at its own times only, until its time is up; an error is asked again like a false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks
from interlock.interpreter.core.guards import ask_guard
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.core.record import Truth
from interlock.interpreter.core.steps import change_step, fail

if TYPE_CHECKING:
    from interlock.interpreter.core.calls import Call
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.incident import StepState


def begin_verification(draft: Draft, call: Call, state: StepState) -> None:
    """Verify a step whose hook has just said that it was carried out."""
    verify = call.step.verify
    assert verify is not None, "only a step with `verify` is verified"
    until = draft.now + max(verify.within_ns or 0, verify.after_ns)
    state = replace(state, status=StepStatus.VERIFYING, verify_until=until)
    change_step(draft, state, f"carried out; now `{verify.guard.text}` must hold")
    if verify.after_ns:
        _wait(draft, state, draft.now + verify.after_ns, "its `verify` is asked")
    else:
        ask_again(draft, call, state)


def ask_again(draft: Draft, call: Call, state: StepState) -> None:
    """Ask a step's `verify`: it succeeds, is asked again later, or has failed."""
    verify = call.step.verify
    answer = ask_guard(draft, None if verify is None else verify.guard, call.runbook)
    if answer.truth is Truth.TRUE:
        after = replace(state, status=StepStatus.SUCCEEDED, verify_until=None)
        change_step(draft, after, "its `verify` holds")
        return
    is_false = answer.truth is Truth.FALSE
    found = "its `verify` is false" if is_false else f"its `verify` is an error: {answer.error}"
    until = state.verify_until
    if verify is None or until is None or draft.now >= until:
        fail(draft, state, found)
        return
    _wait(draft, state, min(draft.now + verify.every_ns, until), f"{found}; it is asked again")


def end_verification(draft: Draft, state: StepState, reason: str) -> None:
    """Wait no more for a step's `verify`: that it was carried out stands."""
    if (name := clocks.VERIFY + state.path) in draft.incident.timers:
        draft.add(c.TimerCancelled(name=name, reason=reason))


def _wait(draft: Draft, state: StepState, due: int, reason: str) -> None:
    draft.add(c.TimerSet(name=clocks.VERIFY + state.path, due=due, reason=reason))
