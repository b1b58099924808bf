"""Who sends: monitoring tools and people, over a network that loses, repeats and reorders.

A tool keeps what it sends until it has an answer. Each delivery is fixed bytes, so a repetition is
one to the letter. What the daemon has answered is in the history the moment it has said so, also
where the answer is then lost.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from msgspec.structs import replace

from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import RefusedError
from interlock.interpreter.runtime.intake import make_arrival, make_items
from simulation.disk import NodeDiedError

TRIES_MAX = 400


class Delivery(NamedTuple):
    """What one body holds, read once; `items` go to the engine as the server would hand them."""

    number: int
    items: list
    digests: list


class Senders:
    """Sends deliveries until they are answered."""

    def __init__(self, world):
        self._world = world
        self._rng = world.rng
        self.sent = []
        self.under_way = set()

    def read(self, source, body):
        """Make a delivery of a decoded body, through the daemon's own reading of it."""
        members = self._world.intake.read(source, body)
        return self.deliver(make_items(members, source))

    def signal(self, body, actor, incident=None):
        """Make a delivery of a person's signal, as the server does once it knows who speaks."""
        (member,) = self._world.intake.read("ingest", body)
        stream = None
        if incident is not None:
            member = replace(member, event=replace(member.event, id=incident))
            stream = incident_stream(incident)
        return self.deliver([replace(make_arrival(member, stream), actor=actor)])

    def deliver(self, items):
        digests = [getattr(getattr(item, "input", None), "event", None) for item in items]
        digests = [None if event is None else event.raw for event in digests]
        delivery = Delivery(len(self.sent), items, digests)
        self.sent.append(delivery)
        return delivery

    def send(self, delivery, *, is_patient=True):
        """Begin to send; a person gives up after the first answer of any kind."""
        task = asyncio.create_task(self._send(delivery, is_patient=is_patient))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def _send(self, delivery, *, is_patient):
        world, rng = self._world, self._rng
        for _ in range(TRIES_MAX if is_patient else 1):
            await asyncio.sleep(rng.random() * 0.03)
            if world.loses_message():
                await asyncio.sleep(rng.random())
                continue
            node = rng.choice(world.nodes)
            try:
                await world.weather.before(node, "receive")
                answers = await node.submit(delivery.items)
            except (RefusedError, StoreError, NodeDiedError, OSError) as error:
                world.history.add("refused", delivery=delivery.number, why=type(error).__name__)
                await asyncio.sleep(0.05 + rng.random() * 3)
                continue
            world.history.add(
                "answered",
                delivery=delivery.number,
                node=node.name,
                digests=delivery.digests,
                answers=[
                    (answer.disposition, answer.stream, answer.revision) for answer in answers
                ],
            )
            if not await self._loses_answer(node):
                return
            await asyncio.sleep(rng.random())

    async def _loses_answer(self, node):
        try:
            await self._world.weather.after(node, "receive")
        except (StoreError, NodeDiedError, OSError):
            return True
        return self._world.loses_message()
