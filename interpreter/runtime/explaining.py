"""Why a record took the rules it took, as lines of text: a decision tree for each rule tried.

Rules of this file: evaluates recorded inputs again and decides nothing. The lines hold what senders
wrote; whoever shows them takes care of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.retrace import retrace
from interlock.rulebook.guard.explain import Outcome
from interlock.rulebook.guard.explain_text import NEAREST, outcome_text, render
from interlock.rulebook.guard.unparser import unparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core import Incident, Record
    from interlock.interpreter.core.event import Input
    from interlock.interpreter.core.retrace import Retraced
    from interlock.rulebook.graph.state_graph import StateGraph

_INDENT = "        "
_OUTCOMES = {
    "taken": "TAKEN",
    "gated": "WAITS FOR ITS GATE",
    "not_taken": "NOT TAKEN",
    "shadowed": "NOT TAKEN: an open gate leads where it would",
    "refused": "NOT TAKEN: its gate was denied or has expired",
    "error": "ERROR",
}


def name_input(input_: Input) -> str:
    """Return what an input is called: an event by its type, a timer by its name."""
    if isinstance(input_, EventInput):
        return input_.event.type
    return str(getattr(input_, "name", None) or getattr(input_, "path", "input"))


def tell_rules(
    graph: StateGraph,
    before: Incident | None,
    record: Record,
    *,
    alert: Any = None,
    rule: str | None = None,
) -> Iterator[str]:
    """Yield what each rule came to that a record tried.

    Args:
        graph: The rulebook the incident ran on.
        before: The incident before the record; None where the record opened it.
        record: A record of an incident's stream.
        alert: The raw payload, where it is still there.
        rule: Only this rule.
    """
    event = name_input(record.input)
    tried = list(retrace(graph, before, record, alert=alert))
    for one in tried:
        if rule in (None, one.tried.rule):
            yield from _rule_lines(one, event)
    if rule is not None and all(one.tried.rule != rule for one in tried):
        yield f"rule {rule}   NOT TRIED ({event} neither names it nor asks for its state)"
    others = [one.tried for one in tried if rule not in (None, one.tried.rule)]
    if others:
        taken = ", ".join(one.rule for one in others if one.outcome == "taken") or "none"
        yield f"also tried: {len(others)}; taken: {taken}"


def _rule_lines(one: Retraced, event: str) -> Iterator[str]:
    outcome = _OUTCOMES.get(one.tried.outcome, one.tried.outcome)
    yield f"rule {one.tried.rule}   {outcome} (state {one.state}, {event})"
    if one.explanation is None:
        if one.tried.error is not None:
            yield f"{_INDENT}error: {one.tried.error}"
        return
    deciding = one.explanation.deciding
    if deciding is not one.explanation.result and deciding.outcome is not Outcome.TRUE:
        said = outcome_text(one.explanation, deciding)
        yield f"  because: {unparse(deciding.node)}  {said}"
    first, *rest = render(one.explanation)
    yield f"  guard: {first}"
    for line in rest:
        yield f"  {line}" if line.startswith(NEAREST) else f"{_INDENT} {line}"
