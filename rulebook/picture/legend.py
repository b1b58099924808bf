"""What the shapes of a drawing mean, in one line below it.

Responsible for the legend: only what the drawing shows is explained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from interlock.rulebook.picture import shapes
from interlock.rulebook.picture.cards import Size

if TYPE_CHECKING:
    from interlock.rulebook.picture.outline import Outline

HEIGHT = 46.0
_SAMPLE, _LETTER, _GAP = 34.0, 7.2, 26.0
_WORDS = {
    "link": "rule",
    "timer-link": "timer",
    "quiet-link": "default",
    "gate": "gate: waits for approval",
    "initial": "initial",
    "resolved": "resolved",
    "final": "final",
}


def legend_width(drawn: Outline) -> float:
    """Return the room the legend takes at most."""
    return sum(_room(kind) for kind in _kinds(drawn))


def draw_legend(root: Element, drawn: Outline, x: float, bottom: float) -> None:
    """Draw the legend from the left, on its own line."""
    group = SubElement(root, "g", {"aria-hidden": "true"})
    y = bottom - 8
    for kind in _kinds(drawn):
        _sample(group, kind, x, y)
        shapes.text(group, x + _SAMPLE + 8, y, _WORDS[kind], "legend")
        x += _room(kind)


def _room(kind: str) -> float:
    return _SAMPLE + 8 + len(_WORDS[kind]) * _LETTER + _GAP


def _kinds(drawn: Outline) -> list[str]:
    transitions, states = drawn.transitions, drawn.states
    shown = {
        "initial": any(state.is_initial for state in states),
        "resolved": any(state.is_resolved for state in states),
        "final": any(state.is_final and not state.is_resolved for state in states),
        "link": any(not one.is_timed and not one.is_default for one in transitions),
        "timer-link": any(one.is_timed for one in transitions),
        "quiet-link": any(one.is_default for one in transitions),
        "gate": any(one.gate is not None for one in transitions),
    }
    return [kind for kind, is_shown in shown.items() if is_shown]


def _sample(group: Element, kind: str, x: float, y: float) -> None:
    if kind == "gate":
        shapes.hexagon(group, Size(_SAMPLE, 16), (x + _SAMPLE / 2, y), 7)
    elif kind.endswith("link"):
        points = [(x + part * _SAMPLE / 3, y) for part in range(4)]
        shapes.curve(group, tuple(points), f"link {kind}", kind)
    else:
        shapes.box(group, (x, y - 8), Size(_SAMPLE, 16), 6, f"state {kind}")
        if kind == "final":
            shapes.box(group, (x + 3, y - 5), Size(_SAMPLE - 6, 10), 4, "ring final")
