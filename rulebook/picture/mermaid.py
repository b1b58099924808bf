"""A Mermaid flowchart.

Responsible for the text that GitHub and many editors draw: states as rounded boxes, final ones as
circles, gates as hexagons that an arrow passes through, timers dashed. Whatever an author wrote
stands quoted and escaped, so that it can end no label.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.rulebook.picture.labels import gate_text, label_lines, state_lines

if TYPE_CHECKING:
    from interlock.rulebook.picture.outline import Outline, State, Transition

_PLAIN_ID = re.compile(r"[A-Z][A-Z0-9_]*")
_ESCAPED = re.compile(r'[#;:"<>&{}`|\\]')
_COLOURS = {None: "#c2410c", "added": "#188448", "removed": "#c02637", "changed": "#c2410c"}
_CLASSES = {None: "highlighted", "added": "added", "removed": "removed", "changed": "highlighted"}


def to_mermaid(drawn: Outline) -> str:
    """Return a Mermaid flowchart."""
    return "\n".join(_Chart(drawn).lines) + "\n"


class _Chart:
    """The lines of one flowchart; links are counted, because Mermaid styles them by number."""

    def __init__(self, drawn: Outline) -> None:
        self.lines = ["flowchart TD"]
        self._ids = _ids(drawn)
        self._links = 0
        self._marked_links: dict[str, list[int]] = {}
        self._marked_nodes: dict[str, list[str]] = {}
        for state in drawn.states:
            if state.is_initial:
                self._link(f"start(( )) --> {self._ids[state.name]}")
        for state in drawn.states:
            self._state(state)
        number = 0
        for one in drawn.transitions:
            for source in one.sources:
                number += 1
                self._transition(one, source, f"gate{number}")
        self._highlight()

    def _link(self, text: str, one: Transition | None = None) -> None:
        if one is not None and one.is_highlighted:
            self._marked_links.setdefault(_CLASSES[one.change], []).append(self._links)
        self._links += 1
        self.lines.append(f"    {text}")

    def _state(self, state: State) -> None:
        left, right = ("(((", ")))") if state.is_final else ("([", "])")
        name = self._ids[state.name]
        said = "<br/>".join(_escaped(line) for line in state_lines(state))
        self.lines.append(f'    {name}{left}"{said}"{right}')
        self._mark_node(name, state)

    def _mark_node(self, name: str, one: State | Transition) -> None:
        if one.is_highlighted:
            self._marked_nodes.setdefault(_CLASSES[one.change], []).append(name)

    def _transition(self, one: Transition, source: str, gate: str) -> None:
        arrow = "-.->" if one.is_timed else "-->"
        label = "<br/>".join(_escaped(line) for line in label_lines(one))
        middle = f'{arrow}|"{label}"|' if label else arrow
        start, target = self._ids[source], self._ids[one.target]
        if one.gate is None:
            self._link(f"{start} {middle} {target}", one)
            return
        text = _quoted(gate_text(one.gate))
        self._link(f"{start} {middle} {gate}{{{{{text}}}}}", one)
        self._link(f"{gate} --> {target}", one)
        self._mark_node(gate, one)

    def _highlight(self) -> None:
        for name, nodes in sorted(self._marked_nodes.items()):
            self.lines.append(f"    classDef {name} {_style(name)}")
            self.lines.append(f"    class {','.join(nodes)} {name}")
        for name, numbers in sorted(self._marked_links.items()):
            self.lines.append(f"    linkStyle {','.join(map(str, numbers))} {_style(name)}")


def _ids(drawn: Outline) -> dict[str, str]:
    """Name each state's node: as the state where Mermaid takes it for a name, else by number."""
    return {
        state.name: state.name if _PLAIN_ID.fullmatch(state.name) else f"state{number}"
        for number, state in enumerate(drawn.states, 1)
    }


def _style(name: str) -> str:
    return f"stroke:{_COLOURS.get(name, _COLOURS[None])},stroke-width:3px"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"#{ord(match[0])};", text)
