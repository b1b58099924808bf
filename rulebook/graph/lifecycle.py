"""States and the events that ask for them.

Responsible for `lifecycle:` and `events:` with their defaults. Never looks at rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.state_graph import Lifecycle

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.source import Span


def compile_lifecycle(work: Compilation) -> Lifecycle:
    """Return the lifecycle written, extended or by default; wrong states are left out."""
    written = work.model.lifecycle
    if written is None:
        return defaults.LIFECYCLE
    base = defaults.LIFECYCLE if written.extend else None
    states = _states(work, written, base)
    initial = written.initial or (base.initial if base else states[0])
    if initial not in states:
        work.report_unknown("G302", "state", initial, states, span(written, "initial"))
        initial = states[0]
    resolved = _subset(work, written, "resolved", states) | (base.resolved if base else set())
    final = _subset(work, written, "final", states) | (base.final if base else set())
    if initial in final or initial in resolved:
        kind = "final" if initial in final else "resolved"
        work.report(
            "G302",
            f"the initial state `{initial}` is {kind}; every incident would be over when it opens",
            span(written, "initial") if written.initial else key(work.model, "lifecycle"),
        )
    return Lifecycle(
        initial=initial,
        states=states,
        resolved=frozenset(resolved),
        final=frozenset(final),
        sla_paused=frozenset(_subset(work, written, "sla_paused", states)),
    )


def _states(work: Compilation, written: m.Lifecycle, base: Lifecycle | None) -> tuple[str, ...]:
    states = dict.fromkeys(base.states if base else ())
    for index, state in enumerate(written.states or ()):
        where = span(written, "states", index)
        if state == "any":
            work.report("G301", "`any` stands for every state and cannot be one", where)
        elif state in states:
            by = "the default lifecycle" if base and state in base.states else "this list"
            work.report("Y007", f"{by} already has the state `{state}`", where)
        else:
            states[state] = None
    return tuple(states) or defaults.LIFECYCLE.states


def _subset(
    work: Compilation, written: m.Lifecycle, name: str, states: tuple[str, ...]
) -> set[str]:
    chosen = set()
    for index, state in enumerate(getattr(written, name) or ()):
        if state in states:
            chosen.add(state)
        else:
            work.report_unknown(
                "G301", "state", state, states, span(written, name, index), sections=("lifecycle",)
            )
    return chosen


def compile_events(
    work: Compilation, lifecycle: Lifecycle
) -> tuple[dict[str, str], frozenset[str]]:
    """Return which state each event type asks for, and the types that open an incident."""
    events = {name: state for name, state in defaults.EVENTS.items() if state in lifecycle.states}
    opens = defaults.OPENS
    for name, state in (work.model.events or {}).items():
        if isinstance(state, tuple):
            opens = _opening_types(work, state)
        elif state not in lifecycle.states:
            work.report_unknown(
                "G301",
                "state",
                state,
                lifecycle.states,
                span(work.model, "events", name),
                sections=("lifecycle",),
            )
        else:
            check_event_type(work, name, key(work.model, "events", name))
            events[name] = state
    return events, opens


def _opening_types(work: Compilation, types: tuple[str, ...]) -> frozenset[str]:
    for index, name in enumerate(types):
        if name in defaults.ENGINE_EVENTS:
            work.report(
                "R406",
                f"`{name}` is what the engine says about an incident and cannot open one",
                span(work.model, "events", "opens", index),
            )
    return frozenset(types)


def check_event_type(work: Compilation, name: str, where: Span) -> None:
    """Report a type in one of the engine's namespaces that the engine never sends."""
    known = defaults.ENGINE_EVENTS | defaults.HUMAN_EVENTS
    if name.partition(".")[0] in defaults.ENGINE_NAMESPACES and name not in known:
        work.report_unknown("R406", "event type", name, sorted(known), where)
