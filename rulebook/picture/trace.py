"""What a trace says was entered and taken, on an outline.

Responsible for the one trace format, published in `schemas/trace.v1.json`: records as a dry run and
a timeline give them. Of a record only its changes are looked at; what else it holds does not
matter. Never reads a file.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.picture.outline import Outline


class Trace(Struct, frozen=True):
    """How often states were entered and rules taken, and by which rulebooks.

    Attributes:
        entered: By state.
        taken: By rule id.
        digests: The rulebooks that the incidents were opened under.
    """

    entered: Counter[str]
    taken: Counter[str]
    digests: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Nothing was entered or taken."""
        return not self.entered and not self.taken


def trace_of(records: Iterable[Any]) -> Trace:
    """Return what records say; what is no record says nothing."""
    entered: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    digests = set()
    for change in _changes(records):
        state, rule = change.get("to"), change.get("rule")
        match change.get("kind"):
            case "opened" if isinstance(state, str):
                entered[state] += 1
                digests.add(str(change.get("rulebook", "")))
            case "reopened" if isinstance(state, str):
                entered[state] += 1
            case "transition" if isinstance(state, str) and isinstance(rule, str):
                taken[rule] += 1
                entered[state] += change.get("from") != state
    return Trace(+entered, taken, frozenset(digests - {""}))


def _changes(records: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for record in records:
        changes = record.get("changes") if isinstance(record, dict) else None
        for change in changes if isinstance(changes, list) else ():
            if isinstance(change, dict):
                yield change


def with_trace(drawn: Outline, trace: Trace) -> Outline:
    """Return an outline that points out what was entered and taken, and how often."""
    states = tuple(
        replace(
            state,
            taken=trace.entered[state.name],
            is_highlighted=trace.entered[state.name] > 0,
        )
        for state in drawn.states
    )
    transitions = tuple(
        replace(one, taken=trace.taken[one.rule], is_highlighted=trace.taken[one.rule] > 0)
        for one in drawn.transitions
    )
    return replace(drawn, states=states, transitions=transitions)


def strangers(drawn: Outline, trace: Trace) -> tuple[str, ...]:
    """Return the rules of a trace that the outline does not have."""
    known = {one.rule for one in drawn.transitions}
    return tuple(rule for rule in trace.taken if rule not in known)
