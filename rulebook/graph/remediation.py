"""Hooks and runbooks.

Responsible for `remediation_hooks:` and `runbooks:`. Never calls anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.diagnostics import Label
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.arguments import accepted_by_hook, check_arguments
from interlock.rulebook.graph.runbook import Retry, Runbook, Step, Undo, Verification
from interlock.rulebook.graph.state_graph import Automation, Doubt, DoubtQuery, Hook, Limits
from interlock.rulebook.graph.values import free_id, plain, written_options
from interlock.rulebook.guard.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        doubt=_doubt(hook),
        doubt_query=_doubt_query(hook),
        timeout_ns=work.duration(hook, "timeout") or default.timeout_ns,
        span=span(hook, "id"),
    )


def _doubt(hook: m.Hook) -> Doubt:
    if isinstance(hook.in_doubt, str):
        return Doubt(hook.in_doubt)
    if hook.in_doubt is not None:
        return Doubt.QUERY
    return Doubt.ASK if hook.idempotency_key is None else Doubt.RETRY


def _doubt_query(hook: m.Hook) -> DoubtQuery | None:
    if hook.in_doubt is None or isinstance(hook.in_doubt, str):
        return None
    query = hook.in_doubt.query
    return DoubtQuery(
        endpoint=query.endpoint, field=query.field, done=query.done, not_done=query.not_done
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
                    _step(work, written, hooks, f"runbook `{name}`, step `{written.id}`", steps)
                    for written in steps.values()
                ),
                match=work.guard(runbook.match, runbook, "match", place=Place.RUNBOOK),
                span=key(work.model, "runbooks", name),
            )
    return runbooks


class _Written(NamedTuple):
    """A step as written, with its id and the number of the entry it stands in."""

    id: str
    group: int
    step: m.RunbookStep


def _number_steps(work: Compilation, runbook: m.Runbook) -> dict[str, _Written]:
    """Return the steps by id, parallel ones in their order; without an id it is the hook's."""
    steps: dict[str, _Written] = {}
    numbers: dict[str, int] = {}
    for group, entry in enumerate(runbook.steps):
        for step in _flat(work, entry):
            step_id = step.id or free_id(step.hook or "", steps, numbers)
            if step_id in steps:
                first = span(steps[step_id].step)
                work.report(
                    "Y007",
                    f"two steps have the id `{step_id}`",
                    span(step, "id"),
                    labels=(Label(first, "the other one"),),
                )
            else:
                steps[step_id] = _Written(step_id, group, step)
    return steps


def _flat(work: Compilation, step: m.RunbookStep) -> Iterator[m.RunbookStep]:
    """Yield the steps of an entry; those within `parallel` within `parallel` are all abreast."""
    if step.parallel is None:
        yield step
        return
    for name in step.node:
        if name != "parallel":
            work.report(
                "Y005",
                f"`{name}` says nothing beside `parallel`",
                span(step, name),
                help=f"write `{name}` at the steps under `parallel`",
            )
    for inner in step.parallel:
        yield from _flat(work, inner)


def _step(
    work: Compilation,
    written: _Written,
    hooks: dict[str, Hook],
    subject: str,
    steps: dict[str, _Written],
) -> Step:
    step = written.step
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
        return Step(
            id=written.id,
            hook=hook,
            arguments=plain(step.arguments),
            when=work.guard(step.when, step, "when", place=Place.STEP, steps=ids),
            timeout_ns=work.duration(step, "timeout"),
            retry=_retry(work, step.retry),
            undo=undo,
            on_failure=step.on_failure,
            verify=_verification(work, step, ids),
            group=written.group,
            span=span(step),
        )


def _check_call(work: Compilation, name: str, call: m.RunbookStep | m.Undo) -> None:
    if name in work.accepted:
        check_arguments(work, call, name, work.accepted[name])


def _verification(
    work: Compilation, step: m.RunbookStep, ids: tuple[str, ...] | None
) -> Verification | None:
    verify = step.verify
    if verify is None or isinstance(verify, str):
        guard = work.guard(verify, step, "verify", place=Place.STEP, steps=ids)
        return None if guard is None else Verification(guard)
    guard = work.guard(verify.guard, verify, "guard", place=Place.STEP, steps=ids)
    after_ns = work.duration(verify, "after") or 0
    within_ns = work.duration(verify, "within")
    every_ns = _interval(work, verify, within_ns)
    if within_ns is not None and within_ns < after_ns:
        work.report(
            "Y005",
            "`within` counts from the hook's answer and ends before `after`",
            span(verify, "within"),
        )
    return None if guard is None else Verification(guard, after_ns, every_ns, within_ns)


def _interval(work: Compilation, verify: m.Verification, within_ns: int | None) -> int:
    """Return how far apart a verification asks; each time is a record of the journal."""
    written = work.duration(verify, "every")
    every_ns = _EVERY_NS if written is None else written
    where = span(verify, "within" if written is None else "every")
    if within_ns is None:
        if written is not None:
            work.report("Y005", "`every` asks again only `within` a time", where)
    elif every_ns < _EVERY_MIN_NS or within_ns // every_ns > _ASKED_MAX:
        work.report(
            "Y005",
            f"`verify` is asked at most once a second, and {_ASKED_MAX:,} times",
            where,
            help="ask less often: `every: 1m`",
        )
    return every_ns


_EVERY_NS = 10_000_000_000
_EVERY_MIN_NS = 1_000_000_000
_ASKED_MAX = 1_000


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
