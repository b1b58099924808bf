"""Why rules were taken or not: a record's trace, with what the guards saw.

Rules of this file: evaluates a record's guards again on the incident as it was when each was tried,
and decides nothing. Where the answer differs from the recorded one, because a guard reads what the
record does not hold (`alert`), there is no explanation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core.apply import apply_change
from interlock.interpreter.core.bindings import RuleBindings
from interlock.interpreter.core.change import Transitioned
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.record import Tried, Truth
from interlock.rulebook.guard.explain import Explanation, Outcome, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Record
    from interlock.rulebook.graph.state_graph import StateGraph

_TRUTHS = {Outcome.TRUE: Truth.TRUE, Outcome.FALSE: Truth.FALSE}


class Retraced(Struct, frozen=True):
    """A rule that was tried.

    Attributes:
        tried: What the trace says of it.
        state: The state the incident was in.
        explanation: Its guard's; None without a guard, or where the record does not hold all that
            the guard reads.
    """

    tried: Tried
    state: str
    explanation: Explanation | None


def retrace(
    graph: StateGraph, before: Incident | None, record: Record, *, alert: Any = None
) -> Iterator[Retraced]:
    """Yield the rules that a record tried, in order.

    Args:
        graph: The rulebook the incident runs on.
        before: The incident before the record; None where the record opened it.
        record: A record of an incident's stream.
        alert: The raw payload as guards saw it, where it is still there.
    """
    incident = before
    pending = list(record.trace)
    for change in record.changes:
        if isinstance(change, Transitioned) and incident is not None:
            taken = [number for number, tried in enumerate(pending) if tried.rule == change.rule]
            count = taken[0] + 1 if taken else 0
            yield from (_retry(graph, incident, record, tried, alert) for tried in pending[:count])
            del pending[:count]
        incident = apply_change(incident, change, record.at)
    if incident is not None:
        yield from (_retry(graph, incident, record, tried, alert) for tried in pending)


def _retry(
    graph: StateGraph, incident: Incident, record: Record, tried: Tried, alert: Any
) -> Retraced:
    rule = next((rule for rule in graph.rules if rule.id == tried.rule), None)
    guard = None if rule is None else rule.guard
    expr = None if guard is None else getattr(guard.evaluate, "expr", None)
    if expr is None:
        return Retraced(tried, incident.state, None)
    input_ = record.input
    bindings = RuleBindings(
        incident,
        input_.event if isinstance(input_, EventInput) else None,
        alert=alert,
        row=graph.row(incident.severity),
        facts=record.facts,
        now=record.at,
        schedules=graph.schedules,
    )
    explanation = explain(expr, bindings)
    result = explanation.result
    is_same = _TRUTHS.get(result.outcome, Truth.ERROR) is tried.guard and (
        result.error is None or result.error.message == tried.error
    )
    return Retraced(tried, incident.state, explanation if is_same else None)
