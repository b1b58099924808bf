"""What a rule's `action:` asks for.

Responsible for telling built-in actions, hooks and runbooks apart and for the names that arguments
of built-in ones hold. Never renders a template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.document.accepting import is_template, surely_accepts
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.arguments import accepted_by_action, check_arguments
from interlock.rulebook.graph.people import check_schedule
from interlock.rulebook.graph.state_graph import Action, ActionKind
from interlock.rulebook.graph.values import plain

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from interlock.rulebook import model as m
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.runbook import Runbook
    from interlock.rulebook.graph.severity import Channels
    from interlock.rulebook.graph.state_graph import Hook
    from interlock.rulebook.source import Span


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
    if isinstance(call, str):
        _check_bare(work, name, where)
        return Action(do=name, kind=kind, span=where)
    if kind is ActionKind.BUILT_IN:
        check_arguments(work, call, name, accepted_by_action(name))
        _check_names(work, call, names)
    elif kind is ActionKind.RUNBOOK:
        _refuse_arguments(work, call)
    elif name in work.accepted:
        check_arguments(work, call, name, work.accepted[name])
    return Action(do=name, kind=kind, arguments=plain(call.arguments), span=where)


def _check_bare(work: Compilation, name: str, where: Span) -> None:
    """Report an action without `with:` that needs arguments."""
    accepted = accepted_by_action(name) if name in defaults.ACTIONS else work.accepted.get(name)
    if accepted is None or surely_accepts(accepted.schema, {}):
        return
    if name == "set_field":
        message, remedy = "`set_field` sets nothing", "such as `with: {metadata.phase: triage}`"
        work.report("A502", message, where, help=remedy)
    elif needed := accepted.schema.get("required"):
        message = f"`{needed[0]}` is missing: `{name}` needs it"
        work.report("A502", message, where, help=f"write `{{do: {name}, with: {{…}}}}`")


def _refuse_arguments(work: Compilation, call: m.ActionCall) -> None:
    if call.arguments:
        message = f"runbook `{call.do}` takes no arguments: its steps have their own"
        work.report("A502", message, key(call, "with"), help="leave `with` out")


def _check_names(work: Compilation, call: m.ActionCall, names: Names) -> None:
    """Report channels, schedules and runbooks that arguments name and that do not exist."""
    _check_recipients(call, names)
    schedule = call.arguments.get("schedule")
    if isinstance(schedule, str) and not is_template(schedule):
        check_schedule(work, schedule, names.schedules, call, "with", "schedule")
    runbook = call.arguments.get("runbook")
    if isinstance(runbook, str) and not is_template(runbook) and runbook not in names.runbooks:
        where = span(call, "with", "runbook")
        work.report_unknown(
            "B602", "runbook", runbook, names.runbooks, where, sections=("runbooks",)
        )


def _check_recipients(call: m.ActionCall, names: Names) -> None:
    if call.do not in ("notify", "escalate"):
        return
    to = call.arguments.get("to")
    if isinstance(to, str) and not is_template(to):
        names.channels.use(to, call, "with", "to")
    for index, channel in enumerate(to if isinstance(to, list) else ()):
        if isinstance(channel, str) and not is_template(channel):
            names.channels.use(channel, call, "with", "to", index)
