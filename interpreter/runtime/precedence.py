"""What goes first among inputs that are decided together: a denial, so that it wins.

Rules of this file: pure; the order of everything else stays that of arrival, and inputs of other
incidents are not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from interlock.interpreter.core.event import EventInput
from interlock.interpreter.runtime.delivery import Arrival, Item

if TYPE_CHECKING:
    from collections.abc import Sequence


class Holder(Protocol):
    """Something that waits with an item."""

    item: Item


H = TypeVar("H", bound=Holder)


def denials_first(arrived: Sequence[H]) -> list[H]:
    """Return what arrived, each denial before whatever else came to its incident."""
    order = list(arrived)
    for place, holder in enumerate(arrived):
        stream = denied_stream(holder.item)
        if stream is not None:
            first = next(n for n, other in enumerate(order) if _stream(other.item) == stream)
            order.insert(first, order.pop(place))
    return order


def denied_stream(item: Item) -> str | None:
    """Return the incident's stream that an item denies a gate of, or None."""
    if not isinstance(item, Arrival) or not isinstance(item.input, EventInput):
        return None
    return item.stream if item.input.event.type == "gate.denied" else None


def _stream(item: Item) -> str | None:
    return item.stream if isinstance(item, Arrival) else None
