"""States that are never entered or never left for good.

Guards and gates are ignored: a state behind `false` counts as reachable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.analysis import reachable, reversed_edges, successors
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMITS = "Guards and gates are ignored: a state behind a guard that never holds is reachable."
_SECTIONS = frozenset({"lifecycle", "workflow_rules"})
_UNRELATED = frozenset("XRAT")

UNREACHABLE = Page(
    code="G303",
    name="unreachable-state",
    level=Level.WARNING,
    summary="A state that no transition can enter.",
    why=(
        "It is usually a misspelled or forgotten target: the incident then never takes the path "
        "its author had in mind, and nothing says so at run time."
    ),
    bad="""\
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
""",
    good="""\
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
workflow_rules:
  - {transition: any -> CANCELLED, trigger: incident.false_positive}
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
""",
    limits=f"{_LIMITS} States of the default lifecycle are not reported.",
)

TRAP = Page(
    code="G304",
    name="trap-state",
    level=Level.ERROR,
    summary="A state that is not final and that nothing leaves.",
    why=(
        "An incident that enters it stays there for ever: it is never resolved, its timers end "
        "nowhere, and its correlation key is taken."
    ),
    bad="""\
lifecycle: {extend: default, states: [PARKED]}
workflow_rules:
  - {transition: TRIAGE -> PARKED, trigger: incident.parked}
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
""",
    good="""\
lifecycle: {extend: default, states: [PARKED]}
workflow_rules:
  - {transition: TRIAGE -> PARKED, trigger: incident.parked}
  - {transition: PARKED -> TRIAGE, after: 1d}
  - {transition: PARKED -> RESOLVED, trigger: [alert.resolved, incident.resolved]}
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
""",
    limits=_LIMITS,
)

NO_END = Page(
    code="G305",
    name="no-way-to-the-end",
    level=Level.ERROR,
    summary="A state from which no final state can be reached.",
    why="An incident that enters it goes round for ever and is never closed.",
    bad="""\
lifecycle: {extend: default, states: [WAITING, HELD]}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> WAITING, trigger: vendor.asked}
  - {transition: WAITING -> HELD, trigger: vendor.busy}
  - {transition: HELD -> WAITING, trigger: vendor.back}
""",
    good="""\
lifecycle: {extend: default, states: [WAITING, HELD]}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> WAITING, trigger: vendor.asked}
  - {transition: WAITING -> HELD, trigger: vendor.busy}
  - {transition: HELD -> WAITING, trigger: vendor.back}
  - {transition: WAITING -> TRIAGE, trigger: vendor.answered}
  - {transition: "WAITING, HELD -> RESOLVED", trigger: [alert.resolved, incident.resolved]}
""",
    limits=f"{_LIMITS} States that lead to a trap (G304) are not reported again.",
)


def find_unreachable(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each written state that no path from the initial one enters."""
    entered = reachable(successors(context.graph), [context.graph.lifecycle.initial])
    for state in context.graph.lifecycle.states:
        where = context.written_state(state)
        if state not in entered and where is not None:
            yield UNREACHABLE.finding(
                f"state `{state}` is never entered",
                where,
                help=f"add a transition to `{state}`, or remove the state",
                subject=f"state `{state}`",
            )


def _traps(context: LintContext) -> list[str]:
    lifecycle = context.graph.lifecycle
    edges = successors(context.graph)
    entered = reachable(edges, [lifecycle.initial])
    return [
        state
        for state in lifecycle.states
        if state in entered and state not in lifecycle.final and not edges[state]
    ]


def find_traps(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each state that can be entered, is not final and has no way out."""
    for state in _traps(context):
        yield TRAP.finding(
            f"nothing leaves state `{state}`, and it is not final",
            context.state_place(state),
            help=f"add a transition from `{state}`, or list it under `final`",
            subject=f"state `{state}`",
        )


def find_no_end(context: LintContext) -> Iterator[Diagnostic]:
    """Yield one finding for the states that can be entered and lead to no final state."""
    lifecycle = context.graph.lifecycle
    edges = successors(context.graph)
    ends = (*lifecycle.final, *_traps(context))
    finishing = reachable(reversed_edges(edges), ends)
    entered = reachable(edges, [lifecycle.initial])
    lost = [state for state in lifecycle.states if state in entered and state not in finishing]
    if not lost:
        return
    names = ", ".join(f"`{state}`" for state in lost)
    where = context.state_place(lost[0])
    if not lifecycle.final and context.model.lifecycle is not None:
        where = span(context.model.lifecycle)
        message, remedy = "the lifecycle has no final state", "list a state under `final`"
    elif len(lost) == 1:
        message = f"from state {names} no final state can be reached"
        remedy = f"add a transition from {names} towards a final state"
    else:
        message = f"from states {names} no final state can be reached"
        remedy = "add a transition from one of them towards a final state"
    yield NO_END.finding(message, where, help=remedy, subject=f"state `{lost[0]}`")


RULES = (
    LintRule(UNREACHABLE, find_unreachable, _SECTIONS, _UNRELATED),
    LintRule(TRAP, find_traps, _SECTIONS, _UNRELATED),
    LintRule(NO_END, find_no_end, _SECTIONS, _UNRELATED),
)
