"""The order in which named guards can be written out.

Responsible for sorting definitions from the bottom up and for finding those that never end, in time
linear in what is written: a rulebook may hold a hundred thousand. Never looks at an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_MAX = 6


class Order(Struct, frozen=True):
    """How definitions stand on each other.

    Attributes:
        ranks: For each definition that ends, its place: what it uses has lower ones.
        circles: For the first of each circle of definitions, the way from it to itself.
    """

    ranks: Mapping[str, int]
    circles: Mapping[str, tuple[str, ...]]

    def is_endless(self, name: str) -> bool:
        """Tell whether a definition is part of a circle or stands on one."""
        return name not in self.ranks


def order_definitions(uses: Mapping[str, Sequence[str]]) -> Order:
    """Sort definitions; `uses` names, for each, the definitions that stand in it."""
    users: dict[str, list[str]] = {name: [] for name in uses}
    open_uses = {}
    for name, used in uses.items():
        distinct = set(used)
        open_uses[name] = len(distinct)
        for part in distinct:
            users[part].append(name)
    order = [name for name in uses if not open_uses[name]]
    for name in order:  # grows while it is walked
        for user in users[name]:
            open_uses[user] -= 1
            if not open_uses[user]:
                order.append(user)
    ranks = {name: rank for rank, name in enumerate(order)}
    return Order(ranks, _find_circles(uses, ranks))


def _find_circles(
    uses: Mapping[str, Sequence[str]], ended: Mapping[str, int]
) -> dict[str, tuple[str, ...]]:
    """Walk from each endless definition to one it stands on, until a circle closes.

    Where circles share definitions, one of them is found; the others show once it is repaired.
    """
    positions = {name: position for position, name in enumerate(uses)}
    circles: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for start in uses:
        path: dict[str, None] = {}
        name = start
        while name not in ended and name not in seen:
            seen.add(name)
            path[name] = None
            name = next(part for part in uses[name] if part not in ended)
        if name in path:
            circle = list(path)[list(path).index(name) :]
            first = circle.index(min(circle, key=positions.__getitem__))
            circle = circle[first:] + circle[:first]
            circles[circle[0]] = (*circle, circle[0])
    return circles


def show_circle(names: Sequence[str]) -> str:
    """Return the way round a circle as text, its middle left out when it is long."""
    shown = [f"`{name}`" for name in names]
    if len(shown) > _SHOWN_MAX:
        half = _SHOWN_MAX // 2
        shown = [*shown[:half], f"({len(names) - _SHOWN_MAX} more)", *shown[-half:]]
    return " → ".join(shown)
