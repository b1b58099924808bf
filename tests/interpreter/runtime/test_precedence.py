"""A denial goes first among what came to its incident; everything else keeps its order."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.runtime.delivery import Arrival, PutAside
from interlock.interpreter.runtime.precedence import denials_first


def item(name):
    kind, _, stream = name.partition("@")
    if kind == "aside":
        return PutAside("x", "y", b"")
    type_ = {"deny": "gate.denied", "approve": "gate.approved"}.get(kind, kind)
    event = Event(type=type_, origin=Origin.HUMAN)
    return Arrival(input=EventInput(event), actor="ada", stream=stream or None)


@pytest.mark.parametrize(
    ("arrived", "order"),
    [
        ("approve@A deny@A", "deny@A approve@A"),
        ("approve@A approve@B deny@B deny@A", "deny@A approve@A deny@B approve@B"),
        ("approve@A deny@B", "approve@A deny@B"),
        ("aside note@A approve@A deny@A note@A", "aside deny@A note@A approve@A note@A"),
        ("approve@A deny", "approve@A deny"),
    ],
)
def test_order(arrived, order):
    holders = [SimpleNamespace(name=name, item=item(name)) for name in arrived.split()]
    assert [holder.name for holder in denials_first(holders)] == order.split()
