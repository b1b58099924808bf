"""What a rule's `action:` asks for.

Responsible for telling built-in actions, hooks and runbooks apart and for checking the arguments of
built-in ones. Never renders a template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.state_graph import Action, ActionKind
from interlock.rulebook.graph.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.rulebook import model as m
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.severity import Channels
    from interlock.rulebook.graph.state_graph import Hook, Runbook

_ARGUMENTS: dict[str, frozenset[str]] = {
    "assign_on_call": frozenset({"schedule"}),
    "create_postmortem_ticket": frozenset({"template"}),
    "escalate": frozenset({"to", "message"}),
    "execute_remediation_steps": frozenset({"runbook"}),
    "notify": frozenset({"to", "message"}),
    "set_field": frozenset(),  # any `metadata.*`
}


class Names(NamedTuple):
    """What an action may name."""

    hooks: Mapping[str, Hook]
    runbooks: Mapping[str, Runbook]
    schedules: Mapping[str, object]
    channels: Channels

    def kind_of(self, name: str) -> ActionKind | None:
        """Return what the name is, or None."""
        if name in defaults.ACTIONS:
            return ActionKind.BUILT_IN
        if name in self.hooks:
            return ActionKind.HOOK
        return ActionKind.RUNBOOK if name in self.runbooks else None


def compile_actions(
    work: Compilation, rule: m.WorkflowRule, names: Names, *, subject: str
) -> tuple[Action, ...]:
    """Return a rule's actions in order; unknown ones are reported and left out."""
    return tuple(
        action
        for call, path in _calls(rule)
        if (action := _action(work, rule, call, path, names, subject=subject)) is not None
    )


def _calls(rule: m.WorkflowRule) -> Iterator[tuple[str | m.ActionCall, tuple[Step, ...]]]:
    if isinstance(rule.action, tuple):
        for index, call in enumerate(rule.action):
            yield call, ("action", index)
    elif rule.action is not None:
        yield rule.action, ("action",)


def _action(
    work: Compilation,
    rule: m.WorkflowRule,
    call: str | m.ActionCall,
    path: tuple[Step, ...],
    names: Names,
    *,
    subject: str,
) -> Action | None:
    name = call if isinstance(call, str) else call.do
    where = span(rule, *path) if isinstance(call, str) else span(call, "do")
    kind = names.kind_of(name)
    if kind is None:
        if not work.broken & {"remediation_hooks", "runbooks"}:
            known = [*defaults.ACTIONS, *names.hooks, *names.runbooks]
            work.report_unknown("A501", "action", name, known, where, subject=subject)
        return None
    if isinstance(call, str):
        return Action(do=name, kind=kind, span=where)
    if kind is ActionKind.BUILT_IN:
        _check_arguments(work, call, names, subject=subject)
    return Action(do=name, kind=kind, arguments=plain(call.arguments), span=where)


def _check_arguments(work: Compilation, call: m.ActionCall, names: Names, *, subject: str) -> None:
    known = _ARGUMENTS[call.do]
    for argument in call.arguments:
        if call.do == "set_field":
            if not argument.startswith("metadata."):
                work.report(
                    "A502",
                    f"`set_field` sets `metadata.*` only, not `{argument}`",
                    key(call, "with", argument),
                    help=f"did you mean `metadata.{argument}`?",
                    subject=subject,
                )
        elif argument not in known:
            work.report_unknown(
                "A502", f"argument of `{call.do}`", argument, sorted(known),
                key(call, "with", argument), subject=subject,
            )  # fmt: skip
    _check_references(work, call, names, subject=subject)


def _check_references(work: Compilation, call: m.ActionCall, names: Names, *, subject: str) -> None:
    to = call.arguments.get("to") if call.do in ("notify", "escalate") else None
    for index, channel in enumerate(to if isinstance(to, list) else ()):
        if isinstance(channel, str) and "{{" not in channel:
            names.channels.use(channel, call, "with", "to", index, subject=subject)
    if isinstance(to, str) and "{{" not in to:
        names.channels.use(to, call, "with", "to", subject=subject)
    schedule = call.arguments.get("schedule")
    if isinstance(schedule, str) and schedule not in names.schedules:
        work.report_unknown(
            "T712", "on-call schedule", schedule, names.schedules,
            span(call, "with", "schedule"), section="on_call", subject=subject,
        )  # fmt: skip
    runbook = call.arguments.get("runbook")
    if isinstance(runbook, str) and runbook not in names.runbooks:
        work.report_unknown(
            "B602", "runbook", runbook, names.runbooks, span(call, "with", "runbook"),
            section="runbooks", subject=subject,
        )  # fmt: skip
