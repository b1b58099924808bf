"""Workflow rules, their gates and actions, and the default edges.

Responsible for `workflow_rules:` and for the order in which rules are tried. Never evaluates a
guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Label
from interlock.rulebook.elements import key, part_span, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.actions import compile_actions
from interlock.rulebook.graph.lifecycle import check_event_type
from interlock.rulebook.graph.state_graph import (
    Action,
    ActionKind,
    Automation,
    Gate,
    Rule,
)
from interlock.rulebook.literals import Name, Problem, parse_transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook import model as m
    from interlock.rulebook.graph.actions import Names
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.state_graph import Lifecycle


def compile_rules(work: Compilation, lifecycle: Lifecycle, names: Names) -> tuple[Rule, ...]:
    """Return every rule in the order in which it is tried: as written, then the default edges."""
    ids = _Ids(work)
    written = work.model.workflow_rules
    if written is None:
        rules = [
            _default_rule(work, rule, lifecycle, ids)
            for rule in defaults.RULES
            if {rule.source, rule.target} <= set(lifecycle.states)
        ]
    else:
        ids.reserve(written)
        rules = [
            rule
            for entry in written
            if (rule := _rule(work, entry, lifecycle, names, ids)) is not None
        ]
    return (*rules, *_default_edges(rules, lifecycle, ids))


class _Ids:
    """The ids of rules: written ones are reserved first, so that a default never takes one."""

    def __init__(self, work: Compilation) -> None:
        self._work = work
        self._taken: dict[str, m.WorkflowRule | None] = {}

    def reserve(self, rules: Sequence[m.WorkflowRule]) -> None:
        for rule in rules:
            if rule.id is None:
                continue
            first = self._taken.setdefault(rule.id, rule)
            if first is not None and first is not rule:
                self._work.report(
                    "Y007",
                    f"two rules have the id `{rule.id}`",
                    span(rule, "id"),
                    labels=(Label(span(first, "id"), "first used here"),),
                )

    def derive(self, sources: Sequence[str], target: str) -> str:
        base = f"{','.join(sources)}->{target}"
        number, rule_id = 1, base
        while rule_id in self._taken:
            number += 1
            rule_id = f"{base}#{number}"
        self._taken[rule_id] = None
        return rule_id


def _rule(
    work: Compilation, rule: m.WorkflowRule, lifecycle: Lifecycle, names: Names, ids: _Ids
) -> Rule | None:
    transition = parse_transition(rule.transition)
    if isinstance(transition, Problem):
        work.problem("Y005", transition, rule, "transition", subject=_subject(rule, None))
        _compile_rest(work, rule, names, rule.id or "?")
        return None
    written = [name.text for name in transition.sources]
    rule_id = rule.id or ids.derive(written, transition.target.text)
    subject = _subject(rule, rule_id)
    target = transition.target
    is_known = _check_state(work, rule, target, lifecycle, subject)
    if transition.is_from_any:
        sources = tuple(
            state
            for state in lifecycle.states
            if state not in lifecycle.final and state != target.text
        )
    else:
        sources = tuple(written)
        for source in transition.sources:
            is_known &= _check_state(work, rule, source, lifecycle, subject)
            _check_not_final(work, rule, source, lifecycle, subject)
    rest = _compile_rest(work, rule, names, rule_id)
    if not is_known:
        return None
    trigger, after_ns, guard, gate, actions = rest
    return Rule(
        id=rule_id,
        sources=sources,
        target=target.text,
        trigger=trigger,
        after_ns=after_ns,
        guard=guard,
        gate=gate or _implicit_gate(rule_id, actions),
        actions=actions,
        automation=None if rule.automation is None else Automation(rule.automation),
        span=span(rule, "transition"),
    )


def _subject(rule: m.WorkflowRule, rule_id: str | None) -> str:
    return f"rule `{rule.id or rule_id or rule.transition}`"


def _check_state(
    work: Compilation, rule: m.WorkflowRule, state: Name, lifecycle: Lifecycle, subject: str
) -> bool:
    if state.text in lifecycle.states:
        return True
    work.report_unknown(
        "G301", "state", state.text, lifecycle.states,
        part_span(rule, ("transition",), state.start, state.end),
        section="lifecycle", subject=subject,
    )  # fmt: skip
    return False


def _check_not_final(
    work: Compilation, rule: m.WorkflowRule, state: Name, lifecycle: Lifecycle, subject: str
) -> None:
    if state.text in lifecycle.final:
        work.report(
            "G307",
            f"`{state.text}` is final: nothing leaves it",
            part_span(rule, ("transition",), state.start, state.end),
            help="reopening does, after `reopen_within` of a correlation",
            subject=subject,
        )


def _compile_rest(
    work: Compilation, rule: m.WorkflowRule, names: Names, rule_id: str
) -> tuple[tuple[str, ...], int | None, m.Any, Gate | None, tuple[Action, ...]]:
    subject = _subject(rule, rule_id)
    trigger = (rule.trigger,) if isinstance(rule.trigger, str) else rule.trigger or ()
    for index, name in enumerate(trigger):
        is_list = isinstance(rule.trigger, tuple)
        check_event_type(work, name, span(rule, "trigger", *((index,) if is_list else ())))
    if not trigger and rule.after is None and rule.validator is None:
        work.report(
            "R410",
            "this rule has neither `trigger`, `after` nor `validator`: it would always be taken",
            key(rule, "transition"),
            help="say `validator: always_true` where that is meant",
            subject=subject,
        )
    return (
        trigger,
        work.duration(rule, "after"),
        work.guard(rule.validator, rule, "validator", subject=subject),
        _gate(work, rule.gate, rule_id, subject),
        compile_actions(work, rule, names, subject=subject),
    )


def _gate(work: Compilation, gate: m.Gate | None, rule_id: str, subject: str) -> Gate | None:
    if gate is None:
        return None
    if gate.expires is None and "on_expiry" in gate.node:
        work.report(
            "Y004",
            "`on_expiry` without `expires`: this gate never expires",
            key(gate, "on_expiry"),
            help="add `expires`, such as 30m",
            subject=subject,
        )
    return Gate(
        name=rule_id,
        when=work.guard(gate.when, gate, "when", subject=f"{subject}, gate"),
        approvals=gate.approvals,
        roles=gate.roles or (),
        exclude=gate.exclude,
        expires_ns=work.duration(gate, "expires"),
        on_expiry=gate.on_expiry,
    )


def _implicit_gate(rule_id: str, actions: tuple[Action, ...]) -> Gate | None:
    """Return the gate that stands where a severity row requires approval and none is written."""
    is_remediation = any(
        action.kind is not ActionKind.BUILT_IN or action.do == defaults.EXECUTE
        for action in actions
    )
    return Gate(name=rule_id, is_implicit=True) if is_remediation else None


def _default_rule(
    work: Compilation, rule: defaults.DefaultRule, lifecycle: Lifecycle, ids: _Ids
) -> Rule:
    del lifecycle
    rule_id = ids.derive([rule.source], rule.target)
    actions = (Action(do=rule.action, kind=ActionKind.BUILT_IN),)
    return Rule(
        id=rule_id,
        sources=(rule.source,),
        target=rule.target,
        guard=work.guards[rule.validator],
        gate=_implicit_gate(rule_id, actions),
        actions=actions,
        is_default=True,
    )


def _default_edges(rules: Sequence[Rule], lifecycle: Lifecycle, ids: _Ids) -> list[Rule]:
    """Return the default edges whose states exist and whose pair no written rule serves."""
    taken = {
        (source, rule.target) for rule in rules if rule.can_be_asked_for for source in rule.sources
    }
    return [
        Rule(
            id=ids.derive([edge.source], edge.target),
            sources=(edge.source,),
            target=edge.target,
            actions=()
            if edge.action is None
            else (Action(do=edge.action, kind=ActionKind.BUILT_IN),),
            is_automatic=edge.is_automatic,
            is_default=True,
        )
        for edge in defaults.EDGES
        if {edge.source, edge.target} <= set(lifecycle.states)
        and edge.source not in lifecycle.final
        and (edge.source, edge.target) not in taken
    ]
