"""What stands beside an arrow, in words.

Responsible for the one wording that all text forms share. Never escapes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Gate, GuardRef
    from interlock.rulebook.picture.outline import State, Transition

_GUARD_MAX = 60


def label_lines(one: Transition) -> tuple[str, ...]:
    """Return what makes a transition happen, its guard and its actions: a line each."""
    lines = []
    if one.triggers:
        lines.append(f"on {', '.join(one.triggers)}")
    elif one.after_ns is not None:
        lines.append(f"after {format_duration(one.after_ns)}")
    elif not one.is_automatic:
        lines.append(f"on {', '.join(one.asked_by)}" if one.asked_by else "when asked for")
    if one.guard is not None:
        lines.append(_shortened(guard_name(one.guard)))
    if one.actions:
        lines.append(f"/ {', '.join(one.actions)}")
    if said := note(one):
        lines.append(f"({said})")
    return tuple(lines)


def state_lines(state: State) -> tuple[str, ...]:
    """Return a state's name, and below it what there is to note."""
    said = note(state)
    return (state.name, f"({said})") if said else (state.name,)


def note(one: State | Transition) -> str:
    """Return how often something was taken, or how it differs from what it was."""
    if one.change is not None:
        parts = getattr(one, "changed", ())
        return f"{one.change.value}: {', '.join(parts)}" if parts else one.change.value
    if one.taken is None:
        return ""
    return {0: "never", 1: "once"}.get(one.taken, f"{one.taken} times")


def guard_name(guard: GuardRef) -> str:
    """Return what a guard is called by: its name, or its expression on one line."""
    return guard.name or " ".join(guard.text.split())


def gate_text(gate: Gate) -> str:
    """Return what a gate asks for."""
    if gate.is_implicit:
        return "approval, where the severity requires it"
    approvals = "1 approval" if gate.approvals == 1 else f"{gate.approvals} approvals"
    return f"{approvals} from {', '.join(gate.roles)}" if gate.roles else approvals


def _shortened(text: str) -> str:
    return text if len(text) <= _GUARD_MAX else f"{text[: _GUARD_MAX - 1]}…"


def in_words(one: Transition) -> str:
    """Return a transition as one sentence, for people who hear the picture."""
    said = [f"{_listed(one.sources)} to {one.target}", *label_lines(one)]
    if one.gate is not None:
        said.append(f"gate: {gate_text(one.gate)}")
    return "; ".join(part.removeprefix("/ ") for part in said) + "."


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
