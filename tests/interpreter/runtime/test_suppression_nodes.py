"""Two nodes on one store: what one holds the other lets go, on what is stored and not on memory."""

from __future__ import annotations

import asyncio

import pytest

from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.runtime.delivery import Arrival
from interlock.interpreter.runtime.view import View
from support.runtime import Runtime
from support.story import START

HOUR = 3_600_000_000_000
RULEBOOK = """\
version: 1
severity_matrix: {P1: {notification_channels: [page]}}
notification_channels: {page: {type: log}}
"""


class SharedStore(MemoryJournalStore):
    """A memory store that says others may write to it."""

    @property
    def is_shared(self):
        return True


def said(kind, **data):
    event = Event(type=kind, origin=Origin.HUMAN, source="api", reason="drill", data=data)
    return Arrival(input=EventInput(event), actor="ada", stream="control")


@pytest.mark.parametrize("firing", ["the one that ended it", "the other"])
async def test_either_node_lets_go_what_an_ended_silence_held(firing):
    store = SharedStore()
    other = Runtime(store, RULEBOOK)
    async with Runtime(store, RULEBOOK) as one:
        other._task = asyncio.create_task(other.engine.run())
        adding = said("silence.add", match="true", until=START + HOUR)
        (added,) = await one.engine.submit([adding])
        assert added.disposition == "applied"
        (name,) = (await View(store).control()).silences
        for node, id_ in ((other, "a"), (one, "b")):
            assert (await node.alert(id_, "P1")).disposition == "suppressed"
        await other.engine.submit([said("silence.end", id=name)])
        node = other if firing == "the one that ended it" else one
        await node.timers.fire_due()
        for id_ in "ab":
            assert (await one.incident(id_)).is_open
        other.engine.drain()
        await other._task
