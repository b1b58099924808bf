"""How a rulebook's graph differs from that of an older one, on an outline.

Responsible for telling states and rules apart that were added, removed or changed. A rule is known
by its id, a state by its name; a guard counts by its expression with named guards written out.
Never says which incidents would go another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.rulebook.picture.outline import Change, Highlight, Outline, outline

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Gate, Rule, StateGraph
    from interlock.rulebook.picture.outline import State, Transition


def outline_difference(graph: StateGraph, old: StateGraph) -> Outline:
    """Return the outline of a graph that points out what differs; what is gone is in it."""
    drawn, before = outline(graph), outline(old)
    rules = {rule.id: _parts(rule) for rule in graph.rules}
    old_rules = {rule.id: _parts(rule) for rule in old.rules}
    transitions = [_transition(one, rules, old_rules) for one in drawn.transitions]
    transitions += [
        replace(one, change=Change.REMOVED, is_highlighted=True)
        for one in before.transitions
        if one.rule not in rules
    ]
    old_states = {state.name: state for state in before.states}
    states = [_state(state, old_states.get(state.name)) for state in drawn.states]
    kept = {state.name for state in states}
    states += [
        replace(state, change=Change.REMOVED, is_initial=False, is_highlighted=True)
        for state in before.states
        if state.name not in kept
    ]
    return replace(
        drawn,
        states=tuple(states),
        transitions=tuple(transitions),
        highlight=Highlight.DIFF,
    )


def _transition(
    one: Transition, rules: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]]
) -> Transition:
    before = old.get(one.rule)
    if before is None:
        return replace(one, change=Change.ADDED, is_highlighted=True)
    changed = tuple(name for name, part in rules[one.rule].items() if part != before[name])
    if not changed:
        return one
    return replace(one, change=Change.CHANGED, changed=changed, is_highlighted=True)


def _state(state: State, before: State | None) -> State:
    if before is None:
        return replace(state, change=Change.ADDED, is_highlighted=True)
    is_same = (state.is_initial, state.is_resolved, state.is_final) == (
        before.is_initial,
        before.is_resolved,
        before.is_final,
    )
    return state if is_same else replace(state, change=Change.CHANGED, is_highlighted=True)


def _parts(rule: Rule) -> dict[str, Any]:
    """Return what makes a rule what it is, by the key an author would look for."""
    return {
        "from": frozenset(rule.sources),
        "to": rule.target,
        "trigger": frozenset(rule.trigger),
        "after": rule.after_ns,
        "guard": None if rule.guard is None else rule.guard.text,
        "gate": _gate_parts(rule.gate),
        "action": [(action.do, action.arguments) for action in rule.actions],
        "automation": rule.automation,
    }


def _gate_parts(gate: Gate | None) -> Any:
    if gate is None:
        return None
    when = None if gate.when is None else gate.when.text
    roles, exclude = frozenset(gate.roles), frozenset(gate.exclude)
    ends = None if gate.expires_ns is None else (gate.expires_ns, gate.on_expiry)
    return (gate.is_implicit, when, gate.approvals, roles, exclude, ends)
