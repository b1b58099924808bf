"""What a rule's `action:` asks for.

Responsible for telling built-in actions, hooks and runbooks apart and for checking the arguments of
built-in ones. Never renders a template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.people import check_schedule
from interlock.rulebook.graph.state_graph import Action, ActionKind
from interlock.rulebook.graph.values import plain

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

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
    schedules: Container[str]
    channels: Channels

    def kind_of(self, name: str) -> ActionKind | None:
        """Return what the name is, or None."""
        if name in defaults.ACTIONS:
            return ActionKind.BUILT_IN
        if name in self.hooks:
            return ActionKind.HOOK
        return ActionKind.RUNBOOK if name in self.runbooks else None


def compile_actions(work: Compilation, rule: m.WorkflowRule, names: Names) -> tuple[Action, ...]:
    """Return a rule's actions in order; unknown ones are reported and left out."""
    if isinstance(rule.action, tuple):
        calls = [(call, ("action", index)) for index, call in enumerate(rule.action)]
        found = [_action(work, rule, call, path, names) for call, path in calls]
        return tuple(action for action in found if action is not None)
    if rule.action is None:
        return ()
    action = _action(work, rule, rule.action, ("action",), names)
    return () if action is None else (action,)


def _action(
    work: Compilation,
    rule: m.WorkflowRule,
    call: str | m.ActionCall,
    path: tuple[Step, ...],
    names: Names,
) -> Action | None:
    name = call if isinstance(call, str) else call.do
    where = span(rule, *path) if isinstance(call, str) else span(call, "do")
    kind = names.kind_of(name)
    if kind is None:
        known = [*defaults.ACTIONS, *names.hooks, *names.runbooks]
        sections = ("remediation_hooks", "runbooks")
        work.report_unknown("A501", "action", name, known, where, sections=sections)
        return None
    if name == "set_field" and (isinstance(call, str) or not call.arguments):
        message, remedy = "`set_field` sets nothing", "such as `with: {metadata.phase: triage}`"
        work.report("A502", message, where, help=remedy)
    if isinstance(call, str):
        return Action(do=name, kind=kind, span=where)
    if kind is ActionKind.BUILT_IN:
        _check_arguments(work, call, names)
    return Action(do=name, kind=kind, arguments=plain(call.arguments), span=where)


def _check_arguments(work: Compilation, call: m.ActionCall, names: Names) -> None:
    known = sorted(_ARGUMENTS[call.do])
    for argument in call.arguments:
        where = key(call, "with", argument)
        if call.do == "set_field":
            if not argument.startswith("metadata."):
                message = f"`set_field` sets `metadata.*` only, not `{argument}`"
                remedy = f"did you mean `metadata.{argument}`?"
                work.report("A502", message, where, help=remedy)
        elif argument not in known:
            work.report_unknown("A502", f"argument of `{call.do}`", argument, known, where)
        else:
            _check_type(work, call, argument)
    _check_recipients(call, names)
    schedule = call.arguments.get("schedule")
    if isinstance(schedule, str) and not _is_template(schedule):
        check_schedule(work, schedule, names.schedules, call, "with", "schedule")
    runbook = call.arguments.get("runbook")
    if isinstance(runbook, str) and not _is_template(runbook) and runbook not in names.runbooks:
        where = span(call, "with", "runbook")
        work.report_unknown(
            "B602", "runbook", runbook, names.runbooks, where, sections=("runbooks",)
        )


def _check_type(work: Compilation, call: m.ActionCall, argument: str) -> None:
    """Report a value that is no text, nor (for recipients) a list of texts."""
    value = call.arguments[argument]
    if isinstance(value, str):
        return
    is_listable = argument == "to"
    if is_listable and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return
    wanted = "a channel or a list of channels" if is_listable else "a string"
    work.report(
        "A502",
        f"`{argument}` of `{call.do}` takes {wanted}",
        span(call, "with", argument),
        help=None if is_listable else "write it in quotes",
    )


def _check_recipients(call: m.ActionCall, names: Names) -> None:
    if call.do not in ("notify", "escalate"):
        return
    to = call.arguments.get("to")
    if isinstance(to, str) and not _is_template(to):
        names.channels.use(to, call, "with", "to")
    for index, channel in enumerate(to if isinstance(to, list) else ()):
        if isinstance(channel, str) and not _is_template(channel):
            names.channels.use(channel, call, "with", "to", index)


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text
