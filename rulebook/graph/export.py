"""A state graph as a drawing, in the text forms that other tools render.

Responsible for Mermaid flowcharts and Graphviz DOT: states as rounded boxes, final ones doubled,
gates as hexagons that a transition passes through, timers dashed. The same graph always gives the
same text. Whatever an author wrote stands quoted and escaped, so that it can end no label.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import Gate, Rule, StateGraph

_PLAIN_ID = re.compile(r"[A-Z][A-Z0-9_]*")
_GUARD_MAX = 60
_MERMAID_ESCAPED = re.compile(r'[#;:"<>&{}`|\\]')


class Edge(NamedTuple):
    """One arrow; `via` is the text of the gate it passes, None without one."""

    source: str
    target: str
    lines: tuple[str, ...]
    is_timed: bool
    via: str | None


def edges(graph: StateGraph) -> tuple[Edge, ...]:
    """Return the arrows of a drawing: one per rule and source state, in rule order."""
    return tuple(
        Edge(
            source=source,
            target=rule.target,
            lines=_label(graph, rule),
            is_timed=rule.after_ns is not None,
            via=_gate_text(rule.gate),
        )
        for rule in graph.rules
        for source in rule.sources
    )


def _label(graph: StateGraph, rule: Rule) -> tuple[str, ...]:
    lines = []
    if rule.trigger:
        lines.append(f"on {', '.join(rule.trigger)}")
    elif rule.after_ns is not None:
        lines.append(f"after {format_duration(rule.after_ns)}")
    elif not rule.is_automatic:
        asking = sorted(name for name, state in graph.events.items() if state == rule.target)
        lines.append(f"on {', '.join(asking)}" if asking else "when asked for")
    if rule.guard is not None:
        lines.append(_shortened(rule.guard.name or rule.guard.text))
    if rule.actions:
        lines.append(f"/ {', '.join(action.do for action in rule.actions)}")
    return tuple(lines)


def _gate_text(gate: Gate | None) -> str | None:
    if gate is None:
        return None
    if gate.is_implicit:
        return "approval, where the severity requires it"
    approvals = "1 approval" if gate.approvals == 1 else f"{gate.approvals} approvals"
    return f"{approvals} from {', '.join(gate.roles)}" if gate.roles else approvals


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _GUARD_MAX else f"{line[: _GUARD_MAX - 1]}…"


def to_mermaid(graph: StateGraph) -> str:
    """Return a Mermaid flowchart, as GitHub and many editors draw it."""
    ids = _ids(graph)
    lines = ["flowchart TD", "    start(( )) --> " + ids[graph.lifecycle.initial]]
    for state in graph.lifecycle.states:
        left, right = ("(((", ")))") if state in graph.lifecycle.final else ("([", "])")
        lines.append(f"    {ids[state]}{left}{_mermaid(state)}{right}")
    for number, edge in enumerate(edges(graph), 1):
        arrow = "-.->" if edge.is_timed else "-->"
        label = "<br/>".join(_mermaid_text(line) for line in edge.lines)
        middle = f'{arrow}|"{label}"|' if label else arrow
        source, target = ids[edge.source], ids[edge.target]
        if edge.via is None:
            lines.append(f"    {source} {middle} {target}")
        else:
            lines.append(f"    {source} {middle} gate{number}{{{{{_mermaid(edge.via)}}}}}")
            lines.append(f"    gate{number} --> {target}")
    return "\n".join(lines) + "\n"


def _ids(graph: StateGraph) -> dict[str, str]:
    """Name each state's node: as the state where Mermaid takes it for a name, else by number."""
    return {
        state: state if _PLAIN_ID.fullmatch(state) else f"state{number}"
        for number, state in enumerate(graph.lifecycle.states, 1)
    }


def _mermaid(text: str) -> str:
    return f'"{_mermaid_text(text)}"'


def _mermaid_text(text: str) -> str:
    return _MERMAID_ESCAPED.sub(lambda match: f"#{ord(match[0])};", text)


def to_dot(graph: StateGraph) -> str:
    """Return a Graphviz digraph."""
    lines = [
        f"digraph {_dot(graph.name)} {{",
        "    node [shape=box, style=rounded];",
        "    start [shape=point];",
        f"    start -> {_dot(graph.lifecycle.initial)};",
    ]
    for state in graph.lifecycle.states:
        mark = " [peripheries=2]" if state in graph.lifecycle.final else ""
        lines.append(f"    {_dot(state)}{mark};")
    for number, edge in enumerate(edges(graph), 1):
        style = ", style=dashed" if edge.is_timed else ""
        label = "[label=" + _dot("\n".join(edge.lines)) + style + "]"
        target = _dot(edge.target)
        if edge.via is not None:
            gate = _dot(f"gate {number}")
            lines.append(f"    {gate} [shape=hexagon, style=solid, label={_dot(edge.via)}];")
            lines.append(f"    {gate} -> {target};")
            target = gate
        lines.append(f"    {_dot(edge.source)} -> {target} {label};")
    return "\n".join((*lines, "}")) + "\n"


def _dot(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
