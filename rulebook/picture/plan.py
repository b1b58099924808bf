"""What is to be laid out: boxes of known size and the links between them.

Responsible for turning an outline into boxes and links, and for which way a link runs down the
page. No word of the author goes into a plan but through the size of its box. Never places anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from interlock.rulebook.picture.cards import Card, Size, make_card, state_size
from interlock.rulebook.picture.labels import label_lines
from interlock.rulebook.picture.order import order_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.picture.outline import Outline, Transition

START = "start"
_START_SIZE = Size(14.0, 14.0)
_ANYWHERE_SIZE = Size(92.0, 28.0)
_ANYWHERE_MIN = 4

Point = tuple[float, float]


class Link(NamedTuple):
    """A line from one box to another.

    Attributes:
        is_upward: It runs against the order of the states; the layout turns it round.
        is_beside: Both boxes stand side by side: a transition that stays in its state.
        is_shaping: It decides which box stands above which.
        card: What it belongs to.
    """

    tail: str
    head: str
    is_arrow: bool
    is_upward: bool = False
    is_beside: bool = False
    is_shaping: bool = True
    weight: int = 1
    card: Card | None = None


class Plan(NamedTuple):
    """Boxes by key, in order, and links.

    Attributes:
        cards: The cards by the key of their box.
        anywheres: Keys of boxes that stand for "any state", each with its rule's card.
    """

    boxes: Mapping[str, Size]
    links: tuple[Link, ...]
    cards: Mapping[str, Card]
    anywheres: Mapping[str, Card]


class Arrangement(NamedTuple):
    """Where everything goes: centres of boxes, one Bézier route per link; y grows downwards."""

    size: Size
    centres: Mapping[str, Point]
    routes: tuple[tuple[Point, ...], ...]


def state_key(name: str) -> str:
    """Return the key of a state's box."""
    return f"state {name}"


def make_plan(drawn: Outline) -> Plan:
    """Return the boxes and links of an outline."""
    order = order_states(drawn)
    boxes: dict[str, Size] = {}
    links: list[Link] = []
    for state in drawn.states:
        if state.is_initial:
            boxes[START] = _START_SIZE
            links.append(Link(START, state_key(state.name), is_arrow=True, weight=10))
    boxes |= {state_key(state.name): state_size(state) for state in drawn.states}
    cards: dict[str, Card] = {}
    anywheres: dict[str, Card] = {}
    leavable = {state.name for state in drawn.states if not state.is_final}
    for number, one in enumerate(_gathered(drawn.transitions)):
        card = make_card(one)
        if not card.lines and not card.gate:
            links += _bare(one, order)
            continue
        key = f"card {number}"
        cards[key], boxes[key] = card, card.size
        if len(one.sources) >= _ANYWHERE_MIN and set(one.sources) == leavable - {one.target}:
            anywhere = f"anywhere {number}"
            anywheres[anywhere], boxes[anywhere] = card, _ANYWHERE_SIZE
            links += _from_anywhere(card, anywhere, key)
        else:
            links += _through(card, key, order)
    return Plan(boxes, tuple(links), cards, anywheres)


def _gathered(transitions: tuple[Transition, ...]) -> list[Transition]:
    """Draw default edges that say the same and lead to the same state as one."""
    gathered: dict[object, Transition] = {}
    for number, one in enumerate(transitions):
        key: object = number
        if one.is_default and one.gate is None:
            key = (one.target, label_lines(one), one.is_highlighted)
        first = gathered.get(key)
        gathered[key] = (
            one if first is None else replace(first, sources=(*first.sources, *one.sources))
        )
    return list(gathered.values())


def _bare(one: Transition, order: Mapping[str, int]) -> list[Link]:
    return [
        Link(
            state_key(source),
            state_key(one.target),
            is_arrow=True,
            is_upward=order[source] > order[one.target],
            card=make_card(one),
        )
        for source in one.sources
    ]


def _from_anywhere(card: Card, anywhere: str, key: str) -> list[Link]:
    """Return the links of a rule that leaves every state: drawn once, not from each of them."""
    return [
        Link(anywhere, key, is_arrow=False, card=card),
        Link(key, state_key(card.transition.target), is_arrow=True, card=card),
    ]


def _through(card: Card, key: str, order: Mapping[str, int]) -> list[Link]:
    """Return the links from each source to the card, and the one from the card to the target."""
    one = card.transition
    target = order[one.target]
    is_beside = one.sources == (one.target,)
    is_upward = all(order[source] > target for source in one.sources)
    weight = 1 if one.is_default or len(one.sources) > 1 else 4
    links = [
        Link(
            state_key(source),
            key,
            is_arrow=False,
            is_upward=is_upward,
            is_beside=is_beside,
            is_shaping=is_beside or (order[source] > target) == is_upward,
            weight=weight,
            card=card,
        )
        for source in one.sources
    ]
    last = Link(
        key,
        state_key(one.target),
        is_arrow=True,
        is_upward=is_upward,
        is_beside=is_beside,
        weight=weight,
        card=card,
    )
    return [*links, last]
