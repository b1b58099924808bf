"""A picture as JSON, for tools.

Responsible for the shape that `schemas/graph.v1.json` publishes. Times are seconds beside their
text. Within one version fields are added, never repurposed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Gate, GuardRef, Nanoseconds
    from interlock.rulebook.picture.outline import Outline, State, Transition

SCHEMA = "interlock.graph/1"
_SECOND = 1_000_000_000


def to_document(drawn: Outline) -> str:
    """Return the JSON text, with a line end."""
    document = {
        "schema": SCHEMA,
        "name": drawn.name,
        "digest": drawn.digest,
        "highlight": drawn.highlight,
        "states": [_state(state) for state in drawn.states],
        "transitions": [_transition(one) for one in drawn.transitions],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _state(state: State) -> dict[str, Any]:
    return {
        "name": state.name,
        "initial": state.is_initial,
        "resolved": state.is_resolved,
        "final": state.is_final,
        "reachable": state.is_reachable,
        "highlighted": state.is_highlighted,
        "taken": state.taken,
        "change": state.change,
    }


def _transition(one: Transition) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "from": list(one.sources),
        "to": one.target,
        "trigger": list(one.triggers),
        "asked_by": list(one.asked_by),
        "after": _duration(one.after_ns),
        "automatic": one.is_automatic,
        "default": one.is_default,
        "guard": _guard(one.guard),
        "gate": _gate(one.gate),
        "actions": list(one.actions),
        "remediation": one.is_remediation,
        "highlighted": one.is_highlighted,
        "taken": one.taken,
        "change": one.change,
        "changed": list(one.changed),
    }


def _guard(guard: GuardRef | None) -> dict[str, Any] | None:
    return None if guard is None else {"name": guard.name, "expression": guard.text}


def _gate(gate: Gate | None) -> dict[str, Any] | None:
    if gate is None:
        return None
    return {
        "name": gate.name,
        "implicit": gate.is_implicit,
        "when": _guard(gate.when),
        "approvals": gate.approvals,
        "from": list(gate.roles),
        "exclude": list(gate.exclude),
        "expires": _duration(gate.expires_ns),
        "on_expiry": None if gate.expires_ns is None else gate.on_expiry,
    }


def _duration(length: Nanoseconds | None) -> dict[str, Any] | None:
    if length is None:
        return None
    return {"text": format_duration(length), "seconds": length / _SECOND}
