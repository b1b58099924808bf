"""The primitives of an SVG drawing.

Responsible for elements and their numbers: one tenth of a pixel is as fine as it gets, so that the
same drawing is the same text everywhere. Knows nothing of rulebooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from interlock.rulebook.picture.cards import EM, Size
from interlock.rulebook.report.cells import width as cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.picture.plan import Point

_HEADS = (
    "link", "timer-link", "quiet-link", "mark-link", "added-link", "removed-link", "changed-link",
)  # fmt: skip
_HEADING_EM = 11.0


def number(value: float) -> str:
    """Return a coordinate as text: `12`, `12.5`."""
    return f"{value:.1f}".removesuffix(".0")


def move(x: float, y: float) -> str:
    """Return the transformation that moves by a distance."""
    return f"translate({number(x)} {number(y)})"


def code_width(lines: Iterable[str], size: float) -> float:
    """Return the width of the widest of some lines of fixed-width text."""
    return max((cells(line) for line in lines), default=0) * size * EM


def heading_width(name: str) -> float:
    """Return the room a heading takes at most."""
    return cells(name) * _HEADING_EM


def arrow_heads(root: Element) -> None:
    """Define the arrow heads, one per kind of line."""
    defs = SubElement(root, "defs")
    for kind in _HEADS:
        head = SubElement(
            defs,
            "marker",
            {
                "id": f"interlock-{kind}",
                "viewBox": "0 0 10 10",
                "refX": "9",
                "refY": "5",
                "markerWidth": "9",
                "markerHeight": "9",
                "markerUnits": "userSpaceOnUse",
                "orient": "auto",
            },
        )
        SubElement(head, "path", {"class": f"{kind}-head", "d": "M0 0.8 L10 5 L0 9.2 L2.2 5 Z"})


def text(parent: Element, x: float, y: float, said: str, kind: str) -> None:
    """Write text in the face and size of its kind."""
    SubElement(parent, "text", {"class": kind, "x": number(x), "y": number(y)}).text = said


def code(parent: Element, x: float, y: float, said: str, kind: str, size: float) -> None:
    """Write fixed-width text; `xml:space` keeps the blanks that a guard's strings hold."""
    attributes = {"class": kind, "x": number(x), "y": number(y), "font-size": number(size)}
    SubElement(parent, "text", {**attributes, "xml:space": "preserve"}).text = said


def box(parent: Element, corner: Point, size: Size, radius: float, kind: str) -> None:
    """Draw a box with round corners; `corner` is the upper left one."""
    measures = {"x": corner[0], "y": corner[1], "width": size.width, "height": size.height}
    attributes = {name: number(value) for name, value in measures.items()}
    SubElement(parent, "rect", {"class": kind, **attributes, "rx": number(radius)})


def circle(parent: Element, x: float, y: float, radius: float, kind: str) -> None:
    """Draw a disc."""
    measures = {"cx": number(x), "cy": number(y), "r": number(radius)}
    SubElement(parent, "circle", {"class": kind, **measures})


def hexagon(parent: Element, size: Size, centre: Point, side: float) -> None:
    """Draw a gate's hexagon, its points to the left and right."""
    x, y = centre
    half, rise = size.width / 2, size.height / 2
    corners = (
        (x - half, y), (x - half + side, y - rise), (x + half - side, y - rise),
        (x + half, y), (x + half - side, y + rise), (x - half + side, y + rise),
    )  # fmt: skip
    SubElement(parent, "polygon", {"class": "gate", "points": " ".join(map(_pair, corners))})


def line(parent: Element, ends: tuple[Point, Point], kind: str) -> None:
    """Draw a straight line."""
    first, last = ends
    SubElement(parent, "path", {"class": kind, "d": f"M{_pair(first)} L{_pair(last)}"})


def curve(parent: Element, route: tuple[Point, ...], kind: str, head: str | None) -> None:
    """Draw a cubic Bézier route (a point, then three per piece), with an arrow head or without."""
    first, *rest = route
    attributes = {"class": kind, "d": f"M{_pair(first)} C{' '.join(map(_pair, rest))}"}
    if head is not None:
        attributes["marker-end"] = f"url(#interlock-{head})"
    SubElement(parent, "path", attributes)


def _pair(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"
