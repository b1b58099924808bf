"""Layout by Graphviz, in this process.

Responsible for handing a plan to `dot` and reading back where everything goes. Needs pygraphviz,
whose wheels hold Graphviz itself. Graphviz sees numbers only: sizes of boxes and which are linked.
The same plan gives the same arrangement with the same Graphviz.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from interlock.rulebook.picture.cards import Size
from interlock.rulebook.picture.plan import Arrangement, Link, Plan, Point

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_INCH = 72.0
_GRAPH = {"rankdir": "TB", "nodesep": "0.45", "ranksep": "0.42", "splines": "spline"}


class LayoutUnavailableError(Exception):
    """Graphviz is not installed; the text says how to get it."""


def arrange(plan: Plan) -> Arrangement:
    """Return where the boxes and links of a plan go.

    Raises:
        LayoutUnavailableError: pygraphviz is not installed.
    """
    try:
        agraph: Any = import_module("pygraphviz").AGraph
    except ImportError:
        raise LayoutUnavailableError(
            "drawing an SVG needs Graphviz, which `pip install 'interlock[graph]'` brings; "
            "--format mermaid, dot and json need nothing"
        ) from None
    with agraph(directed=True, strict=False, **_GRAPH) as graph:
        names = {key: f"n{number}" for number, key in enumerate(plan.boxes)}
        for key, size in plan.boxes.items():
            graph.add_node(
                names[key],
                label="",
                shape="box",
                fixedsize="true",
                width=f"{size.width / _INCH:.4f}",
                height=f"{size.height / _INCH:.4f}",
            )
        for number, link in enumerate(plan.links):
            _add(graph, link, names, f"e{number}", cards=plan.cards)
        graph.layout(prog="dot")
        return _read(graph, plan, names)


def _add(
    graph: Any, link: Link, names: Mapping[str, str], key: str, *, cards: Container[str]
) -> None:
    upper, lower = (link.head, link.tail) if link.is_upward else (link.tail, link.head)
    ports = {}
    if link.is_beside:
        graph.add_subgraph([names[upper], names[lower]], rank="same")
    elif link.is_shaping:  # a card with a gate is no rectangle: enter at its top, leave below
        if upper in cards:
            ports["tailport"] = "s"
        if lower in cards:
            ports["headport"] = "n"
    graph.add_edge(
        names[upper],
        names[lower],
        key=key,
        arrowhead="none",
        weight=str(link.weight),
        constraint="true" if link.is_shaping else "false",
        **ports,
    )


def _read(graph: Any, plan: Plan, names: Mapping[str, str]) -> Arrangement:
    left, bottom, right, top = map(float, graph.graph_attr["bb"].split(","))

    def place(text: str) -> Point:
        x, y = map(float, text.split(","))
        return round(x - left, 1), round(top - y, 1)

    centres = {key: place(graph.get_node(name).attr["pos"]) for key, name in names.items()}
    routes = []
    for number, link in enumerate(plan.links):
        tail, head = names[link.tail], names[link.head]
        if link.is_upward:
            tail, head = head, tail
        written = graph.get_edge(tail, head, key=f"e{number}").attr["pos"]
        points = tuple(map(place, written.replace("\\\n", "").split()))
        routes.append(points[::-1] if link.is_upward else points)
    return Arrangement(Size(right - left, top - bottom), centres, tuple(routes))
