"""A Graphviz digraph.

Responsible for DOT text with the author's own words in it, for people who draw with Graphviz
themselves. Whatever an author wrote stands quoted and escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.picture.labels import gate_text, label_lines, state_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.picture.outline import Outline, State, Transition

_COLOURS = {None: "#c2410c", "added": "#188448", "removed": "#c02637", "changed": "#c2410c"}


def to_dot(drawn: Outline) -> str:
    """Return a Graphviz digraph."""
    lines = [
        f"digraph {_quoted(drawn.name)} {{",
        "    node [shape=box, style=rounded];",
        *(line for state in drawn.states if state.is_initial for line in _start(state)),
        *(_state(state) for state in drawn.states),
    ]
    number = 0
    for one in drawn.transitions:
        for source in one.sources:
            number += 1
            lines += _transition(one, source, f"gate {number}")
    return "\n".join((*lines, "}")) + "\n"


def _start(initial: State) -> Iterator[str]:
    yield "    start [shape=point];"
    yield f"    start -> {_quoted(initial.name)};"


def _state(state: State) -> str:
    attributes: tuple[str, ...] = ("peripheries=2",) if state.is_final else ()
    said = state_lines(state)
    if len(said) > 1:
        attributes = ("label=" + _quoted("\n".join(said)), *attributes)
    return f"    {_quoted(state.name)}{_bracketed(*attributes, *_marks(state))};"


def _marks(one: State | Transition) -> tuple[str, ...]:
    if not one.is_highlighted:
        return ()
    return (f'color="{_COLOURS[one.change]}"', "penwidth=2")


def _transition(one: Transition, source: str, gate: str) -> Iterator[str]:
    style = ("style=dashed",) if one.is_timed else ()
    marks = _marks(one)
    target = _quoted(one.target)
    if one.gate is not None:
        text = f"label={_quoted(gate_text(one.gate))}"
        shape = _bracketed("shape=hexagon", "style=solid", text, *marks)
        yield f"    {_quoted(gate)}{shape};"
        yield f"    {_quoted(gate)} -> {target}{_bracketed(*marks)};"
        target = _quoted(gate)
    attributes = _bracketed("label=" + _quoted("\n".join(label_lines(one))), *style, *marks)
    yield f"    {_quoted(source)} -> {target}{attributes};"


def _bracketed(*attributes: str) -> str:
    return f" [{', '.join(attributes)}]" if attributes else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
