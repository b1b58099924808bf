"""A self-contained SVG.

Responsible for drawing an arranged outline: states as boxes, each rule as a card on its line, gates
as hexagons, timers dashed, default edges quiet; a title, a description in words and a tooltip per
rule. Text is put into the tree, never into markup. Never decides where anything goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from interlock.rulebook.picture import shapes
from interlock.rulebook.picture.cards import CODE, GATE_SIDE, LINE, PADDING, Size
from interlock.rulebook.picture.labels import guard_name, in_words, note
from interlock.rulebook.picture.legend import HEIGHT as LEGEND_HEIGHT
from interlock.rulebook.picture.legend import draw_legend, legend_width
from interlock.rulebook.picture.plan import START, make_plan, state_key
from interlock.rulebook.picture.stylesheet import ROOT, stylesheet
from interlock.rulebook.report.cells import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.rulebook.picture.cards import Card
    from interlock.rulebook.picture.outline import Outline, State, Transition
    from interlock.rulebook.picture.plan import Arrangement, Link, Plan, Point

MARGIN = 28.0
_HEADING = 40.0
_STATE_RADIUS, _CARD_RADIUS, _RING = 13.0, 7.0, 4.0


def to_svg(drawn: Outline, arrange: Callable[[Plan], Arrangement]) -> str:
    """Return the drawing as an SVG document.

    Args:
        drawn: What to draw.
        arrange: Says where everything goes.
    """
    plan = make_plan(drawn)
    placed = arrange(plan)
    width = max(placed.size.width, legend_width(drawn), shapes.heading_width(drawn.name))
    size = Size(width + 2 * MARGIN, placed.size.height + 2 * MARGIN + _HEADING + LEGEND_HEIGHT)
    root = _root(drawn, size)
    shapes.text(root, MARGIN, MARGIN + 8, clean(drawn.name), "heading")
    left = MARGIN + (width - placed.size.width) / 2
    scene = SubElement(root, "g", {"transform": shapes.move(left, MARGIN + _HEADING)})
    _Scene(drawn, plan, placed).draw(scene)
    draw_legend(root, drawn, MARGIN, size.height - MARGIN)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _root(drawn: Outline, size: Size) -> Element:
    width, height = shapes.number(size.width), shapes.number(size.height)
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": ROOT,
            "role": "img",
            "aria-labelledby": "interlock-title interlock-description",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
        },
    )
    title = SubElement(root, "title", {"id": "interlock-title"})
    title.text = f"States and transitions of the rulebook {clean(drawn.name)}"
    description = SubElement(root, "desc", {"id": "interlock-description"})
    names = ", ".join(state.name for state in drawn.states)
    told = [f"States: {names}.", *map(in_words, drawn.transitions)]
    description.text = clean(" ".join(told))
    SubElement(root, "style").text = stylesheet()
    shapes.arrow_heads(root)
    SubElement(root, "rect", {"class": "page", "width": "100%", "height": "100%"})
    return root


class _Scene:
    """One arranged outline on its way into the tree."""

    def __init__(self, drawn: Outline, plan: Plan, placed: Arrangement) -> None:
        self._drawn = drawn
        self._plan = plan
        self._placed = placed
        self._is_pointing = any(state.is_highlighted for state in drawn.states) or any(
            one.is_highlighted for one in drawn.transitions
        )

    def draw(self, scene: Element) -> None:
        """Draw links below everything, then cards, then states."""
        for link, route in zip(self._plan.links, self._placed.routes, strict=True):
            self._link(scene, link, route)
        for key, card in self._plan.cards.items():
            self._card(scene, card, self._placed.centres[key])
        for key, card in self._plan.anywheres.items():
            self._anywhere(scene, key, card)
        if START in self._placed.centres:
            shapes.circle(scene, *self._placed.centres[START], 7, "start")
        for state in self._drawn.states:
            self._state(scene, state, self._placed.centres[state_key(state.name)])

    def _group(self, scene: Element, one: State | Transition | None) -> Element:
        """Return where a part is drawn; where something is pointed out, the rest is dimmed."""
        attributes = {}
        if self._is_pointing:
            is_marked = one is not None and one.is_highlighted
            attributes["class"] = f"marked {_mark(one)}" if is_marked else "dim"
        return SubElement(scene, "g", attributes)

    def _link(self, scene: Element, link: Link, route: tuple[Point, ...]) -> None:
        one = None if link.card is None else link.card.transition
        kind = _link_kind(one)
        is_marked = one is not None and one.is_highlighted
        group = self._group(scene, one)
        head = (f"{_mark(one)}-link" if is_marked else kind) if link.is_arrow else None
        shapes.curve(group, route, f"link {kind}" if kind != "link" else kind, head)

    def _card(self, scene: Element, card: Card, centre: Point) -> None:
        one = card.transition
        group = self._group(scene, one)
        SubElement(group, "title").text = clean(_tooltip(one))
        top = centre[1] - card.size.height / 2
        if card.lines:
            width = _body_width(card)
            left = centre[0] - width / 2
            body = Size(width, card.body_height)
            shapes.box(group, (left, top), body, _CARD_RADIUS, _card_kind(one))
            for number, line in enumerate(card.lines):
                y = top + PADDING / 2 + (number + 0.5) * LINE
                quiet = " quiet-text" if one.is_default else ""
                if line.keyword:
                    shapes.code(
                        group, left + PADDING, y, line.keyword, "keyword" + quiet, card.text_size
                    )
                x = left + PADDING + card.keyword_width
                shapes.code(group, x, y, line.text, line.kind + quiet, card.text_size)
        if card.gate:
            self._gate(group, card, centre[0], top)

    def _gate(self, group: Element, card: Card, x: float, top: float) -> None:
        bottom = top + card.size.height
        upper = bottom - (len(card.gate) * LINE + PADDING)
        if card.lines:
            joint = ((x, top + card.body_height), (x, upper))
            shapes.line(group, joint, f"link {_link_kind(card.transition)}")
        width = shapes.code_width(card.gate, CODE) + 2 * (GATE_SIDE + PADDING)
        shapes.hexagon(group, Size(width, bottom - upper), (x, (upper + bottom) / 2), GATE_SIDE)
        for number, line in enumerate(card.gate):
            y = upper + PADDING / 2 + (number + 0.5) * LINE
            shapes.code(group, x, y, line, "gate-text", CODE)

    def _anywhere(self, scene: Element, key: str, card: Card) -> None:
        group = self._group(scene, card.transition)
        (x, y), size = self._placed.centres[key], self._plan.boxes[key]
        corner = x - size.width / 2, y - size.height / 2
        shapes.box(group, corner, size, _STATE_RADIUS, "anywhere")
        shapes.text(group, x, y, "any state", "anywhere-name")

    def _state(self, scene: Element, state: State, centre: Point) -> None:
        size = self._plan.boxes[state_key(state.name)]
        corner = centre[0] - size.width / 2, centre[1] - size.height / 2
        role = _role(state)
        group = self._group(scene, state)
        SubElement(group, "title").text = f"{state.name}: {role} state"
        shapes.box(group, corner, size, _STATE_RADIUS, f"state {role}")
        if state.is_final:
            inner = Size(size.width - 2 * _RING, size.height - 2 * _RING)
            inside = corner[0] + _RING, corner[1] + _RING
            shapes.box(group, inside, inner, _STATE_RADIUS - _RING, f"ring {role}")
        said = note(state)
        shapes.text(group, centre[0], centre[1] - (8 if said else 0), clean(state.name), "name")
        if said:
            shapes.text(group, centre[0], centre[1] + 11, said, "state-note")


def _mark(one: State | Transition | None) -> str:
    """Return the colour that points a part out: one for each way to differ from what was."""
    return "mark" if one is None or one.change is None else one.change.value


def _body_width(card: Card) -> float:
    widest = shapes.code_width(tuple(line.text for line in card.lines), card.text_size)
    return card.keyword_width + widest + 2 * PADDING


def _role(state: State) -> str:
    if state.is_resolved:
        return "resolved"
    if state.is_final:
        return "final"
    return "initial" if state.is_initial else "open"


def _link_kind(one: Transition | None) -> str:
    if one is not None and one.is_timed:
        return "timer-link"
    return "quiet-link" if one is not None and one.is_default else "link"


def _card_kind(one: Transition) -> str:
    if one.is_timed:
        return "card timer-card"
    return "card quiet-card" if one.is_default else "card"


def _tooltip(one: Transition) -> str:
    if one.guard is None or one.guard.name is None:
        return f"{one.rule}: {in_words(one)}"
    return f"{one.rule}: {in_words(one)} {guard_name(one.guard)} is {one.guard.text}"
