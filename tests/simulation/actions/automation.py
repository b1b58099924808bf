"""What operators do to the automation ladder, for all hooks or one, for good or for a while."""

from __future__ import annotations

from interlock.interpreter.core.control import AUTOMATION_SET, CONTROL_STREAM
from interlock.interpreter.core.event import Event, EventInput, Origin
from interlock.interpreter.runtime.delivery import Arrival

HOOKS = (None, None, "scale_up", "restart", "probe")
MODES = ("off", "observe", "ask", "auto", "auto", "auto")


def automation_arrival(mode, hook=None, until=None, reason="drill"):
    data = {"mode": mode}
    if hook is not None:
        data["hook"] = hook
    if until is not None:
        data["until"] = until
    event = Event(type=AUTOMATION_SET, origin=Origin.HUMAN, source="api", reason=reason, data=data)
    return Arrival(input=EventInput(event), actor="ada", stream=CONTROL_STREAM)


def set_automation(world):
    """Move the ladder."""
    rng = world.rng
    hook, mode = rng.choice(HOOKS), rng.choice(MODES)
    until = None
    if rng.random() < 0.6:
        until = world.nodes[0].clock.now() + rng.randrange(1, 600) * 1_000_000_000
    delivery = world.senders.deliver([automation_arrival(mode, hook, until)])
    world.senders.send(delivery)


ACTIONS = ((3, set_automation),)
