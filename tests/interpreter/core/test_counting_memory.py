"""What is counted is bounded by the rulebook, however many different alerts pass a window."""

from __future__ import annotations

import os
import tracemalloc

from interlock.interpreter.core import Event, Facts, Origin, admit
from interlock.interpreter.core.admit import Group
from interlock.interpreter.core.counting_records import count_on
from interlock.interpreter.core.holding import Holding, Place, apply_holding
from interlock.rulebook import compile_rulebook

ALERTS = int(os.environ.get("INTERLOCK_COUNTED_ALERTS", "5000"))
APART_NS = 10_000_000_000
RULEBOOK = """\
version: 1
correlation: [{group_by: [event.labels.service], window: 5m, threshold: 50}]
"""
GROWTH_MAX = 256 * 1024


def test_different_alerts_through_a_window_grow_nothing():
    graph = compile_rulebook(RULEBOOK)
    holding, most = Holding(), 0
    tracemalloc.start()
    try:
        for number in range(ALERTS):
            holding = counted(graph, holding, number)
            most = max(most, len(holding.counted))
            if number == ALERTS // 10:
                before, _ = tracemalloc.get_traced_memory()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most == 30  # of five minutes, one every ten seconds
    assert after - before < GROWTH_MAX


def counted(graph, holding, number):
    event = Event(
        type="alert.triggered",
        origin=Origin.ALERT,
        source="prometheus",
        fingerprint=str(number),
        status="firing",
        labels={"service": "web", "name": str(number)},
    )
    now = number * APART_NS
    group = Group("k", holding=holding, counting=graph.correlation[0])
    admission = admit(graph, group, event, Facts(), now)
    assert admission.action == "count"
    place = Place(stream="group/k", revision=number + 1, at=now, actor="prometheus")
    return apply_holding(holding, count_on(place, event, admission.count, Facts()))
