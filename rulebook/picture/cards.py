"""The pieces of a drawing and the room each takes.

Responsible for what a state's box and a rule's card say, line by line, and for their sizes in CSS
pixels. Code is set in a fixed-width face, so that its width is known whatever face a reader has;
names of states get generous room. Never places anything.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.literals import format_duration
from interlock.rulebook.picture.labels import guard_name, note
from interlock.rulebook.report.cells import clean, width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.graph.state_graph import Gate
    from interlock.rulebook.picture.outline import State, Transition

EM = 0.605
"""Width of a fixed-width character, in font sizes: 0.60 in Menlo, DejaVu and Courier."""
CODE, QUIET, NAME = 12.0, 11.0, 15.0
LINE = 17.0
PADDING = 11.0
GATE_SIDE = 16.0
GATE_GAP = 9.0
_NAME_EM = 0.74
_STATE_HEIGHT, _STATE_MIN = 42.0, 112.0
_CELLS_MAX, _LINES_MAX = 42, 7
_SILENT_GUARD = "always_true"


class Line(NamedTuple):
    """One line of a card; `keyword` only where a new thing begins. `kind` names its looks."""

    keyword: str
    text: str
    kind: str


class Size(NamedTuple):
    """Width and height in pixels."""

    width: float
    height: float


class Card(NamedTuple):
    """What a picture says about one transition: its lines, and below them its gate."""

    transition: Transition
    lines: tuple[Line, ...]
    gate: tuple[str, ...]
    size: Size
    text_size: float
    keyword_width: float
    body_height: float


def state_size(state: State) -> Size:
    """Return the room of a state's box."""
    height = _STATE_HEIGHT + (LINE if note(state) else 0.0)
    return Size(max(_STATE_MIN, width(state.name) * NAME * _NAME_EM + 38), height)


def make_card(one: Transition) -> Card:
    """Return the card of a transition; one that says nothing has no size."""
    lines = tuple(_lines(one))
    gate = () if one.gate is None else tuple(_gate_lines(one.gate))
    text_size = QUIET if one.is_default else CODE
    keywords = max((width(line.keyword) for line in lines), default=0)
    keyword_width = (keywords + 1) * text_size * EM if keywords else 0.0
    text_width = max((width(line.text) for line in lines), default=0) * text_size * EM
    body = Size(
        keyword_width + text_width + 2 * PADDING if lines else 0.0,
        len(lines) * LINE + PADDING if lines else 0.0,
    )
    gate_size = _gate_size(gate)
    gap = GATE_GAP if lines and gate else 0.0
    return Card(
        transition=one,
        lines=lines,
        gate=gate,
        size=Size(max(body.width, gate_size.width), body.height + gap + gate_size.height),
        text_size=text_size,
        keyword_width=keyword_width,
        body_height=body.height,
    )


def _gate_size(lines: tuple[str, ...]) -> Size:
    if not lines:
        return Size(0.0, 0.0)
    text = max(map(width, lines)) * CODE * EM
    return Size(text + 2 * (GATE_SIDE + PADDING), len(lines) * LINE + PADDING)


def _lines(one: Transition) -> Iterable[Line]:
    if one.triggers:
        yield from _block("on", ", ".join(one.triggers), "event")
    elif one.after_ns is not None:
        yield from _block("after", format_duration(one.after_ns), "timer")
    elif not one.is_automatic:
        yield from _block("on", ", ".join(one.asked_by) or "being asked for", "event")
    if one.guard is not None and one.guard.name != _SILENT_GUARD:
        yield from _block("if", guard_name(one.guard), "guard")
    for action in one.actions:
        yield from _block("do", action, "action")
    if said := note(one):
        yield from _block("", said, "note")


def _block(keyword: str, text: str, kind: str) -> Iterable[Line]:
    for number, line in enumerate(wrap_code(text)):
        yield Line("" if number else keyword, line, kind)


def _gate_lines(gate: Gate) -> Iterable[str]:
    if gate.is_implicit:
        yield "1 approval, where the"
        yield "severity requires it"
        return
    count = "1 approval" if gate.approvals == 1 else f"{gate.approvals} approvals"
    yield from wrap_code(f"{count} from {', '.join(gate.roles)}" if gate.roles else count)
    if gate.exclude:
        yield f"never the {' or '.join(gate.exclude)}"
    if gate.when is not None:
        yield from wrap_code(f"where {guard_name(gate.when)}")
    if gate.expires_ns is not None:
        ends = {"deny": "denied", "escalate": "escalated", "approve": "approved"}
        yield f"after {format_duration(gate.expires_ns)}: {ends[gate.on_expiry]}"


def wrap_code(text: str) -> list[str]:
    """Break an expression into lines; `&&` and `||` go with what follows them."""
    kept = clean(text).replace("&& ", "&&\N{NO-BREAK SPACE}").replace("|| ", "||\N{NO-BREAK SPACE}")
    lines = wrap(
        kept,
        _CELLS_MAX,
        break_on_hyphens=False,
        max_lines=_LINES_MAX,
        placeholder=" …",
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] or [""]
