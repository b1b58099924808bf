"""Carrying out a rule's actions, once its transition is made.

Rules of this file: `assign_on_call` and `set_field` change the incident in this same record, from
facts; everything else becomes an effect that follows the committed transition: should it fail, that
is an event, and the transition stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core import change as c
from interlock.interpreter.core.calls import action_call, runbook_calls
from interlock.interpreter.core.filling import fill
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.postmortem import schedule_ticket
from interlock.interpreter.core.remediation import begin, run_remediation
from interlock.interpreter.core.templates import TemplateProblemError
from interlock.rulebook.graph.state_graph import ActionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.state_graph import Action, Rule


def perform_actions(draft: Draft, rule: Rule, *, by_human: bool) -> None:
    """Perform a taken rule's actions in order; `by_human`: a person approved or asked for it."""
    for number, action in enumerate(rule.actions):
        if action.kind is ActionKind.HOOK:
            begin(draft, [action_call(rule, number)], rule.automation, by_human=by_human)
        elif action.kind is ActionKind.RUNBOOK:
            runbook = draft.graph.runbooks[action.do]
            begin(draft, runbook_calls(runbook), rule.automation, by_human=by_human)
        elif action.do == "execute_remediation_steps":
            run_remediation(draft, rule, action, by_human=by_human)
        else:
            _perform_built_in(draft, rule, action)


def _perform_built_in(draft: Draft, rule: Rule, action: Action) -> None:
    try:
        arguments = fill(draft, action.arguments)
    except TemplateProblemError as error:
        need_attention(draft, f"action {action.do}: {error}", rule=rule.id)
        return
    _BUILT_IN[action.do](draft, rule, arguments)


def _assign_on_call(draft: Draft, rule: Rule, arguments: Mapping[str, Any]) -> None:
    of_team = None if draft.team is None else draft.team.on_call
    schedule = arguments.get("schedule") or of_team or draft.live.on_call_schedule
    person = draft.facts.on_call.get(schedule) if isinstance(schedule, str) else None
    if person is None:
        what = "the rulebook declares no on-call schedule"
        reason = what if schedule is None else f"schedule {schedule} has nobody on call"
        need_attention(draft, f"nobody is assigned: {reason}", rule=rule.id)
        return
    reason = f"on call in {schedule}"
    before = draft.incident.assigned_engineer
    draft.add(c.Assigned(from_=before, to=person, rule=rule.id, reason=reason))


def _set_field(draft: Draft, rule: Rule, arguments: Mapping[str, Any]) -> None:
    for path, value in arguments.items():
        name = path.removeprefix("metadata.")
        draft.add(c.FieldSet(name=name, to=value, rule=rule.id, reason=f"rule {rule.id}"))


def _notify(draft: Draft, rule: Rule, arguments: Mapping[str, Any]) -> None:
    message = arguments.get("message") or f"rule {rule.id} was taken"
    tell(draft, "notice", str(message), channels=_channels(arguments), rule=rule.id)


def _escalate(draft: Draft, rule: Rule, arguments: Mapping[str, Any]) -> None:
    message = arguments.get("message") or f"escalated by rule {rule.id}"
    tell(draft, "escalation", str(message), channels=_channels(arguments), rule=rule.id)


def _channels(arguments: Mapping[str, Any]) -> list[str] | None:
    named = arguments.get("to", arguments.get("channels"))
    if named is None:
        return None
    return [named] if isinstance(named, str) else [str(name) for name in named]


def _create_postmortem_ticket(draft: Draft, rule: Rule, _arguments: Mapping[str, Any]) -> None:
    schedule_ticket(draft, rule)


_BUILT_IN: dict[str, Callable[[Draft, Rule, Mapping[str, Any]], None]] = {
    "assign_on_call": _assign_on_call,
    "set_field": _set_field,
    "notify": _notify,
    "escalate": _escalate,
    "create_postmortem_ticket": _create_postmortem_ticket,
}
