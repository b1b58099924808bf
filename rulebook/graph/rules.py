"""Workflow rules, their gates and actions, and the default edges.

Responsible for `workflow_rules:` and for the order in which rules are tried. Never evaluates a
guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.diagnostics import Label
from interlock.rulebook.elements import key, part_span, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.actions import compile_actions
from interlock.rulebook.graph.guards import Use
from interlock.rulebook.graph.lifecycle import check_event_type
from interlock.rulebook.graph.state_graph import (
    Action,
    ActionKind,
    Automation,
    Gate,
    Rule,
)
from interlock.rulebook.graph.values import free_id
from interlock.rulebook.guard.places import Place
from interlock.rulebook.literals import Name, Problem, Transition, parse_transition

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
            _default_rule(work, rule, ids)
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
        self._numbers: dict[str, int] = {}

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
        rule_id = free_id(f"{','.join(sources)}->{target}", self._taken, self._numbers)
        self._taken[rule_id] = None
        return rule_id


def _rule(
    work: Compilation, rule: m.WorkflowRule, lifecycle: Lifecycle, names: Names, ids: _Ids
) -> Rule | None:
    transition = parse_transition(rule.transition)
    if isinstance(transition, Problem):
        with work.about(f"rule `{rule.id}`" if rule.id else "rule"):
            work.problem("Y005", transition, rule, "transition")
            _conditions(work, rule, rule.id or "", names)
        return None
    written = [name.text for name in transition.sources]
    rule_id = rule.id or ids.derive(written, transition.target.text)
    with work.about(f"rule `{rule_id}`"):
        sources = _sources(work, rule, transition, lifecycle)
        is_known = _check_state(work, rule, transition.target, lifecycle)
        conditions = _conditions(work, rule, rule_id, names)
    if sources is None or not is_known:
        return None
    return replace(conditions, sources=sources, target=transition.target.text)


def _sources(
    work: Compilation, rule: m.WorkflowRule, transition: Transition, lifecycle: Lifecycle
) -> tuple[str, ...] | None:
    """Return the states the rule leaves; None when one of them does not exist."""
    if transition.is_from_any:
        target = transition.target.text
        return tuple(
            state for state in lifecycle.states if state not in lifecycle.final and state != target
        )
    is_known = [_check_state(work, rule, state, lifecycle) for state in transition.sources]
    for state in transition.sources:
        if state.text in lifecycle.final:
            work.report(
                "G307",
                f"`{state.text}` is final: nothing leaves it",
                part_span(rule, ("transition",), state.start, state.end),
                notes=("an incident is reopened by its alerts, within `reopen_within`",),
            )
    return tuple(state.text for state in transition.sources) if all(is_known) else None


def _check_state(
    work: Compilation, rule: m.WorkflowRule, state: Name, lifecycle: Lifecycle
) -> bool:
    if state.text in lifecycle.states:
        return True
    work.report_unknown(
        "G301",
        "state",
        state.text,
        lifecycle.states,
        part_span(rule, ("transition",), state.start, state.end),
        sections=("lifecycle",),
    )
    return False


def _conditions(work: Compilation, rule: m.WorkflowRule, rule_id: str, names: Names) -> Rule:
    """Compile all of a rule but its transition."""
    trigger = (rule.trigger,) if isinstance(rule.trigger, str) else rule.trigger or ()
    for index, name in enumerate(trigger):
        step = (index,) if isinstance(rule.trigger, tuple) else ()
        check_event_type(work, name, span(rule, "trigger", *step))
    if not trigger and rule.after is None and rule.validator is None:
        work.report(
            "R410",
            "this rule has neither `trigger`, `after` nor `validator`: it would always be taken",
            key(rule, "transition"),
            help="say `validator: always_true` where that is meant",
        )
    gate = _gate(work, rule.gate, rule_id)
    actions = compile_actions(work, rule, names)
    return Rule(
        id=rule_id,
        sources=(),
        target="",
        trigger=trigger,
        after_ns=work.duration(rule, "after"),
        guard=work.guard(rule.validator, rule, "validator"),
        gate=gate or _implicit_gate(rule_id, actions),
        actions=actions,
        automation=None if rule.automation is None else Automation(rule.automation),
        span=span(rule, "transition"),
    )


def _gate(work: Compilation, gate: m.Gate | None, rule_id: str) -> Gate | None:
    if gate is None:
        return None
    is_whole = "workflow_rules" not in work.lost  # else `expires` may be what was left out
    if is_whole and gate.expires is None and "on_expiry" in gate.node:
        work.report(
            "Y004",
            "`on_expiry` without `expires`: this gate never expires",
            key(gate, "on_expiry"),
            help="add `expires`, such as 30m",
        )
    return Gate(
        name=rule_id,
        when=work.guard(gate.when, gate, "when", place=Place.GATE),
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


def _default_rule(work: Compilation, rule: defaults.DefaultRule, ids: _Ids) -> Rule:
    rule_id = ids.derive([rule.source], rule.target)
    actions = (Action(do=rule.action, kind=ActionKind.BUILT_IN),)
    return Rule(
        id=rule_id,
        sources=(rule.source,),
        target=rule.target,
        guard=work.guards.compile(rule.validator, Use(Place.RULE)).guard,
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
