"""What a picture of a rulebook shows: its states and, per rule, one transition.

Responsible for what is drawn, what of it is highlighted, and for the part of a graph around one
state. Knows no form of output.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.rulebook.graph.analysis import reachable, reversed_edges, successors
from interlock.rulebook.graph.defaults import EXECUTE
from interlock.rulebook.graph.state_graph import ActionKind, Gate, GuardRef, Nanoseconds

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Rule, StateGraph


class Highlight(StrEnum):
    """What a picture may point out."""

    UNREACHABLE = "unreachable"
    TIMERS = "timers"
    GATES = "gates"
    REMEDIATION = "remediation"
    COVERAGE = "coverage"
    TRACE = "trace"
    DIFF = "diff"


class Change(StrEnum):
    """How a part differs from the same part of an older rulebook."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class State(Struct, frozen=True):
    """A state as drawn; `is_reachable` ignores guards and gates.

    `taken` is how often it was entered, `change` how it differs from what it was; None: not asked.
    """

    name: str
    is_initial: bool
    is_resolved: bool
    is_final: bool
    is_reachable: bool
    is_highlighted: bool = False
    taken: int | None = None
    change: Change | None = None


class Transition(Struct, frozen=True):
    """A workflow rule as drawn.

    Attributes:
        rule: The rule's id.
        triggers: Event types that try the rule; empty for rules that are asked for or automatic.
        asked_by: Event types that ask for the target, for a rule they can ask for.
        after_ns: The time in the state after which it is tried.
        actions: The names of its actions, in order.
        is_remediation: An action of it calls hooks or runs a runbook.
        taken: How often it was taken; None: not asked.
        change: How it differs from what it was; None: not at all, or not asked.
        changed: The parts that differ, such as `guard`.
    """

    rule: str
    sources: tuple[str, ...]
    target: str
    triggers: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    after_ns: Nanoseconds | None = None
    guard: GuardRef | None = None
    gate: Gate | None = None
    actions: tuple[str, ...] = ()
    is_automatic: bool = False
    is_default: bool = False
    is_remediation: bool = False
    is_highlighted: bool = False
    taken: int | None = None
    change: Change | None = None
    changed: tuple[str, ...] = ()

    @property
    def is_timed(self) -> bool:
        """True for a rule with `after`."""
        return self.after_ns is not None


class Outline(Struct, frozen=True):
    """Everything a picture shows, in the order of the rulebook."""

    name: str
    digest: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    highlight: Highlight | None = None


def outline(graph: StateGraph, highlight: Highlight | None = None) -> Outline:
    """Return what a picture of the graph shows."""
    lifecycle = graph.lifecycle
    entered = reachable(successors(graph), [lifecycle.initial])
    states = tuple(
        State(
            name=name,
            is_initial=name == lifecycle.initial,
            is_resolved=name in lifecycle.resolved,
            is_final=name in lifecycle.final,
            is_reachable=name in entered,
            is_highlighted=highlight is Highlight.UNREACHABLE and name not in entered,
        )
        for name in lifecycle.states
    )
    transitions = tuple(_transition(graph, rule) for rule in graph.rules)
    if highlight is not None:
        transitions = tuple(
            replace(one, is_highlighted=_is_highlighted(one, highlight, entered))
            for one in transitions
        )
    return Outline(graph.name, graph.digest, states, transitions, highlight)


def _transition(graph: StateGraph, rule: Rule) -> Transition:
    asked_by = sorted(name for name, state in graph.events.items() if state == rule.target)
    is_tried_by_itself = rule.is_automatic and rule.can_be_asked_for
    return Transition(
        rule=rule.id,
        sources=rule.sources,
        target=rule.target,
        triggers=rule.trigger,
        asked_by=tuple(asked_by) if rule.can_be_asked_for else (),
        after_ns=rule.after_ns,
        guard=rule.guard,
        gate=rule.gate,
        actions=tuple(action.do for action in rule.actions),
        is_automatic=is_tried_by_itself,
        is_default=rule.is_default,
        is_remediation=any(
            action.kind is not ActionKind.BUILT_IN or action.do == EXECUTE
            for action in rule.actions
        ),
    )


def _is_highlighted(one: Transition, highlight: Highlight, entered: frozenset[str]) -> bool:
    match highlight:
        case Highlight.UNREACHABLE:
            return entered.isdisjoint(one.sources)
        case Highlight.TIMERS:
            return one.is_timed
        case Highlight.GATES:
            return one.gate is not None
        case Highlight.REMEDIATION:
            return one.is_remediation
        case _:
            return False  # what was taken, or differs, is added to the outline later


def narrow(whole: Outline, graph: StateGraph, state: str, depth: int) -> Outline:
    """Return the part of an outline within `depth` transitions of a state, in either direction."""
    forward = successors(graph)
    backward = reversed_edges(forward)
    kept = {state}
    for _ in range(depth):
        kept |= {near for one in kept for near in (*forward.get(one, ()), *backward.get(one, ()))}
    transitions = tuple(
        replace(one, sources=sources)
        for one in whole.transitions
        if one.target in kept
        and (sources := tuple(source for source in one.sources if source in kept))
    )
    states = tuple(one for one in whole.states if one.name in kept)
    return replace(whole, states=states, transitions=transitions)
