"""Hooks and runbooks.

Responsible for `remediation_hooks:` and `runbooks:`. Never calls anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Label
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.arguments import accepted_by_hook, check_arguments
from interlock.rulebook.graph.state_graph import (
    Automation,
    Hook,
    Limits,
    Retry,
    Runbook,
    Step,
    Undo,
)
from interlock.rulebook.graph.values import free_id, plain, written_options
from interlock.rulebook.guard.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation


def compile_hooks(work: Compilation) -> dict[str, Hook]:
    """Return the hooks by id."""
    hooks: dict[str, Hook] = {}
    for hook in work.model.remediation_hooks or ():
        where = span(hook, "id")
        if hook.id in hooks:
            first = hooks[hook.id].span
            work.report(
                "Y007",
                f"two hooks have the id `{hook.id}`",
                where,
                labels=(Label(first, "first declared here"),) if first else (),
            )
        elif hook.id in defaults.ACTIONS:
            work.report(
                "Y007", f"`{hook.id}` is a built-in action", where, help="choose another id"
            )
        else:
            with work.about(f"hook `{hook.id}`"):
                hooks[hook.id] = _hook(work, hook)
                if (accepted := accepted_by_hook(work, hook)) is not None:
                    work.accepted[hook.id] = accepted
    return hooks


def _hook(work: Compilation, hook: m.Hook) -> Hook:
    default = Hook(id=hook.id, endpoint=None)
    return Hook(
        id=hook.id,
        endpoint=hook.endpoint,
        method=hook.method,
        headers=plain(hook.headers),
        auth=None if hook.auth is None else written_options(hook.auth),
        idempotency_key=hook.idempotency_key,
        automation=None if hook.automation is None else Automation(hook.automation),
        limits=_limits(work, hook.limits),
        timeout_ns=work.duration(hook, "timeout") or default.timeout_ns,
        span=span(hook, "id"),
    )


def _limits(work: Compilation, limits: m.Limits | None) -> Limits:
    if limits is None:
        return Limits()
    return Limits(
        max=limits.max,
        per_ns=work.duration(limits, "per") or Limits().per_ns,
        by=limits.by,
        concurrent=limits.concurrent,
        over=limits.over,
    )


def compile_runbooks(work: Compilation, hooks: dict[str, Hook]) -> dict[str, Runbook]:
    """Return the runbooks by id, in the order in which they are tried."""
    runbooks = {}
    for name, runbook in (work.model.runbooks or {}).items():
        if name in hooks or name in defaults.ACTIONS:
            kind = "a hook" if name in hooks else "a built-in action"
            where = key(work.model, "runbooks", name)
            work.report("Y007", f"`{name}` is already {kind}", where, help="choose another id")
            continue
        with work.about(f"runbook `{name}`"):
            steps = _number_steps(work, runbook)
            runbooks[name] = Runbook(
                id=name,
                steps=tuple(
                    _step(work, step_id, step, hooks, f"runbook `{name}`, step `{step_id}`", steps)
                    for step_id, step in steps.items()
                ),
                match=work.guard(runbook.match, runbook, "match", place=Place.RUNBOOK),
                span=key(work.model, "runbooks", name),
            )
    return runbooks


def _number_steps(work: Compilation, runbook: m.Runbook) -> dict[str, m.RunbookStep]:
    """Return the steps by id, parallel ones in their order; without an id it is the hook's."""
    steps: dict[str, m.RunbookStep] = {}
    numbers: dict[str, int] = {}
    for step in _flat(runbook.steps):
        step_id = step.id or free_id(step.hook or "", steps, numbers)
        if step_id in steps:
            first = span(steps[step_id])
            work.report(
                "Y007",
                f"two steps have the id `{step_id}`",
                span(step, "id"),
                labels=(Label(first, "the other one"),),
            )
        else:
            steps[step_id] = step
    return steps


def _flat(steps: tuple[m.RunbookStep, ...]) -> Iterator[m.RunbookStep]:
    for step in steps:
        if step.parallel is None:
            yield step
        else:
            yield from _flat(step.parallel)


def _step(
    work: Compilation,
    step_id: str,
    step: m.RunbookStep,
    hooks: dict[str, Hook],
    subject: str,
    steps: Iterable[str],
) -> Step:
    with work.about(subject):
        ids = tuple(steps) if step.when or step.verify else None
        hook = step.hook or ""
        check_hook(work, hook, hooks, step)
        _check_call(work, hook, step)
        undo = None
        if step.undo is not None:
            check_hook(work, step.undo.hook, hooks, step.undo)
            _check_call(work, step.undo.hook, step.undo)
            undo = Undo(hook=step.undo.hook, arguments=plain(step.undo.arguments))
        work.guard(step.verify, step, "verify", place=Place.STEP, steps=ids)
        return Step(
            id=step_id,
            hook=hook,
            arguments=plain(step.arguments),
            when=work.guard(step.when, step, "when", place=Place.STEP, steps=ids),
            timeout_ns=work.duration(step, "timeout"),
            retry=_retry(work, step.retry),
            undo=undo,
            on_failure=step.on_failure,
            span=span(step),
        )


def _check_call(work: Compilation, name: str, call: m.RunbookStep | m.Undo) -> None:
    if name in work.accepted:
        check_arguments(work, call, name, work.accepted[name])


def check_hook(work: Compilation, name: str, hooks: dict[str, Hook], element: m.Element) -> None:
    """Report a `hook:` that is not declared."""
    if name not in hooks:
        work.report_unknown(
            "A501", "hook", name, hooks, span(element, "hook"), sections=("remediation_hooks",)
        )


def _retry(work: Compilation, retry: m.Retry | None) -> Retry:
    if retry is None:
        return Retry()
    return Retry(
        attempts=retry.attempts,
        initial_ns=work.duration(retry, "initial") or Retry().initial_ns,
        factor=float(retry.factor),
        max_ns=work.duration(retry, "max") or Retry().max_ns,
    )
